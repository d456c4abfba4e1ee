"""Which columns of a catalog say what is on sale and what it costs today: often several together."""

from collections.abc import Iterable, Mapping, Sequence

from endcap.data.sources.availability import NEGATION, read_availability
from endcap.data.starting.guess import Match
from endcap.data.starting.looking import Seen
from endcap.data.starting.names import NOT_ON_SALE, SALE_PRICES, SALE_STATUS, STOCK_COUNTS, STOCK_WORDS, plain

UNDERSTOOD = 0.8
"""Share of the values of a column that must say yes or no."""
PREFIXES = ("variant", "product", "item", "article", "artikel", "current")
"""What exports put before the names of such columns."""
OTHER_STOCK = ("min", "max", "safety", "reorder", "outof", "no", "reserved", "incoming", "value", "cost", "price")
"""How the names of columns begin that are about stock, and do not say whether there is any."""
COUNTED_ANYWAY = ("inventorypolicy", "backorders", "backordersallowed", "allowbackorders", "outofstockpolicy")
"""Columns that say that an item is sold although none is left."""


def with_offers(table: Seen, found: Mapping[str, Match]) -> dict[str, Match]:
    """The matches of a catalog, with all columns for availability, and a price that is today's."""
    offers = dict(found)
    near = offers.pop("available", None)
    taken = {match.theirs for match in offers.values()}
    if (price := _price_of_today(table, found)) is not None:
        offers["price"] = price
    if (available := _availability(table, taken)) is not None:
        offers["available"] = available
    elif near is not None and not _bare(near.theirs).startswith(OTHER_STOCK):
        offers["available"] = near
    return offers


def _price_of_today(table: Seen, found: Mapping[str, Match]) -> Match | None:
    """The reduced price before the usual one, where the catalog has both."""
    names = {theirs: _bare(theirs) for theirs in table.columns}
    reduced = [theirs for theirs, bare in names.items() if bare in SALE_PRICES.split() and table.text[theirs]]
    usual = [theirs for theirs, bare in names.items() if bare in ("price", "regularprice", "listprice", "unitprice")]
    usual = usual or [match.theirs for match in (found.get("price"),) if match and match.theirs not in reduced]
    if not reduced or not usual or "price" not in found:
        return None
    short = names[reduced[0]]
    dated = [theirs for theirs, bare in names.items() if bare.startswith(short) and bare != short]
    check = f"counts whatever {dated[0]} says" if dated else ""
    examples = tuple(value[:30] for value in dict.fromkeys(table.text[usual[0]]))[:3]
    return Match("price", reduced[0], found["price"].confidence, examples, check, (usual[0],))


def _availability(table: Seen, taken: set[str]) -> Match | None:
    """All that says something of its own: stock or the word for it, status, and what says the opposite."""
    free = [theirs for theirs in table.columns if theirs not in taken and _says_it(table.text[theirs])]
    kinds = (STOCK_WORDS, STOCK_COUNTS, SALE_STATUS, NOT_ON_SALE)
    words, counts, status, opposite = (_named(free, names) for names in kinds)
    status = [theirs for theirs in status if _is_switch(table.text[theirs])]
    stock = words or counts[:1]
    chosen = [*status, *stock, *(f"{NEGATION}{theirs}" for theirs in opposite)]
    if not chosen:
        return None
    first = chosen[0].removeprefix(NEGATION)
    examples = tuple(value[:30] for value in dict.fromkeys(table.text[first]))[:3]
    anyway = [theirs for theirs in table.columns if _bare(theirs) in COUNTED_ANYWAY]
    check = ""
    if anyway and stock == counts[:1]:
        check = f"an item of which none is left is not shown, whatever {anyway[0]} says"
    elif stock and _bare(stock[0]) in ("quantity", "qty", "ilosc", "units"):
        check = "is taken for the stock"
    return Match("available", chosen[0], 0.7 if check else 0.9, examples, check, tuple(chosen[1:]))


def _named(columns: Iterable[str], names: str) -> list[str]:
    known = names.split()
    return [theirs for theirs in columns if _bare(theirs) in known]


def _bare(name: str) -> str:
    """A name without signs, and without what exports put before it."""
    bare = plain(name.rpartition(".")[2])
    return next((bare.removeprefix(prefix) for prefix in PREFIXES if bare.startswith(prefix) and bare != prefix), bare)


def _is_switch(values: Sequence[str]) -> bool:
    """Whether a status is told in words, or in 0 and 1; what other numbers mean, the shop alone knows."""
    numbers = {value for value in values if value.replace(".", "").isdigit()}
    return numbers <= {"0", "1", "0.0", "1.0"}


def _says_it(values: Sequence[str]) -> bool:
    told = [read_availability(value) is not None for value in values[:1000]]
    return bool(told) and sum(told) >= UNDERSTOOD * len(told)
