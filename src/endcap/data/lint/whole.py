"""Rules over a log as a whole: its columns, its kinds, and whether each model has something to learn from."""

import json
from collections.abc import Callable, Iterator
from difflib import get_close_matches

import ibis

from endcap.core.records import KINDS
from endcap.data.cells import separator_of
from endcap.data.columns import CATALOG, EVENTS, FILE, LINE, REQUIRED_EVENTS, ROW, WHY
from endcap.data.engines import arrow
from endcap.data.lint.findings import Example, Finding
from endcap.data.lint.needs import Need
from endcap.data.lint.shop import Shop
from endcap.data.summary import OTHERS

ALIASES = {
    "add": "cart", "add_to_cart": "cart", "addtocart": "cart", "add_to_basket": "cart", "basket": "cart",
    "remove_from_cart": "uncart", "removefromcart": "uncart", "remove": "uncart",
    "buy": "purchase", "bought": "purchase", "order": "purchase", "transaction": "purchase", "sale": "purchase",
    "checkout": "purchase", "detail": "view", "view_item": "view", "pageview": "view", "page_view": "view",
    "product_view": "view", "visit": "view", "select_item": "click", "tap": "click", "show": "impression",
    "view_item_list": "impression", "exposure": "impression", "refund": "return", "cancel": "return",
    "query": "search", "view_search_results": "search",
}  # fmt: skip
"""What other systems call our kinds."""
FUNNEL = (
    ("purchase", "view"), ("cart", "view"), ("click", "impression"), ("uncart", "cart"), ("return", "purchase"),
)  # fmt: skip
"""There are fewer of the first than of the second, where there are any of both."""
CELLS = 5000
"""Different item ids that are looked at for several in one cell."""
ALWAYS = ("category", "family")
"""Labels that a dataset has even where nothing is known of them: what goes by one finds nothing, and does not fail."""


def missing_columns(shop: Shop) -> Iterator[Finding]:
    """Columns without which an event is none."""
    for name in REQUIRED_EVENTS:
        if name not in shop.there:
            own = {ROW, LINE, FILE, WHY}
            there = ", ".join(sorted(shop.there - own))
            near = get_close_matches(name, sorted(shop.there - own), 1, 0.5)
            hint = f"; is it {near[0]!r}?" if near else ""
            yield Finding(
                "missing_columns", "error", f"the events have no column {name!r}; there are: {there}", "columns", 1, 1,
                f"map a column of yours to {name}{hint}", disables=shop.needs.places(shop.needs.models),
            )  # fmt: skip
    if shop.catalog is not None and "item_id" not in shop.described:
        there = ", ".join(sorted(shop.described))
        yield Finding(
            "missing_columns", "error", f"the catalog has no column 'item_id'; there are: {there}", "columns", 1, 1,
            "map the id of the item to item_id", harms=shop.needs.using("category", "family", "brand"),
        )  # fmt: skip


def unknown_columns(shop: Shop) -> Iterator[Finding]:
    """Columns that are not ours are not used; one that is called almost like ours may be meant."""
    for there, ours, table in ((shop.there, EVENTS, "events"), (shop.described, CATALOG, "catalog")):
        absent = [name for name in ours if name not in there]
        for name in sorted(there - set(ours) - {ROW, LINE, FILE, WHY}):
            near = get_close_matches(name.lower(), absent, 1, 0.75)
            if near:
                yield Finding(
                    "unknown_columns", "note", f"the {table} have a column {name!r} that is not used", "columns", 1,
                    len(there), f"did you mean {near[0]}? Then map it",
                )  # fmt: skip


def unknown_kinds(shop: Shop) -> Iterator[Finding]:
    """Events of a kind that does not exist are learned from by nobody."""
    counts = shop.summary.histograms["kind"]
    unknown = {kind: rows for kind, rows in counts.items() if kind not in KINDS}
    if not unknown:
        return
    named = [
        f"{kind!r} ({rows:,}{f', did you mean {near!r}?' if (near := meant(kind)) else ''})"
        for kind, rows in sorted(unknown.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    lost = [near for kind in unknown if (near := meant(kind))]
    examples = [
        Example(None, None, {"kind": kind, "rows": str(rows), "meant": meant(kind)}) for kind, rows in unknown.items()
    ]
    yield Finding(
        "unknown_kinds", "error", f"events of unknown kinds: {', '.join(named[:10])}", "events", sum(unknown.values()),
        shop.summary.rows, f"map each to one of {', '.join(KINDS)}, with `kinds` in the [[sources]] table",
        tuple(examples[:5]), harms=shop.needs.using(*lost),
    )  # fmt: skip


def starved_models(shop: Shop) -> Iterator[Finding]:
    """A model without an event that it could learn from is disabled, and so is a slot that nobody else fills."""
    fed = _fed(shop)
    starved = [name for name in shop.needs.models if not fed[name]]
    emptied = shop.needs.emptied(starved)
    there = ", ".join(f"{kind} {rows:,}" for kind, rows in shop.summary.histograms["kind"].items()) or "none"
    for name in starved:
        need = shop.needs.models[name]
        slots = tuple(slot for slot in emptied if name in shop.needs.slots[slot.removeprefix("slots.")])
        harmed = tuple(place for place in shop.needs.places([name]) if place != f"models.{name}" and place not in slots)
        says = f"models.{name} learns from {need.rows} ({need.spoken}), and there is none; kinds in the data: {there}"
        yield Finding(
            "starved_models", "error", says, "models", 1, 1, _food(shop, name), disables=(f"models.{name}", *slots),
            harms=harmed,
        )  # fmt: skip


def absent_kinds(shop: Shop) -> Iterator[Finding]:
    """A model that is to learn from several kinds, of which some are not in the data."""
    for name, need in shop.needs.models.items():
        absent = [kind for kind in need.kinds if not shop.kinds(kind)]
        if need.chosen and 0 < len(absent) < len(need.kinds):
            yield Finding(
                "absent_kinds", "warning", f"models.{name} is to learn from {', '.join(absent)} too, and there is none",
                "kinds", len(absent), len(need.kinds), f"leave it out of models.{name}.kinds, or deliver such events",
                harms=shop.needs.places([name]),
            )  # fmt: skip


def starved_stages(shop: Shop) -> Iterator[Finding]:
    """Where nothing happened, a stage that goes by what did lets nothing through, or goes by something else."""
    kinds = ", ".join(f"{kind} {rows:,}" for kind, rows in shop.summary.histograms["kind"].items()) or "none"
    for slot, stages in shop.needs.stages.items():
        for name, need in stages.items():
            if need.kinds and not shop.kinds(*need.kinds):
                then = f"so that it goes by {need.otherwise}" if need.otherwise else "so that nothing passes"
                place = (f"slots.{slot}",)
                yield Finding(
                    "starved_stages", "note" if need.otherwise else "error",
                    f"slots.{slot}: its stage {name!r} goes by {need.spoken}, and there is none, {then}; "
                    f"kinds in the data: {kinds}",
                    "stages", 1, len(stages), f"deliver such events, or take {name!r} out of the stages",
                    disables=() if need.otherwise else place, harms=place if need.otherwise else (),
                )  # fmt: skip


def starved_tasks(shop: Shop) -> Iterator[Finding]:
    """A slot is judged on what happened; where it never did, nobody can say how good the slot is."""
    for slot, (task, need) in shop.needs.tasks.items():
        if _known(shop, need):
            continue
        yield Finding(
            "starved_tasks", "warning",
            f"slots.{slot} is judged on {task!r}, which asks about {need.spoken}, and there is none", "tasks",
            1, len(shop.needs.tasks), "deliver such events, or give the slot another task", harms=(f"slots.{slot}",),
        )  # fmt: skip


def missing_labels(shop: Shop) -> Iterator[Finding]:
    """What goes by a column of the catalog finds nothing if there is none, or cannot work at all."""
    models = [(f"models.{name}", need, shop.needs.places([name])) for name, need in shop.needs.models.items()]
    stages = [
        (f"slots.{slot}: its stage {name!r}", need, (f"slots.{slot}",))
        for slot, parts in shop.needs.stages.items()
        for name, need in parts.items()
    ]
    for who, need, places in (*models, *stages):
        label = need.label
        if label is None or label in shop.described or need.otherwise:
            continue
        blank = label in ALWAYS
        yield Finding(
            "missing_labels", "warning" if blank else "error",
            f"{who} goes by {label!r}, which the catalog does not have", "models", 1,
            len(models) + len(stages), f"deliver {label} in the catalog, or take it out",
            disables=() if blank else places[:1], harms=places if blank else places[1:],
        )  # fmt: skip


def several_items_in_a_cell(shop: Shop) -> Iterator[Finding]:
    """A cell such as SKU1|SKU2 is read as one item that nobody sells."""
    named = shop.events.filter(shop.events.item_id.notnull()).group_by("item_id").agg(n=lambda t: t.count())
    joined = named.filter(named.item_id.re_search(r"[|;,+/ \n\t]")).order_by([ibis.desc("n"), "item_id"])
    cells = arrow(joined.limit(CELLS)).to_pylist()
    if not cells:
        return
    listed = shop.catalog if shop.catalog is not None else named.filter(~named.item_id.re_search(r"[|;,+/ \n\t]"))
    known = arrow(listed.select("item_id").limit(CELLS))["item_id"].to_pylist()
    mark = separator_of([row["item_id"] for row in cells], filter(None, known))
    if mark is None:
        return
    rows = sum(row["n"] for row in cells if mark in row["item_id"])
    examples = [Example(None, None, {"item_id": row["item_id"]}) for row in cells[:3] if mark in row["item_id"]]
    yield Finding(
        "several_items_in_a_cell", "error", f"{rows:,} events name several items in one cell ({mark!r} between them)",
        "events", rows, shop.summary.rows, f"items_separator = {json.dumps(mark)} in the source makes an event of each",
        tuple(examples), harms=shop.needs.places(shop.needs.models),
    )  # fmt: skip


def implausible_counts(shop: Shop) -> Iterator[Finding]:
    """More purchases than views: one of them is not logged, or not under this name."""
    for fewer, more in FUNNEL:
        few, many = shop.kinds(fewer), shop.kinds(more)
        if few > many > 0:
            says = f"there are more events of kind {fewer} ({few:,}) than {more} ({many:,})"
            yield Finding(
                "implausible_counts", "warning", says, "events", few - many, few,
                f"check that every {more} is logged, and under this name", harms=shop.needs.using(more),
            )  # fmt: skip


def meant(kind: str) -> str | None:
    """The kind of ours that somebody means by a name of theirs."""
    plain = kind.strip().lower().replace("-", "_").replace(" ", "_").replace(":", "_")
    if plain in KINDS:
        return plain
    if plain in ALIASES:
        return ALIASES[plain]
    near = get_close_matches(plain, [*KINDS, *ALIASES], 1, 0.75)
    return ALIASES.get(near[0], near[0]) if near else None


RULES: tuple[Callable[[Shop], Iterator[Finding]], ...] = (
    missing_columns, unknown_columns, unknown_kinds, starved_models, starved_stages, starved_tasks, absent_kinds,
    missing_labels, several_items_in_a_cell, implausible_counts,
)  # fmt: skip


def _fed(shop: Shop) -> dict[str, int]:
    """How many events each model can learn from, counted in one scan."""
    counts = _counted(shop, tuple(shop.needs.models.values()))
    return dict(zip(shop.needs.models, counts, strict=True))


def _known(shop: Shop, need: Need) -> bool:
    """Whether there is an event of the kind, with the column."""
    return any(_counted(shop, (need,))) if need.column else bool(shop.kinds(*need.kinds))


def _counted(shop: Shop, needs: tuple[Need, ...]) -> list[int]:
    """How many events there are for each need, counted in one scan."""
    events, wanted = shop.events, {}
    for place, need in enumerate(needs):
        of_kind = events.kind.isin(need.kinds) & events.item_id.notnull()
        wanted[f"need_{place}"] = events.count(
            where=of_kind
            if need.column is None or need.column in shop.filled
            else of_kind & events[need.column].notnull()
        )
    if not wanted:
        return []
    counts = arrow(events.aggregate(**wanted)).to_pylist()[0]
    return [counts[f"need_{place}"] for place in range(len(needs))]


def _food(shop: Shop, name: str) -> str:
    """What would feed a starved model."""
    need = shop.needs.models[name]
    unknown = [kind for kind in shop.summary.histograms["kind"] if kind not in KINDS and kind != OTHERS]
    wrong = [kind for kind in need.kinds if kind not in KINDS]
    renamed = [f"{kind!r} is {meant(kind)!r}" for kind in unknown if meant(kind) in need.kinds]
    if renamed:
        return f"map the kinds with `kinds` in the [[sources]] table: {', '.join(renamed)}"
    if wrong:
        return f"no kind is called {', '.join(map(repr, wrong))}; there are: {', '.join(KINDS)}"
    if need.column and shop.kinds(*need.kinds):
        return f"map a column of yours to {need.column}, or give models.{name} another source (sessions)"
    return f"deliver such events, or let models.{name} learn from what there is"
