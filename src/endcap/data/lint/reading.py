"""Sources as they are before preparation, and what is said of one that cannot be read at all."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import ibis

from endcap.core.errors import BadData
from endcap.data.columns import WHY
from endcap.data.engines import Engine, arrow, failing_clearly, rows
from endcap.data.ledger import Ledger
from endcap.data.lint import linted
from endcap.data.lint.findings import Example, Finding, Health
from endcap.data.lint.needs import Needs
from endcap.data.lint.suspects import EXAMPLES
from endcap.data.sources.tables import AVAILABILITY

EVERYTHING = {"bad_rows": "quarantine", "max_bad": 1.0}
"""Settings of a source that lets every row through to the linter, however many are wrong."""


def sources_linted(sources: Iterable[Any], engine: Engine, folder: Path, needs: Needs, now: float) -> Health:
    """The health of all sources together; one that cannot be read is an error of its own."""
    ledger, tables, broken = Ledger(), [], []
    for place, source in enumerate(sources):
        try:
            with failing_clearly():
                tables += untouched(source, engine, folder, ledger)
        except BadData as error:
            broken.append(_broken(place, str(error), needs))
    if not tables:
        return Health.of(broken, 0, 0)
    broken += [*_unreadable(ledger), *_unclear(ledger)]
    health = linted(tables, needs, now, tuple(ledger.files))
    return Health.of([*broken, *health.findings], health.events, health.items)


def untouched(source: Any, engine: Engine, folder: Path, ledger: Ledger) -> list[tuple[ibis.Table, ibis.Table | None]]:
    """Events and catalog of a source with the rows that it would refuse still in them, and `WHY` it would.

    A source that cleans its tables itself gives them uncleaned with ``as_it_comes(engine, folder, ledger)``; of one
    that has no such method, what it gives is all that can be looked at.
    """
    if hasattr(source, "as_it_comes"):
        return [source.as_it_comes(engine, folder, ledger)]
    options = EVERYTHING if EVERYTHING.keys() <= getattr(type(source), "model_fields", {}).keys() else {}
    before = len(ledger.read)
    events, catalog = (source.model_copy(update=options) if options else source).tables(engine, folder, ledger)
    read = [table for table in ledger.read[before:] if WHY in table.columns]
    logs = [table for table in read if "kind" in table.columns]
    catalogs = [table for table in read if "kind" not in table.columns]
    if len(logs) != 1 or len(catalogs) > 1:
        return [(events, catalog)]
    return [(logs[0], catalogs[0] if catalogs else catalog)]


def _unreadable(ledger: Ledger) -> list[Finding]:
    """Lines of which nothing at all could be read: only their place is known."""
    lines = [table for rejected in ledger.rejected for table in [_blank(rejected)] if rows(table)]
    if not lines:
        return []
    examples = [
        Example(row["file"], row["line"], {"why": row["why"]})
        for table in lines
        for row in arrow(table.limit(EXAMPLES)).to_pylist()
    ]
    count = sum(map(rows, lines))
    return [
        Finding(
            "unreadable_lines", "error", f"{count:,} lines cannot be read as rows", "lines", count,
            count + sum(map(rows, ledger.read)), "mend them in the export; they go into the quarantine",
            tuple(examples[:EXAMPLES]),
        )
    ]  # fmt: skip


def _unclear(ledger: Ledger) -> list[Finding]:
    """What catalogs say of availability that is neither yes nor no, as the sources noted it."""
    return [
        Finding(
            "unclear_availability", "warning", f"{entry.step}: {entry.why}", "items", entry.changed, entry.left,
            "name a column that says yes or no (or a number of pieces) as `available` under catalog_columns",
        )
        for entry in ledger.entries if entry.step.startswith(AVAILABILITY)
    ]  # fmt: skip


def _blank(rejected: ibis.Table) -> ibis.Table:
    nothing = [rejected[name].isnull() for name in ("time", "session_id", "kind", "item_id")]
    return rejected.filter(*nothing).select("why", "file", "line").order_by(["file", "line"])


def _broken(place: int, says: str, needs: Needs) -> Finding:
    return Finding(
        "unreadable_source", "error", f"sources.{place} cannot be read: {says}", "sources", 1, 1,
        "mend the file or the settings of the source that it names, and run `endcap lint` again",
        disables=needs.places(needs.models),
    )  # fmt: skip
