"""Rules over rows: each says which rows are wrong, and one scan of a table counts what all of them say."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import ibis

from endcap.data.columns import FILE, LINE, ROW, ROWS_PER_FILE
from endcap.data.engines import arrow
from endcap.data.lint.findings import Example, Finding, Severity
from endcap.data.lint.shop import SAID, Shop

EXAMPLES = 5
FEW_ROWS = 0.001
"""Maximum share of quarantined rows that is a warning and not an error."""
SHOWN = ("time", "session_id", "kind", "item_id")
MOMENTS = ("time", "before", "first", "last")


@dataclass(frozen=True)
class Suspects:
    """Rows that are wrong, and what is to be said of them if there are any."""

    severity: Severity
    wrong: ibis.Deferred
    says: str
    """How the sentence "12 of 345 events …" goes on."""
    repair: str
    among: ibis.Deferred | None = None
    """The rows that the rule looks at; all if not given."""
    tolerated: float = 0.0
    """Up to this share of them nothing is said."""
    shown: tuple[str, ...] = SHOWN
    """Columns of an example."""
    harms: tuple[str, ...] = ()
    """Rows, columns, labels or kinds; the models that learn from one of them are harmed."""
    sort_by: tuple[str, ...] = ()
    """Columns to sort examples by; without any, examples keep the order of the rows."""
    fixable: ibis.Deferred | None = None
    """The wrong rows that `fix` repairs."""
    fix: str = ""
    """A sentence with ``{count}`` that stands before `repair`, or in its place if all wrong rows are fixable."""
    quarantined: bool = False
    """Whether `prepare` puts such rows into the quarantine; up to `FEW_ROWS` of them, an error becomes a warning."""


Rule = Callable[[Shop], Suspects | None]
"""What is wrong in a table, or None where the rule has nothing to go by. Its name is the name of the finding."""


def judged(shop: Shop, unit: str, table: ibis.Table, rules: Sequence[Rule]) -> Iterator[Finding]:
    """The findings of the rules in a table whose rows are called `unit`; counted in one scan, examples in one each."""
    suspects = [(rule.__name__, found) for rule in rules if (found := rule(shop)) is not None]
    if not suspects:
        return
    wanted: dict[str, Any] = {}
    for name, found in suspects:
        looked = found.among if found.among is not None else ibis.literal(True)
        wanted[f"of_{name}"] = table.count(where=looked)
        wanted[f"rows_{name}"] = table.count(where=_all(looked, found.wrong))
        if found.fixable is not None:
            wanted[f"fixable_{name}"] = table.count(where=_all(looked, found.wrong) & found.fixable)
    counts = arrow(table.aggregate(**wanted)).to_pylist()[0]
    for name, found in suspects:
        rows, of = counts[f"rows_{name}"], counts[f"of_{name}"]
        if not rows or rows <= found.tolerated * of:
            continue
        yield Finding(
            rule=name,
            severity=_severity(found, rows, of),
            says=f"{rows:,} of {of:,} {unit} {found.says}",
            unit=unit,
            rows=rows,
            of=of,
            repair=_repair(found, counts.get(f"fixable_{name}", 0), rows),
            examples=_examples(shop, table, found),
            harms=shop.needs.using(*found.harms),
        )


def _severity(found: Suspects, rows: int, of: int) -> Severity:
    few = found.quarantined and rows <= FEW_ROWS * of
    return "warning" if few and found.severity == "error" else found.severity


def _repair(found: Suspects, fixable: int, rows: int) -> str:
    if not fixable:
        return found.repair
    fix = found.fix.format(count="all" if fixable == rows else f"{fixable:,}")
    return fix if fixable == rows else f"{fix}; for the others: {found.repair}"


def _all(looked: ibis.Deferred, wrong: ibis.Deferred) -> ibis.Deferred:
    return wrong & looked


def _examples(shop: Shop, table: ibis.Table, found: Suspects) -> tuple[Example, ...]:
    if not found.shown:
        return ()
    bad = table.filter(found.wrong) if found.among is None else table.filter(found.wrong, found.among)
    shown = [name for name in found.shown if name in table.columns]
    origin = [name for name in (ROW, FILE, LINE) if name in table.columns]
    few = bad.order_by([*found.sort_by, *origin, *shown]).select(*origin, *shown).limit(EXAMPLES)
    return tuple(_example(row, shop.files) for row in arrow(few).to_pylist())


def _example(row: dict[str, Any], files: Sequence[str]) -> Example:
    number, file, line = (row.pop(name, None) for name in (ROW, FILE, LINE))
    if number is not None and file is None and number // ROWS_PER_FILE < len(files):
        file, line = files[number // ROWS_PER_FILE], number % ROWS_PER_FILE
    said = {
        name.removeprefix(SAID): value for name, value in row.items() if name.startswith(SAID) and value is not None
    }
    plain = {name.strip("_"): _text(name, value) for name, value in row.items() if not name.startswith(SAID)}
    return Example(file, line, plain | said)


def _text(name: str, value: object) -> str | None:
    if isinstance(value, float):
        if name in MOMENTS and 0 <= value < 2.5e11:
            return datetime.fromtimestamp(value, UTC).isoformat(timespec="seconds")
        return f"{value:g}" if abs(value) < 1e6 else f"{value:.0f}"
    return None if value is None else str(value)
