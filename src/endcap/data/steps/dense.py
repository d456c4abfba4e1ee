"""The dense middle of a log, as papers use it."""

import ibis
from pydantic import PositiveInt

from endcap.core.errors import BadData
from endcap.data.engines import rows
from endcap.data.steps.common import visitor


def k_core(
    events: ibis.Table, users: PositiveInt = 5, items: PositiveInt = 5, by: str = "user_id", rounds: PositiveInt = 100
) -> ibis.Table:
    """Of visitors and items that are seen rarely, little can be learned and nothing can be judged.

    On events. What is left: visitors (the column `by`, a guest is a session) with at least `items` different items, and
    items with at least `users` different visitors, both counted in what is left. Searches without an item stay with
    their visitor. Raises `BadData` if that has not settled after so many rounds.
    """
    acting = events.mutate(_visitor_=visitor(events, by))
    pairs = acting.filter(acting.item_id.notnull()).select("_visitor_", "item_id").distinct().cache()
    there = rows(pairs)
    for _ in range(rounds):
        degrees = pairs.mutate(
            _items_=pairs.count().over(group_by="_visitor_"), _users_=pairs.count().over(group_by="item_id")
        )
        kept = degrees.filter(degrees._items_ >= items, degrees._users_ >= users)
        pairs, before = kept.select("_visitor_", "item_id").cache(), there
        there = rows(pairs)
        if there == before:
            break
    else:
        raise BadData(
            f"k_core: {rounds} rounds were not enough; the last one took {before - there:,} of {before:,} pairs"
        )
    stayed = acting.semi_join(pairs, "_visitor_")
    told = stayed.filter(stayed.item_id.notnull()).semi_join(pairs, "item_id")
    return told.union(stayed.filter(stayed.item_id.isnull())).select(*events.columns)
