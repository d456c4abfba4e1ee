"""What is bought together, counted where the events are."""

from collections.abc import Sequence

import ibis
from ibis import _

from endcap.core.errors import BadData
from endcap.core.records import KINDS


def pair_counts(
    events: ibis.Table, kinds: Sequence[str] = ("purchase",), within: str = "order_id", most: int = 200
) -> ibis.Table:
    """For each two items in how many baskets both are: columns `item`, `other`, `baskets`; each pair both ways round.

    A basket is what shares a value of `within`. The pairs of a basket grow with its square; so of one with more items
    than `most`, those that most baskets have are counted. Raises `BadData` for a kind that does not exist.
    """
    unknown = set(kinds) - set(KINDS)
    if unknown:
        raise BadData(f"no event kind is called {', '.join(sorted(unknown))}; kinds: {', '.join(KINDS)}")
    chosen = events.filter(_.kind.isin(list(kinds)), _[within].notnull(), _.item_id.notnull())
    lines = chosen.select(basket=_[within], item=_.item_id).distinct()
    spread = lines.group_by("item").agg(spread=_.count())
    place = ibis.row_number().over(group_by="basket", order_by=[ibis.desc("spread"), "item"])
    lines = lines.join(spread, "item").mutate(place=place).filter(_.place < most).select("basket", "item")
    others = lines.select("basket", other=lines.item)
    pairs = lines.join(others, "basket").filter(_.item < _.other)
    counted = pairs.group_by("item", "other").agg(baskets=_.count())
    return counted.union(counted.select(item=counted.other, other=counted.item, baskets=counted.baskets))
