"""Sources as they are before preparation, and what is said of one that cannot be read at all."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import ibis

from endcap.core.errors import BadData
from endcap.data.columns import SCOPE, WHY
from endcap.data.engines import Engine, arrow, failing_clearly, rows
from endcap.data.ledger import Ledger
from endcap.data.lint import linted
from endcap.data.lint.findings import Example, Finding, Health
from endcap.data.lint.needs import Needs
from endcap.data.lint.offers import MAX_BAD
from endcap.data.lint.repairs import step_names
from endcap.data.lint.suspects import EXAMPLES
from endcap.data.placeholders import MEANS, Placeholder
from endcap.data.prepare import canonical_columns
from endcap.data.sources.mapping import Mapped, availability_names
from endcap.data.sources.offers import plain_name, scope_of
from endcap.data.sources.tables import AVAILABILITY, MEND

TOTALS = "is a line of totals"
"""What reading says of the last line of a report."""
ON_SALE = ("nothing_on_sale", "few_on_sale")
"""Rules whose findings name the column of availability."""
EMPTY_IDS = {"without_item": "item_id", "without_session": "session_id"}
"""Rules about empty ids, each with the column of the id."""
EVERYTHING = {"bad_rows": "quarantine", "max_bad": 1.0}
"""Settings of a source that lets every row through to the linter, however many are wrong."""


def sources_linted(
    sources: Iterable[Any], engine: Engine, folder: Path, needs: Needs, now: float, steps: Iterable[Any] = ()
) -> Health:
    """The health of all sources together; one that cannot be read is an error of its own.

    `steps` are the preparation steps that the tables go through later: what they repair is no finding.
    """
    ledger, tables, broken, looked_at = Ledger(), [], [], tuple(sources)
    for place, source in enumerate(looked_at):
        try:
            with failing_clearly():
                tables += untouched(source, engine, folder, ledger)
        except BadData as error:
            broken.append(_broken(place, str(error), needs))
    if not tables:
        return Health.of(broken, 0, 0)
    broken += [*_unreadable(ledger), *_unclear(ledger), *_placeholders(ledger, needs)]
    given = tuple(steps)
    health = linted(tables, needs, now, tuple(ledger.files), canonical_columns(given), step_names(given))
    told = _told_of_placeholders(health.findings, ledger, looked_at)
    found = [_with_columns(one, looked_at) for one in health.findings if one not in told]
    return Health.of([*broken, *found], health.events, health.items, health.repaired)


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
    read = [_without_totals(table) for table in ledger.read[before:] if WHY in table.columns]
    logs = [table for table in read if "kind" in table.columns]
    catalogs = [table for table in read if "kind" not in table.columns]
    if len(logs) > 1 or len(catalogs) > 1 or not read:
        return [(events, catalog)]
    log = logs[0] if logs else events
    if not catalogs or catalog is None or SCOPE not in catalog.columns:
        return [(log, catalogs[0] if catalogs else catalog)]
    return [(log, catalogs[0].mutate(**{SCOPE: ibis.literal(scope_of(source))}))]


def _without_totals(table: ibis.Table) -> ibis.Table:
    """The rows of a file but a line of totals at its end, which is no row that somebody has to correct."""
    return table.filter(~table[WHY].identical_to(TOTALS))


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
            "unclear_availability", "warning", f"{entry.step}: {entry.why.removesuffix(MEND)}", "items", entry.changed,
            entry.left, "if they are not on sale, mend the export, or name a column that says yes or no (or a number "
            "of pieces) as `available` under catalog_columns",
        )
        for entry in ledger.entries if entry.step.startswith(AVAILABILITY)
    ]  # fmt: skip


def _with_columns(finding: Finding, sources: Iterable[Any]) -> Finding:
    """A finding about what is on sale, with the names of the shop's columns that say so."""
    if finding.rule not in ON_SALE:
        return finding
    names = [
        plain_name(name) for source in sources if isinstance(source, Mapped) for name in availability_names(source)
    ]
    told = " and ".join(dict.fromkeys(name for name in names if name != "available"))
    return (
        replace(finding, says=finding.says.replace("as the catalog says", f"as the column {told} says"))
        if told
        else finding
    )


def _placeholders(ledger: Ledger, needs: Needs) -> list[Finding]:
    """Ids that stand for none: one finding for each column, with the count of every word."""
    found: dict[tuple[str, str], list[Placeholder]] = {}
    for one in ledger.placeholders:
        found.setdefault((one.place, one.theirs), []).append(one)
    return [_of_placeholders(together, needs) for together in found.values()]


def _told_of_placeholders(findings: Iterable[Finding], ledger: Ledger, sources: Iterable[Any]) -> list[Finding]:
    """Findings about few empty ids that are all placeholders: the finding `placeholder_ids` has said it."""
    catalogs = {Path(str(getattr(one, "catalog", None))).name for one in sources if _has_own_catalog(one)}
    words = {one for one in ledger.placeholders if one.place not in catalogs}
    counts = {rule: sum(one.rows for one in words if one.ours == ours) for rule, ours in EMPTY_IDS.items()}
    return [one for one in findings if one.rule in EMPTY_IDS and one.rows <= min(counts[one.rule], MAX_BAD * one.of)]


def _has_own_catalog(source: Any) -> bool:
    return getattr(source, "catalog", None) != getattr(source, "events", None)


def _of_placeholders(found: list[Placeholder], needs: Needs) -> Finding:
    first, count = found[0], sum(one.rows for one in found)
    words = ", ".join(f"{one.word!r} ({one.rows:,})" for one in found[:10])
    return Finding(
        "placeholder_ids", "note",
        f"{count:,} of {first.of:,} rows of {first.place} have an id in {first.theirs!r} that stands for none: {words}",
        "rows", count, first.of,
        f"nothing has to be done: {MEANS[first.ours]}; if one of them is an id of yours, say not_placeholders = "
        f'["{first.word}"] in the source',
        harms=needs.using("histories") if first.ours == "user_id" and count > 0.9 * first.of else (),
    )  # fmt: skip


def _blank(rejected: ibis.Table) -> ibis.Table:
    nothing = [rejected[name].isnull() for name in ("time", "session_id", "kind", "item_id")]
    return (
        rejected.filter(*nothing, ~rejected.why.identical_to(TOTALS))
        .select("why", "file", "line")
        .order_by(["file", "line"])
    )


def _broken(place: int, says: str, needs: Needs) -> Finding:
    return Finding(
        "unreadable_source", "error", f"sources.{place} cannot be read: {says}", "sources", 1, 1,
        "mend the file or the settings of the source that it names, and run `endcap lint` again",
        disables=needs.places(needs.models),
    )  # fmt: skip
