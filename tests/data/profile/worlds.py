"""A shop in which everything that a profile tells happens."""

import numpy as np

from endcap.core.dataset import DAY, Dataset
from endcap.core.records import Event, Kind
from endcap.testing import START, Facts, shop

CATEGORIES = ("mugs", "plates", "lamps", "</script><b>bold</b>")


def busy(seed: int = 0, *, shifted: bool = False, sessions: int = 600) -> Dataset:
    """Half a year of impressions, views, carts, purchases and returns, by guests and users; items come in pairs.

    A shifted world sells much of another category.
    """
    rng = np.random.default_rng(seed)
    events: list[Event] = []
    for session in range(sessions):
        time = START + 180 * DAY * session / sessions + float(rng.integers(0, 20_000))
        user = None if rng.random() < 0.3 else f"u{int(40 * rng.random() ** 2)}"
        last = 12 + 28 * session // sessions
        pair = 2 * int(last / 2 * rng.random() ** 2)
        pair = last - 1 - pair if shifted else pair
        for item in (pair, pair + 1):
            events += _seen(rng, f"s{session}", user, f"i{item}", time)
    items: dict[str, Facts] = {
        f"i{n}": {"title": f"{CATEGORIES[n // 2 % 4]} number {n}", "category": CATEGORIES[n // 2 % 4]}
        for n in range(40)
    }
    items["never"] = {"title": "never seen"}
    world = shop(events, items)
    return Dataset(world.events, world.catalog, world.users, world.now, f"busy-{seed}")


def _seen(rng: np.random.Generator, session: str, user: str | None, item: str, time: float) -> list[Event]:
    """An item on its way to a purchase, which it may leave after each step."""
    way: tuple[Kind, ...] = ("impression", "view", "cart", "purchase", "return")
    steps = int(np.argmax([*(rng.random(4) > 0.75), True])) + 1
    return [
        Event(
            kind=kind, session_id=session, user_id=user, item_id=item, time=time + 90 * step,
            price=2.0 + int(item[1:]), order_id=f"o{session}" if kind == "purchase" else None,
        )
        for step, kind in enumerate(way[:steps])
    ]  # fmt: skip
