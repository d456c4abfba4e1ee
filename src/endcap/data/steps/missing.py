"""What stands where a value is missing."""

from collections.abc import Mapping

import ibis

from endcap.data.engines import arrow
from endcap.data.exact import medians
from endcap.data.fitted import Fillings
from endcap.data.steps.common import needed


def fitted_fillings(
    table: ibis.Table, columns: tuple[str, ...] = ("price",), by: str | None = "category", word: str = "unknown"
) -> Fillings:
    """A missing number becomes the median of its category, a missing text "unknown", and a column says where.

    On a catalog or on events. No model guesses; where a category has no number at all, the median of all is taken.
    """
    needed(table, [*columns, *([by] if by else [])], "fitted_fillings")
    numeric = [column for column in columns if table[column].type().is_numeric()]
    inside: dict[str, Mapping[str, float]] = {}
    overall: dict[str, float | None] = {}
    for column in numeric:
        inside[column] = {}
        if by:
            grouped = medians(table.filter(table[by].notnull()), column, [by])
            rows = arrow(grouped.mutate(**{by: grouped[by].cast("string")}).order_by(by)).to_pylist()
            inside[column] = {row[by]: row["median"] for row in rows}
        found = arrow(medians(table, column))["median"].to_pylist()
        overall[column] = found[0] if found else None
    return Fillings(by, inside, overall, {column: word for column in columns if column not in numeric})
