"""What is bought together, counted where the events are."""

from collections.abc import Sequence

import ibis
import numpy as np
import pyarrow as pa
from ibis import _

from endcap.core.arrays import Ragged, offsets_of
from endcap.core.dataset import DAY
from endcap.core.errors import BadData
from endcap.core.pairs import Counting, PairCounts
from endcap.core.records import KINDS
from endcap.core.vocabulary import Vocabulary
from endcap.data.engines import uploaded

ROWS = {"baskets": "order_id", "sessions": "session_id", "histories": "user_id"}
"""What events of one row share."""


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


def counted_pairs(events: ibis.Table, items: Vocabulary, how: Counting, now: float) -> PairCounts:
    """What a recipe like `co_occurrence` counts, counted by the engine that has the events, as seen from `now`.

    `CoOccurrence.of_counts` makes the model of it, the same as fitting it in memory: counts that are whole numbers are
    equal, others but for their rounding. Only the pairs come here: for catalogs and logs of which these fit in memory,
    and the events do not. Weights of events, from preparation, are not known here. Raises `BadData` if there is nothing
    to count.
    """
    lines = _lines(events, items, how, now)
    rows = lines.group_by("row").agg(length=_.count(), newest=_.newest.max())
    rows = rows.mutate(factor=_share(rows.length, how, len(items)))
    lines = lines.drop("newest").join(rows.select("row", "factor"), "row")
    others = lines.select("row", other=_.code, other_place=_.place, other_weight=_.weight)
    pairs = lines.join(others, "row").filter(_.code != _.other)
    near = _near(pairs.other_place - pairs.place, how)
    pairs = (
        pairs.mutate(value=pairs.factor * ibis.least(pairs.weight, pairs.other_weight) * near)
        .filter(_.value > 0)
        .group_by("code", "other")
        .agg(value=_.value.sum())
    )
    found = pairs.order_by("code", "other").to_pyarrow()
    own = lines.group_by("code").agg(value=(_.factor * _.weight).sum()).to_pyarrow()
    total = rows.agg(total=(_.factor * _.newest).sum()).to_pyarrow()["total"][0].as_py()
    if not total:
        raise BadData(f"there is nothing to count in {how.source}")
    alone = np.zeros(len(items))
    alone[own["code"].to_numpy()] = own["value"].to_numpy()
    lengths = np.bincount(found["code"].to_numpy(), minlength=len(items))
    others_of = Ragged(offsets_of(lengths), found["other"].to_numpy().astype(np.int32))
    return PairCounts(others_of, found["value"].to_numpy().astype(np.float64), alone, float(total))


def _lines(events: ibis.Table, items: Vocabulary, how: Counting, now: float) -> ibis.Table:
    """Each item once in each row: its place there, what it counts, and how old it is (as what it would count)."""
    kinds = list(how.kinds if how.source == "sessions" else ("purchase",))
    ids = pa.table({"item_id": pa.array(items.ids, pa.string()), "code": pa.array(range(len(items)), pa.int64())})
    known = uploaded(events.get_backend(), ids)
    row = _[ROWS[how.source]]
    chosen = events.filter(_.kind.isin(kinds), row.notnull(), _.item_id.notnull(), _.time < now)
    chosen = chosen.select("item_id", "kind", "time", row=row).join(known, "item_id")
    if how.source == "baskets":
        chosen = chosen.mutate(time=_.time.min().over(group_by="row"))
    # Whole numbers, so that counts of rows that count the same are whole as well.
    age, share = ibis.literal(1), ibis.literal(1)
    if how.half_life:
        age = ibis.literal(0.5) ** ((now - chosen.time) / (how.half_life * DAY))
    if how.source == "sessions":
        for kind, weight in how.kind_weights.items():
            share = ibis.ifelse(chosen.kind == kind, float(weight), share)
    if how.dwell:
        moments = chosen.select("row", "time").distinct()
        later = moments.mutate(later=_.time.lead().over(group_by="row", order_by="time"))
        chosen = chosen.mutate(age=age, share=share).join(later, ["row", "time"])
        stayed = ibis.least((chosen.later - chosen.time) / how.dwell, 1.0)
        age, share = chosen.age, chosen.share * ibis.coalesce(stayed, 1.0)
    chosen = chosen.mutate(age=age, weight=age * share).filter(_.weight > 0)
    lines = chosen.group_by("row", "code").agg(first=_.time.min(), weight=_.weight.max(), newest=_.age.max())
    return lines.mutate(place=ibis.row_number().over(group_by="row", order_by=["first", "code"])).drop("first")


def _share(length: ibis.Value, how: Counting, n_items: int) -> ibis.Value:
    """What a row of that length counts."""
    share = length.cast("float64") ** -float(how.length_power) if how.length_power else ibis.literal(1)
    if how.idf:
        rarity = (ibis.literal(float(n_items)) / length).ln()
        share = share * rarity * rarity
    return share


def _near(steps: ibis.Value, how: Counting) -> ibis.Value:
    """What a pair counts that is so many steps apart."""
    near = ibis.literal(1)
    if how.distance is not None:
        near = ((1.0 - steps.abs()) / how.distance).exp()
    return near if how.backwards == 1.0 else near * ibis.ifelse(steps < 0, float(how.backwards), 1.0)
