"""From numbers to Arrow tables in our columns."""

from typing import Any

import numpy as np
import pyarrow as pa

from endcap.core.arrays import Array
from endcap.core.records import KINDS
from endcap.data.synthetic.dirt import FAULTS, misspelt
from endcap.data.synthetic.journeys import SESSIONS, Rows, Sessions
from endcap.data.synthetic.settings import BANDS, DEVICES, LINKS, SHOWN, STYLES, Shop
from endcap.data.synthetic.visitors import Visitors
from endcap.data.synthetic.words import COLOURS, HINTS, NEUTRAL, brand_name
from endcap.data.synthetic.world import NEEDS, Floats, Numbers, World

CURRENCY = "EUR"
SIZES = ("", "Small", "Large")
HINTED = 0.6
"""Chance that a title hints at the style."""
LOCAL = 10_000_000
"""Sessions and visitors of one block are numbered below this; what comes above is the number of the block."""
WIDTH = 13


def numbered(prefix: str, numbers: Array, width: int = WIDTH) -> pa.StringArray:
    """Prefix and number, all of one width, as text; many millions a second."""
    n, size = len(numbers), width + len(prefix)
    text = np.empty((n, size), np.uint8)
    text[:, : len(prefix)] = np.frombuffer(prefix.encode(), np.uint8)
    rest = np.asarray(numbers, np.int64)
    for place in range(size - 1, len(prefix) - 1, -1):
        rest, digit = np.divmod(rest, 10)
        text[:, place] = digit + 48
    offsets = pa.py_buffer(np.arange(n + 1, dtype=np.int32) * np.int32(size))
    return pa.StringArray.from_buffers(n, offsets, pa.py_buffer(text))


def events_table(
    world: World, ids: pa.Array, block: int, happened: Rows, price: Floats, people: tuple[Numbers, Numbers]
) -> pa.Table:
    """Events in our columns.

    `people`: of each event the number of the visitor within the block, or -1 for a guest; and the device, or -1.
    """
    user, device = people
    known = np.arange(int(happened.session.max(initial=-1)) + 1) + block * LOCAL
    named = np.arange(int(user.max(initial=-1)) + 1) + block * LOCAL
    position = happened.position.astype(np.int32)
    slates = np.unique(happened.slate[happened.slate >= 0])
    return pa.table(
        {
            "time": np.round(happened.time, 3),
            "session_id": _coded(happened.session, numbered("s", known)),
            "kind": _coded(happened.kind, pa.array(KINDS)),
            "item_id": _coded(happened.item, ids),
            "user_id": _coded(user, numbered("u", named)),
            "quantity": happened.quantity,
            "price": pa.array(price, from_pandas=True),
            "order_id": _coded(happened.order, numbered("o", known)),
            "slate_id": _coded(_places(happened.slate, slates), numbered("l", slates + block * LOCAL)),
            "position": pa.array(position, mask=position == 0),
            "query": _coded(happened.query, pa.array([name.lower() for name in world.categories.names])),
            "currency": _coded(np.zeros(len(happened), np.int64), pa.array([CURRENCY])),
            "device": _coded(device, pa.array(list(DEVICES))),
        }
    )


def sessions_table(block: int, sessions: Sessions, visitors: Visitors, treated: Array, login: Floats) -> pa.Table:
    """Who was behind each session, and what it was for."""
    known = np.arange(len(sessions.visitor)) + block * LOCAL
    people = np.arange(len(visitors)) + block * LOCAL
    account = np.where(np.isfinite(login), np.arange(len(visitors)), -1)[sessions.visitor]
    return pa.table(
        {
            "session_id": numbered("s", known),
            "visitor_id": _coded(sessions.visitor, numbered("v", people)),
            "account": _coded(account, numbered("u", people)),
            "kind": _coded(sessions.kind, pa.array(SESSIONS)),
            "start": np.round(sessions.start, 3),
            "need": pa.array(sessions.need.astype(np.int32), mask=sessions.need < 0),
            "treated": treated[sessions.visitor],
        }
    )


def dirt_table(marks: Array) -> pa.Table:
    """The faulty rows of one file of events, counted from 0."""
    at = np.flatnonzero(marks >= 0)
    return pa.table({"row": at, "fault": _coded(marks[at], pa.array(FAULTS))})


def catalog_table(world: World, ids: pa.Array) -> pa.Table:
    """What the shop shows of its items, in the order of their numbers."""
    items, names, departments = world.items, world.categories.names, world.categories.departments
    rng = np.random.default_rng(np.random.SeedSequence(world.shop.seed, spawn_key=(2,)))
    dirt = world.shop.dirt
    category = (items.need // NEEDS).tolist()
    brands = [brand_name(brand) for brand in items.brand.tolist()]
    styles = _hints(items.family, items.need % len(STYLES), rng)
    colours = [COLOURS[(family + variant) % len(COLOURS)] for family, variant in _pairs(items.family, items.variant)]
    titles = [
        " ".join((brands[item], styles[item], names[category[item]], str(family % 900 + 100), colours[item]))
        for item, family in enumerate(items.family.tolist())
    ]
    table = pa.table({
        "item_id": ids,
        "title": titles,
        "category": misspelt([f"{departments[at]} / {names[at]}" for at in category], dirt, rng),
        "family": numbered("f", items.family, 7),
        "department": [departments[at] for at in category],
        "brand": misspelt(brands, dirt, rng),
        "colour": colours,
        "price": pa.array(np.where(rng.random(len(ids)) < 2 * dirt, np.nan, items.price), from_pandas=True),
        "listed": np.maximum(items.arrival, world.shop.start),
    })  # fmt: skip
    return table.take(np.argsort(items.number))


def truth_tables(world: World, ids: pa.Array) -> dict[str, pa.Table]:
    """All that is planted and depends on no visitor, by name."""
    items, categories, shop = world.items, world.categories, world.shop
    needs = np.arange(len(world.starts) - 1)
    from_need, place = np.nonzero(world.links >= 0)
    out = np.argwhere(np.isfinite(world.items.out_from))
    return {
        "items": pa.table({
            "item_id": ids, "need": items.need.astype(np.int32), "family": numbered("f", items.family, 7),
            "share": world.shares, "attractiveness": items.attractiveness, "arrival": items.arrival,
        }),
        "needs": pa.table({
            "need": needs.astype(np.int32),
            "category": [f"{categories.departments[n // NEEDS]} / {categories.names[n // NEEDS]}" for n in needs],
            "band": [BANDS[n % NEEDS // len(STYLES)] for n in needs],
            "style": [STYLES[n % len(STYLES)] for n in needs],
            "repeated_after_days": pa.array(categories.interval[needs // NEEDS], from_pandas=True),
        }),
        "links": pa.table({
            "need": from_need.astype(np.int32), "other_need": world.links[from_need, place].astype(np.int32),
            "probability": links_of(place),
        }),
        "stock_outs": pa.table({
            "item_id": ids.take(pa.array(out[:, 0])), "start": items.out_from[tuple(out.T)],
            "end": items.out_until[tuple(out.T)],
        }),
        "positions": pa.table({
            "position": np.arange(1, SHOWN + 1), "examined": examined(shop, np.arange(SHOWN)),
        }),
    }  # fmt: skip


def links_of(place: Array) -> Floats:
    """Chance of the first, second, … complement of a need."""
    return np.asarray(LINKS)[place]


def examined(shop: Shop, place: Array) -> Floats:
    """Chance that a place (from 0) of a listing is looked at."""
    return np.asarray(shop.examined ** place.astype(float))


def _hints(family: Numbers, style: Numbers, rng: np.random.Generator) -> list[str]:
    """A word of the style for most families, one of no style for the others; one word per family."""
    n = int(family.max()) + 1
    hints, word = rng.random(n) < HINTED, rng.integers(4, size=n)
    return [
        HINTS[own][word[which]] if hints[which] else NEUTRAL[word[which]]
        for which, own in zip(family.tolist(), style.tolist(), strict=True)
    ]


def _pairs(first: Array, second: Array) -> Any:
    return zip(first.tolist(), second.tolist(), strict=True)


def _places(values: Array, known: Array) -> Array:
    return np.where(values >= 0, np.searchsorted(known, values), -1)


def _coded(codes: Array, names: pa.Array) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32), mask=codes < 0), names)
