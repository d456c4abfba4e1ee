"""Preparation steps: functions from table to table, named after what they return.

The first paragraph of a step's docstring is the reason that people read. Steps keep columns that they do not know, and
give the same rows on every engine. Those called ``fitted_…`` give what they learned, with ``applied(table)`` on it.
"""

from endcap.data.steps.dates import within_dates
from endcap.data.steps.dense import k_core
from endcap.data.steps.families import families_by_column, families_by_pattern, families_by_title
from endcap.data.steps.labels import canonical_ids, fitted_spellings
from endcap.data.steps.missing import fitted_fillings
from endcap.data.steps.outliers import without_items, without_outliers
from endcap.data.steps.people import identity_merged, without_bots
from endcap.data.steps.repeats import first_of_each_item, without_echoes, without_repeats
from endcap.data.steps.returns import returns_netted, without_cancelled_purchases
from endcap.data.steps.scale import fitted_normaliser
from endcap.data.steps.visits import basketed, sessionized
from endcap.data.steps.weights import kind_weighted, time_weighted

PAST_ONLY = frozenset(
    (basketed, canonical_ids, families_by_column, families_by_pattern, kind_weighted, sessionized, within_dates,
     without_echoes, without_items, without_repeats)
)  # fmt: skip
"""Steps that give the same for what happened before a moment, whatever happened after it. All others look ahead."""

__all__ = [
    "basketed",
    "canonical_ids",
    "families_by_column",
    "families_by_pattern",
    "families_by_title",
    "first_of_each_item",
    "fitted_fillings",
    "fitted_normaliser",
    "fitted_spellings",
    "identity_merged",
    "k_core",
    "kind_weighted",
    "returns_netted",
    "sessionized",
    "time_weighted",
    "within_dates",
    "without_bots",
    "without_cancelled_purchases",
    "without_echoes",
    "without_items",
    "without_outliers",
    "without_repeats",
]
