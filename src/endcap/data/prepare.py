"""From sources to a `Dataset`: read, cleaned, coded; every stage is kept until the last one is done."""

import hashlib
import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import ibis

from endcap import __version__
from endcap.core.constants import Constants
from endcap.core.dataset import Dataset
from endcap.core.errors import BadBundle, BadData, EndcapError
from endcap.core.part import Part
from endcap.core.saving import facts_of, load, save, write_atomically
from endcap.core.spelling import Rule
from endcap.data.aliases import JoinedIds, join_ids
from endcap.data.coding import Coding
from endcap.data.columns import CATALOG, COMPLETE, EVENTS, LISTED, LOG, ROW, SCOPE
from endcap.data.describe import as_of, on_sale_told
from endcap.data.engines import Engine, arrow, close, connect, discard, failing_clearly, reopened, rows
from endcap.data.ledger import Entry, Ledger, written
from endcap.data.steps.common import needed
from endcap.data.steps.labels import canonical_ids
from endcap.data.steps.repeats import first_of_each_item

Step = Callable[[ibis.Table], ibis.Table]
QUARANTINE = "quarantine.parquet"
CLEAN = "clean.json"
VERIFIED = 1 << 28
"""Bytes; a dataset that is larger is not read as a whole before it is used."""
REMEMBERED = 1 << 26
"""Bytes; the hash of a smaller file is made each time, which takes less than a tenth of a second."""
RACY = 2.0
"""Seconds that a file must have rested for its time to say whether it changed."""


@dataclass(frozen=True)
class Plan:
    """What a dataset is made of."""

    sources: Sequence[Any]
    folder: Path
    """Where the paths of the sources start."""
    events: Sequence[Step] = ()
    """Steps that the united events go through."""
    catalog: Sequence[Step] = ()
    until: float | None = None
    """For a back-test: what steps give for events before it, they give without a look at later ones. See `stepped`."""

    def fingerprint(self, known: Path | None = None, now: float = 0.0) -> str:
        """A name for the dataset: the bytes of its inputs, its settings, and the code that it goes through.

        Engines are not in it, since they give the same dataset. See `fingerprint_of` for `known` and `now`.
        """
        inputs = [path for source in self.sources for path in source.inputs(self.folder)]
        parts = [*self.sources, *self.events, *self.catalog]
        code = hashlib.sha256(b"".join(path.read_bytes() for path in _code_of(parts))).hexdigest()
        settings = [__version__, code, *(_described(part) for part in parts)]
        told = [*settings, len(self.sources), len(self.events), *([] if self.until is None else [self.until])]
        return fingerprint_of(inputs, json.dumps(told), known, now)


@dataclass(frozen=True)
class Clean:
    """Tables in our columns, and what was done to them."""

    events: ibis.Table
    catalog: ibis.Table
    entries: list[Entry]
    fitted: Mapping[str, Constants]
    quarantine: Path
    rules: Mapping[str, Rule]
    """By column of ids: how far spellings differ that mean one id."""
    aliases: Mapping[str, ibis.Table]
    """By column of ids: every other `spelling` that was seen, and the `id` that it means; only where there are any."""


Acceptance = Callable[[Clean], Mapping[str, Any]]
"""Raises `BadData` if the tables are not to be used; gives facts that are kept with the dataset."""


def prepared(plan: Plan, spec: str, workdir: Path, fingerprint: str, accept: Acceptance | None = None) -> Dataset:
    """The dataset, saved in the folder ``dataset`` of the workdir with its ledger and quarantine.

    Until then the last good one stays in its place. Stages that are finished lie in ``.prepare-FINGERPRINT`` and are
    not done again by a run that follows an interrupted one. Raises `BadData` naming file, line and field.
    """
    work = workdir / f".prepare-{fingerprint}"
    for stale in (*workdir.glob(".prepare-*"), *workdir.glob(".dataset.*")):  # what runs that were killed have left
        if stale != work:
            discard(stale)
    work.mkdir(parents=True, exist_ok=True)
    discard(work / "scratch")
    engine = connect(spec, work / "scratch")
    try:
        with failing_clearly():
            clean = cleaned(plan, engine, work)
            facts = accept(clean) if accept else {}
            coding = Coding(clean.events, clean.catalog, work / "coded", clean.rules, clean.aliases)
            dataset = _dataset_of(coding, fingerprint)
            dataset = replace(dataset, fitted=clean.fitted)
            on_sale = Entry("on sale", 0, 0, int(dataset.catalog["available"].sum()), on_sale_told(dataset))
            entries = [asdict(entry) for entry in (*clean.entries, on_sale)]
            facts = {"kind": "dataset", "fingerprint": fingerprint, "ledger": entries, **facts}
            save(dataset, workdir / "dataset", facts, {QUARANTINE: clean.quarantine})
    except EndcapError:
        if not (work / CLEAN).exists():  # there is nothing to go on with
            discard(work)
        raise
    finally:
        close(engine)
    discard(work)
    return _mapped(workdir / "dataset")


def saved(folder: Path, fingerprint: str) -> tuple[Dataset, dict[str, Any]] | None:
    """The dataset of that name in a folder, with its facts; None if it is another one, damaged, or not there.

    Every byte of a small one is compared with its checksum; of a large one only what is read is touched.
    """
    try:
        facts = facts_of(folder)
        if facts.get("fingerprint") != fingerprint:
            return None
        size = sum(path.stat().st_size for path in folder.iterdir())
        return load(folder, verify=size <= VERIFIED), facts
    except BadBundle:
        return None


def cleaned(plan: Plan, engine: Engine, work: Path) -> Clean:
    """The united and cleaned tables of all sources; what was finished in the same folder before is not done again."""
    if not (work / CLEAN).exists():
        tables = work / "tables"
        discard(tables)
        tables.mkdir(parents=True)
        ledger = Ledger(folder=tables)
        read = [source.tables(engine, plan.folder, ledger) for source in plan.sources]
        joined = _with_joined_ids(plan, *united(read, ledger), any(catalog is not None for _, catalog in read), ledger)
        events, catalog = stepped(plan, joined.tables["events"], joined.tables["catalog"], ledger)
        if rows(catalog) > rows(catalog.select("item_id").distinct()):
            catalog = ledger.apply(catalog, first_of_each_item)
        nameless = rows(events.filter(events.item_id.isnull()))
        if nameless:
            ledger.note("events without an item", nameless, 0, "searches name none: no model learns from them yet")
        found = {name: _kept(ledger, table) for name, table in (("events", events), ("catalog", catalog))}
        aliases = {column: _kept(ledger, table) for column, table in joined.aliases.items()}
        ledger.write_quarantine(work / QUARANTINE)
        save(_constants(ledger), work / "fitted", {})
        entries = [asdict(entry) for entry in ledger.entries]
        done = {"tables": found, "rules": dict(joined.rules), "aliases": aliases, "entries": entries}
        write_atomically(work / CLEAN, json.dumps(done, indent=1))
        for path in tables.iterdir():
            if path.name not in {name for name, _ in (*found.values(), *aliases.values())}:
                discard(path)
    return _reopened(engine, work)


def _reopened(engine: Engine, work: Path) -> Clean:
    """What `cleaned` has left in a folder."""
    done = json.loads((work / CLEAN).read_text())
    tables, aliases = (
        {table: reopened(engine, work / "tables" / name).select(columns) for table, (name, columns) in kept.items()}
        for kept in (done["tables"], done["aliases"])
    )
    entries = [Entry(**entry) for entry in done["entries"]]
    fitted, quarantine = load(work / "fitted"), work / QUARANTINE
    return Clean(tables["events"], tables["catalog"], entries, fitted, quarantine, done["rules"], aliases)


def stepped(plan: Plan, events: ibis.Table, catalog: ibis.Table, ledger: Ledger) -> tuple[ibis.Table, ibis.Table]:
    """Events and catalog after the steps of a plan.

    With `until`, they go through twice, as they were then and as they are now, and constants are learned only of then.
    What happened before it is as the steps would have left it at that moment: no session was merged with an account
    that it logged into later, no purchase netted with a return to come. What happened after it is as it is now.
    """
    steps = {
        name: [step for step in given if not joins_ids(step)]
        for name, given in (("events", plan.events), ("catalog", plan.catalog))
    }
    if plan.until is None:
        for step in steps["events"]:
            events = ledger.apply(events, step)
        for step in steps["catalog"]:
            catalog = ledger.apply(catalog, step)
        return events, catalog
    then, now = _twice(steps["events"], events.filter(events.time < plan.until), events, ledger)
    events = ledger.keep(then.union(now.filter(now.time >= plan.until).select(*then.columns)))
    seen = events.filter(events.item_id.notnull()).group_by("item_id").agg(first=events.time.min())
    late = ledger.keep(seen.filter(seen.first >= plan.until).select("item_id"))
    then, now = _twice(steps["catalog"], catalog.anti_join(late, "item_id"), catalog, ledger)
    return events, then.union(now.semi_join(late, "item_id").select(*then.columns))


def joins_ids(step: Step) -> bool:
    """Whether a step joins the spellings of ids, which happens to events and catalog together, before other steps."""
    return written(step) is canonical_ids


def canonical_columns(steps: Iterable[Step]) -> tuple[str, ...]:
    """The columns of ids that some steps join."""
    columns = [name for step in steps if joins_ids(step) for name in _options(step).get("columns", ("item_id",))]
    return tuple(dict.fromkeys(columns))


def _with_joined_ids(plan: Plan, events: ibis.Table, catalog: ibis.Table, described: bool, ledger: Ledger) -> JoinedIds:
    """Events and catalog with one spelling of each id.

    Without a catalog of the shop's own (`described`), the items are those of the events afterwards. Raises `BadData` if
    a step names a column that neither table has.
    """
    tables = {"events": events} | ({"catalog": catalog} if described else {})
    columns = canonical_columns((*plan.events, *plan.catalog))
    needed(
        events,
        [name for name in columns if all(name not in table.columns for table in tables.values())],
        "canonical_ids",
    )
    joined = join_ids(tables, columns, ledger)
    return (
        joined if described else replace(joined, tables={**joined.tables, "catalog": _items(joined.tables["events"])})
    )


def _constants(ledger: Ledger) -> dict[str, Constants]:
    tables = ("events", "catalog")
    return {name: Constants(tuple(fitted for table, fitted in ledger.fitted if table == name)) for name in tables}


def _twice(steps: Sequence[Step], then: ibis.Table, now: ibis.Table, ledger: Ledger) -> tuple[ibis.Table, ibis.Table]:
    """Two tables after the same steps, with what was learned from the first of them."""
    for step in steps:
        learned = len(ledger.fitted)
        then = ledger.apply(then, step)
        fitted = ledger.fitted[learned:]
        now = ledger.apply(now, fitted[0][1].applied if fitted else step)
    return then, now


def united(
    tables: Sequence[tuple[ibis.Table, ibis.Table | None]], ledger: Ledger | None = None
) -> tuple[ibis.Table, ibis.Table]:
    """The events of all sources and one catalog; of an item that several describe, the first source's words stand.

    The others go to the quarantine of the ledger. A catalog that is only an echo of the log comes after all others.
    Where no source has a catalog, the items are those of the events. `SCOPE` says of each row what its source says of
    the whole, `LISTED` what the item costs before any step.
    """
    happened = [events for events, _ in tables]
    names = [name for name in (*EVENTS, ROW) if all(name in events.columns for events in happened)]
    events = ibis.union(*(table.select(names) for table in happened)) if len(happened) > 1 else happened[0]
    described = [_scoped(catalog) for _, catalog in tables if catalog is not None]
    if not described:
        return events, _items(events)
    described.sort(key=_is_log)
    catalog = described[0]
    for more in described[1:]:
        again, known = more.semi_join(catalog, "item_id"), catalog
        if ledger is not None and rows(again) and not _is_log(more):
            ledger.reject(again, "one catalog of all sources", "another source has described the item before this one")
        numbered = ROW in known.columns and ROW in more.columns
        catalog = _filled(known, numbered).union(_filled(more.anti_join(known.select("item_id"), "item_id"), numbered))
    return events, catalog.mutate(**{LISTED: catalog.price}) if "price" in catalog.columns else catalog


def _scoped(catalog: ibis.Table) -> ibis.Table:
    """The catalog with what its source says of the whole; a source that does not say it gives all that is on sale."""
    return catalog if SCOPE in catalog.columns else catalog.mutate(**{SCOPE: ibis.literal(COMPLETE)})


def _is_log(catalog: ibis.Table) -> bool:
    """Whether a catalog of one source only repeats what the events name."""
    first = arrow(catalog.select(SCOPE).limit(1)).to_pylist()
    return bool(first) and first[0][SCOPE] == LOG


def dataset_of(events: ibis.Table, catalog: ibis.Table, fingerprint: str, folder: Path | None = None) -> Dataset:
    """The Dataset of two tables in our columns, seen from just after its last event, its arrays mapped into memory.

    Items keep the order of their ids; items that were sold but are in no catalog follow. What was made in the folder
    before is not made again. Raises `BadData` if there is no event that names an item.
    """
    if folder is None:
        with tempfile.TemporaryDirectory() as passing:
            made = dataset_of(events, catalog, fingerprint, Path(passing, "coded"))
            save(made, Path(passing, "saved"), {})
            return _mapped(Path(passing, "saved"))  # what is mapped stays readable
    return _dataset_of(Coding(events, catalog, folder), fingerprint)


def _dataset_of(coding: Coding, fingerprint: str) -> Dataset:
    """The Dataset that a coding makes; raises `BadData` if there is no event that names an item."""
    coding.folder.mkdir(parents=True, exist_ok=True)
    if not rows(coding.seen.limit(1)):
        raise BadData("the sources gave no event with an item: nothing can be learned")
    shop, users, coded = coding.catalog(), coding.vocabulary(coding.users(), "user"), coding.events()
    now = float(coded.time.max()) + 1.0
    devices, countries = coding.told("device"), coding.told("country")
    whole = Dataset(
        coded, shop, users, now, fingerprint, searches=coding.searches(), devices=devices, countries=countries
    )
    return as_of(whole)


def _items(events: ibis.Table) -> ibis.Table:
    """The items that events name; no catalog says whether they are on sale."""
    items = events.filter(events.item_id.notnull()).select("item_id").distinct()
    return items.mutate(**{SCOPE: ibis.literal(LOG)})


def fingerprint_of(files: Iterable[Path], settings: str, known: Path | None = None, now: float = 0.0) -> str:
    """A name for a dataset: a hash of the bytes that went in and of what they were prepared with.

    Every byte counts, so that two machines with the same data agree. Reading a hundred gigabytes takes minutes, so the
    hash of a large file is written down in the file `known`, with size and time of the file it is of, and taken from
    there as long as those stay the same: what git does with its index. A file that was changed in the two seconds
    before `now` is not written down, since it may change again without its time telling.
    """
    remembered: Mapping[str, Any] = json.loads(known.read_text()) if known and known.exists() else {}
    digest, learned = hashlib.sha256(settings.encode()), {}
    for path in files:
        facts = path.stat()
        state = [facts.st_size, facts.st_mtime_ns, facts.st_ino]
        name = str(path.resolve())
        content = remembered.get(name, {})
        if content.get("state") != state:
            with path.open("rb") as file:
                content = {"state": state, "hash": hashlib.file_digest(file, "sha256").hexdigest()}
        digest.update(bytes.fromhex(content["hash"]))
        if facts.st_size >= REMEMBERED and now - facts.st_mtime > RACY:
            learned[name] = content
    if known and learned != remembered:
        write_atomically(known, json.dumps(learned, indent=1))
    return digest.hexdigest()[:16]


def _mapped(folder: Path) -> Dataset:
    dataset: Dataset = load(folder, verify=False)
    return dataset


def _kept(ledger: Ledger, table: ibis.Table) -> tuple[str, list[str]]:
    """Name of the file that has the table, and the columns of it."""
    path = ledger.path_of(ledger.keep(table))
    if path is None:
        raise RuntimeError("the ledger keeps nothing without a folder")
    return path.name, list(table.columns)


def _code_of(parts: Iterable[Any]) -> list[Path]:
    """The files that preparation is written in: this package, and the modules of parts from elsewhere."""
    names = {part.__module__ for part in map(written, parts)}
    files = {str(getattr(sys.modules.get(name), "__file__", None) or "") for name in names}
    elsewhere = {Path(file) for file in files if file.endswith(".py")}
    return sorted(elsewhere | set(Path(__file__).parent.rglob("*.py")))


def _described(part: Any) -> str:
    """A part's name and settings."""
    if isinstance(part, Part):
        return f"{type(part).__module__}:{type(part).__name__}{part.model_dump_json()}"
    function, options = written(part), _options(part)
    return f"{function.__module__}:{function.__qualname__}{json.dumps(options, sort_keys=True, default=str)}"


def _options(step: Any) -> Mapping[str, Any]:
    """The options that a step is called with."""
    options: Mapping[str, Any] = getattr(step, "options", getattr(step, "keywords", {}))
    return options


def _filled(catalog: ibis.Table, numbered: bool = False) -> ibis.Table:
    """The catalog with all our columns, and the numbers of its rows."""
    missing = {name: ibis.null(kind) for name, kind in CATALOG.items() if name not in catalog.columns}
    return catalog.mutate(**missing).select(*CATALOG, SCOPE, *([ROW] if numbered else []))
