"""Which preparation steps repair which rules, so that lint says nothing of what the settings already put right."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from endcap.data.ledger import written
from endcap.data.lint.findings import Finding

REPAIRS: Mapping[str, frozenset[str]] = {
    "basketed": frozenset({"purchases_without_order"}),
    "canonical_ids": frozenset({"padded_ids", "misspelt_items"}),
    "first_of_each_item": frozenset({"items_listed_twice"}),
    "fitted_fillings": frozenset({"uncategorised"}),
    "identity_merged": frozenset({"guests"}),
    "sessionized": frozenset({"endless_sessions", "lonely_events", "shared_sessions"}),
    "within_dates": frozenset({"ancient_events", "future_events", "implausible_times"}),
    "without_bots": frozenset({"bots", "crowded_sessions"}),
    "without_echoes": frozenset({"repeated_within_seconds"}),
    "without_outliers": frozenset({"extreme_prices", "extreme_quantities", "swinging_prices"}),
    "without_repeats": frozenset({"delivered_twice"}),
}
"""By the name of the step's function: the rules whose rows are no longer wrong after it."""
FILLS: Mapping[str, str] = {"basketed": "order_id"}
"""By the name of the step's function: the column that it fills where the sources leave it empty."""


def step_names(steps: Iterable[Any]) -> tuple[str, ...]:
    """The names of the functions that steps call, in their order."""
    return tuple(str(written(step).__name__) for step in steps)


def filled_columns(steps: Iterable[str]) -> frozenset[str]:
    """The columns that these steps fill."""
    return frozenset(FILLS[name] for name in steps if name in FILLS)


def without_repaired(findings: Iterable[Finding], steps: Sequence[str]) -> tuple[list[Finding], list[Finding]]:
    """The findings that stand after these steps, and those that one of them repairs."""
    repaired = {rule for name in steps for rule in REPAIRS.get(name, ())}
    found = list(findings)
    return [one for one in found if one.rule not in repaired], [one for one in found if one.rule in repaired]
