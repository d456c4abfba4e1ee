"""What a catalog says of an offer: whether it can be bought, its price of today, its currency and its price list."""

from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import ibis.expr.datatypes as dt

from endcap.core.errors import BadData
from endcap.data.columns import COMPLETE, LOG, ROW
from endcap.data.sources.availability import NEGATION, all_available, availability, not_understood

SIGNS = {"€": "EUR", "£": "GBP", "zł": "PLN", "₹": "INR", "₽": "RUB"}
"""Signs that stand for one currency alone; a dollar or a yen sign may be one of several."""
SHOWN = 5
"""So many values that are not understood are named."""


def scope_of(source: Any) -> str:
    """What the catalog of a source says of the whole shop: its `catalog_scope`, or, without one, what its place tells.

    A catalog that is read from where the events are is an echo of the log.
    """
    told: str | None = getattr(source, "catalog_scope", None)
    if told is not None:
        return told
    events, catalog = getattr(source, "events", None), getattr(source, "catalog", None)
    same_file = events is not None and len(getattr(source, "files", ())) == 1
    return LOG if events == catalog or same_file else COMPLETE


def plain_name(name: str) -> str:
    """The column behind one of the names of `available`: ``not discontinued`` is the opposite of ``discontinued``."""
    return name.removeprefix(NEGATION)


def stated_availability(table: ibis.Table, names: Sequence[str]) -> dict[str, ibis.Value]:
    """`available` from the given columns of a DuckDB table: all must say yes, of those that say anything."""
    told = [(availability(table[plain_name(name)]), name) for name in names if plain_name(name) in table.columns]
    values = [~value if name.startswith(NEGATION) else value for value, name in told]
    return {"available": all_available(values)} if values else {}


def unclear_availability(table: ibis.Table, names: Sequence[str]) -> tuple[int, str]:
    """How many rows say of availability what is neither yes nor no, and in which words; in how many, for people."""
    rows, told = 0, []
    for name in (plain_name(name) for name in names):
        if name not in table.columns or not table[name].type().is_string():
            continue
        said = table.select(said=not_understood(table[name])).filter(ibis._.said.notnull())
        found = said.group_by("said").agg(rows=ibis._.count()).order_by([ibis.desc("rows"), "said"])
        values = found.to_pyarrow().to_pylist()
        if values:
            shown = [f"{value['said'][:40]!r} ({value['rows']:,})" for value in values[:SHOWN]]
            others = " or other words" if len(values) > SHOWN else ""
            count = sum(value["rows"] for value in values)
            say = "1 item says" if count == 1 else f"{count:,} items say"
            told.append(f"{say} {' or '.join(shown)}{others} under {name}")
            rows += count
    return rows, " and ".join(told)


def price_of_today(values: Sequence[ibis.Value]) -> ibis.Value:
    """Of several columns of prices (texts) the first that is above zero: exports write 0 for "no special price"."""
    *reduced, usual = values
    return ibis.coalesce(
        *(ibis.ifelse(value.re_search("[1-9]"), value, ibis.null("string")) for value in reduced), usual
    )


def currencies(columns: Mapping[str, ibis.Value], currency: str | None) -> dict[str, ibis.Value]:
    """The currency of each price: what its column says, else what stands beside the price, else that of the source."""
    told = []
    if "currency" in columns:
        told.append(columns["currency"].cast("string").strip().upper().nullif(""))
    price = columns.get("price")
    if price is not None and price.type().is_string():
        told.append(_beside(price.strip()))
    if currency:
        told.append(ibis.literal(currency))
    return {"currency": told[0] if len(told) == 1 else ibis.coalesce(*told)} if told else {}


def of_one_price_list(items: ibis.Table, wanted: str | None, place: str) -> tuple[ibis.Table, ibis.Table | None]:
    """The rows of one price list for each item, and the others (None if no column names the lists).

    It is the wanted one, else one without a name, else that of the item's first row. With a wanted list, an item that
    is not in it keeps what is said of it but has no price. Raises `BadData` if no row is of the wanted list.
    """
    if "price_list" not in items.columns:
        if wanted is not None:
            raise BadData(f"{place}: price_list = {wanted!r}, but no column says it: name yours under catalog_columns")
        return items, None
    items = items.mutate(price_list=items.price_list.cast("string").strip().nullif(""))
    ours = items.price_list.identical_to(wanted) if wanted is not None else ibis.literal(False)
    if wanted is not None and not items.filter(ours).limit(1).count().to_pyarrow().as_py():
        there = (
            items.select("price_list")
            .filter(ibis._.price_list.notnull())
            .distinct()
            .order_by("price_list")
            .limit(SHOWN)
        )
        known = ", ".join(map(repr, there.to_pyarrow()["price_list"].to_pylist())) or "none"
        raise BadData(f"{place}: no row has the price list {wanted!r}; there are: {known}")
    rank = ibis.cases((ours, 0), (items.price_list.isnull(), 1), else_=2)
    window = ibis.window(group_by="item_id", order_by=[rank, ROW])
    ranked = items.mutate(_chosen_=items.price_list.first(include_null=True).over(window), _rank_=rank)
    chosen = ranked.price_list.identical_to(ranked._chosen_)
    kept = ranked.filter(chosen)
    if wanted is not None:
        kept = kept.mutate(**{
            name: ibis.ifelse(kept._rank_ == 2, ibis.null(kept[name].type()), kept[name])
            for name in ("price", "currency", "price_list") if name in kept.columns
        })  # fmt: skip
    return kept.drop("_chosen_", "_rank_"), ranked.filter(~chosen).drop("_chosen_", "_rank_")


def _beside(price: ibis.Value) -> ibis.Value:
    code = price.re_extract(r"^([A-Z]{3})\b|\b([A-Z]{3})$", 0).strip().nullif("")
    signs = [(price.contains(sign), ibis.literal(name)) for sign, name in SIGNS.items()]
    return ibis.coalesce(code, ibis.cases(*signs, else_=ibis.null(dt.string)))
