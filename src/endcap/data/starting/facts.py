"""What the data holds that models could learn from: counted in raw tables, or, exactly, in a prepared dataset."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import ibis
import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Array
from endcap.core.catalog import Catalog, Labels
from endcap.core.dataset import DAY, Dataset
from endcap.core.records import KINDS
from endcap.data.columns import LOG, SCOPE

LOOKS = ("view", "click")
"""Kinds of event by which a visitor compares items."""
TOUCHES = (*LOOKS, "cart", "purchase")
"""Kinds of event that say what a visitor is interested in."""
NEW_DAYS = 30.0
"""An item is new for so many days after its first event."""
COMMON_SHARE = 0.3
"""An item in at least this share of the orders may be a bag, a fee or a gift that is no choice of anybody's …"""
COMMON_TIMES = 3.0
"""… if it is also in so many times as many orders as every item that is not."""
MAX_COMMON = 3
"""There are at most so many such items in a shop."""
MIN_COMMON_ORDERS = 30
"""In fewer orders nobody can tell."""


@dataclass(frozen=True)
class Facts:
    """How much of everything there is; counts of rows that can teach something, not of all rows."""

    kinds: Mapping[str, int]
    """Events of each kind; kinds without events are missing."""
    items: int = 0
    days: float = 0.0
    """From the first event to the last."""
    visits: int = 0
    """Sessions that touched at least two different items."""
    compared: int = 0
    """Sessions that looked at (view or click) at least two different items."""
    orders: int = 0
    baskets: int = 0
    """Orders of at least two different items."""
    returning: int = 0
    """Users with purchases in at least two orders (or at two moments)."""
    categories: bool = False
    """Whether at least two categories have at least two items each."""
    families: bool = False
    """Whether any family has at least two items."""
    priced: bool = False
    titled: bool = False
    new: int = 0
    """Items whose first event lies in the last `NEW_DAYS` days, in a log that is twice as long."""
    unsold: int = 0
    """Items that the shop lists as on sale and no event names."""
    common: tuple[str, ...] = ()
    """Ids of items that are in so many orders that they would fill every list, most frequent first; told of raw tables
    only, since the settings leave such items out of the prepared ones."""

    @property
    def touched(self) -> tuple[str, ...]:
        """The kinds that say what visitors are interested in, of those that there are."""
        return tuple(kind for kind in TOUCHES if self.kinds.get(kind))

    @property
    def looked(self) -> tuple[str, ...]:
        """The kinds by which visitors compare items, of those that there are."""
        return tuple(kind for kind in LOOKS if self.kinds.get(kind))

    @property
    def wanted(self) -> tuple[str, ...]:
        """The kinds that say most surely what people want: purchases, or carts, or views and clicks."""
        return next((kinds for kinds in (("purchase",), ("cart",)) if self.kinds.get(kinds[0])), self.looked)

    @property
    def browsed(self) -> bool:
        """Whether there are visits of more than what was bought in them."""
        return bool(self.visits) and self.touched not in ((), ("purchase",))


def facts_of_tables(events: ibis.Table, catalog: ibis.Table | None, steps: Sequence[str] = ()) -> Facts:
    """Count in tables as sources give them, before `steps` (as the settings write them) have prepared the events.

    Where `basketed` is among the steps, the purchases of a session without an order number are one order. How many
    items are new is not counted.
    """
    order = events.order_id
    if any("basketed" in step for step in steps):
        order = ibis.coalesce(order, "session:" + events.session_id)
    touch, look, buy = (events.kind.isin(list(kinds)) for kinds in (TOUCHES, LOOKS, ("purchase",)))
    acts = events.mutate(
        _touched_=ibis.ifelse(touch, events.item_id, ibis.null("string")),
        _looked_=ibis.ifelse(look, events.item_id, ibis.null("string")),
        _order_=ibis.ifelse(buy, order, ibis.null("string")),
        _buyer_=ibis.ifelse(buy, events.user_id, ibis.null("string")),
    )
    known = acts.group_by("kind").agg(rows=acts.count(), prices=acts.price.count())
    kinds = {row["kind"]: (int(row["rows"]), int(row["prices"])) for row in known.to_pyarrow().to_pylist()}
    placed, bought = acts.filter(acts._order_.notnull()), acts.filter(acts._buyer_.notnull())
    held = _grouped(placed, "_order_", ("item_id",))
    looked = _grouped(acts, "session_id", ("_touched_", "_looked_"))
    facts = Facts(
        kinds={kind: kinds[kind][0] for kind in KINDS if kind in kinds},
        items=int(events.item_id.nunique().to_pyarrow().as_py()),
        days=float((events.time.max() - events.time.min()).to_pyarrow().as_py() or 0.0) / DAY,
        visits=looked[1],
        compared=looked[2],
        orders=held[0],
        baskets=held[1],
        returning=_grouped(bought, "_buyer_", ("time",))[1],
        priced=any(prices for _, prices in kinds.values()),
        common=_common_in(placed, held[0]),
    )
    return facts if catalog is None else replace(_described(facts, catalog), unsold=_unsold(events, catalog))


def facts_of(data: Dataset) -> Facts:
    """Count in a prepared dataset."""
    events, catalog = data.events, data.catalog
    counted = np.bincount(events.kind, minlength=len(KINDS))
    touched, looked, bought = (data.are(*kinds) for kinds in (TOUCHES, LOOKS, ("purchase",)))
    listed = np.asarray(catalog["available"], bool) if "available" in catalog else np.zeros(len(catalog), bool)
    known = bought & (events.user >= 0)
    moments = np.where(events.order >= 0, events.order.astype(np.float64), -events.time)
    first = np.full(len(catalog), np.inf)
    np.minimum.at(first, events.item, events.time)
    days = float(np.ptp(events.time)) / DAY if len(events) else 0.0
    return Facts(
        kinds={kind: int(count) for kind, count in zip(KINDS, counted, strict=True) if count},
        items=len(catalog),
        days=days,
        visits=_in_several(events.session[touched], events.item[touched]),
        compared=_in_several(events.session[looked], events.item[looked]),
        orders=len(data.baskets),
        baskets=int((data.baskets.items.lengths >= 2).sum()),
        returning=_in_several(events.user[known], moments[known]),
        categories=_tells_apart(catalog, "category", 2),
        families=_tells_apart(catalog, "family", 1),
        priced="price" in catalog and bool(np.isfinite(np.asarray(catalog["price"], np.float64)).any()),
        titled="title" in catalog and len(catalog.text("title").data) > 0,
        unsold=int((listed & np.isinf(first)).sum()),
        new=int((first > data.now - NEW_DAYS * DAY)[np.isfinite(first)].sum()) if days > 2 * NEW_DAYS else 0,
    )


def _unsold(events: ibis.Table, catalog: ibis.Table) -> int:
    """Count the items that a catalog of the shop lists and no event names."""
    stated = catalog.filter(~catalog[SCOPE].identical_to(LOG)) if SCOPE in catalog.columns else catalog
    return int(stated.anti_join(events, "item_id").item_id.nunique().to_pyarrow().as_py())


def _common_in(placed: ibis.Table, orders: int) -> tuple[str, ...]:
    """Ids of the items that are in so many of the orders that nobody can have chosen them each time."""
    counted = placed.group_by("item_id").agg(orders=placed._order_.nunique())
    most = counted.order_by(ibis.desc("orders"), "item_id").limit(MAX_COMMON + 1).to_pyarrow().to_pylist()
    return common_items([str(row["item_id"]) for row in most], [int(row["orders"]) for row in most], orders)


def common_items(ids: Sequence[str], counts: Sequence[int], orders: int) -> tuple[str, ...]:
    """The first of the most frequent items (most frequent first, at least one more than `MAX_COMMON` if there are).

    At most `MAX_COMMON`, each in `COMMON_SHARE` of the orders and in `COMMON_TIMES` as many as every other item. In a
    shop of a few items, every item is in many orders: there nothing is common.
    """
    many = sum(count >= COMMON_SHARE * orders for count in counts)
    if orders < MIN_COMMON_ORDERS or not 0 < many <= MAX_COMMON or many == len(counts):
        return ()
    return tuple(ids[:many]) if counts[many - 1] >= COMMON_TIMES * counts[many] else ()


def _described(facts: Facts, catalog: ibis.Table) -> Facts:
    def shared(name: str) -> int:
        """How many labels of a column have at least two items."""
        if name not in catalog.columns:
            return 0
        known = catalog.filter(catalog[name].notnull())
        groups = known.group_by(name).agg(items=known.item_id.nunique())
        return int(groups.filter(groups["items"] >= 2).count().to_pyarrow().as_py())

    titled = "title" in catalog.columns and bool(catalog.title.count().to_pyarrow().as_py())
    priced = facts.priced or ("price" in catalog.columns and bool(catalog.price.count().to_pyarrow().as_py()))
    return replace(
        facts, categories=shared("category") >= 2, families=shared("family") >= 1, titled=titled, priced=priced
    )


def _grouped(rows: ibis.Table, by: str, columns: Sequence[str]) -> list[int]:
    """How many groups there are, and how many of them hold at least two different values of each of the columns."""
    groups = rows.group_by(by).agg(**{f"n{place}": rows[name].nunique() for place, name in enumerate(columns)})
    counts = {f"n{place}": (groups[f"n{place}"] >= 2).sum() for place in range(len(columns))}
    found = groups.agg(rows=groups.count(), **counts).to_pyarrow().to_pylist()[0]
    return [int(found["rows"] or 0), *(int(found[name] or 0) for name in counts)]


def _in_several(groups: Array, values: Array) -> int:
    """How many groups (a negative one is none) hold at least two different values."""
    there = groups >= 0
    pairs = np.unique(np.stack([groups[there].astype(np.float64), values[there].astype(np.float64)]), axis=1)
    counts: NDArray[np.int64] = np.unique(pairs[0], return_counts=True)[1]
    return int((counts >= 2).sum())


def _tells_apart(catalog: Catalog, name: str, groups: int) -> bool:
    """Whether at least so many labels of a column have at least two items each."""
    column = catalog.columns.get(name)
    if not isinstance(column, Labels):
        return False
    counts = np.bincount(column.codes[column.codes >= 0])
    return int((counts >= 2).sum()) >= groups
