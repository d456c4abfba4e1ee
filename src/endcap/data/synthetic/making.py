"""Writes a synthetic shop: one file per block of visitors, each from a random stream of its own.

Blocks can be made in any order and side by side; what is finished is kept, so that an interrupted run goes on where it
was. The folder: ``events/part-*.parquet``, ``catalog.parquet``, ``truth/…`` and, written last, ``shop.json``.
"""

import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from endcap.core.arrays import Array
from endcap.core.saving import write_atomically
from endcap.data.synthetic.dirt import soiled
from endcap.data.synthetic.journeys import GIVEN_BACK, Rows, Sessions, journeys
from endcap.data.synthetic.settings import Shop
from endcap.data.synthetic.tables import (
    catalog_table,
    dirt_table,
    events_table,
    numbered,
    sessions_table,
    truth_tables,
)
from endcap.data.synthetic.visitors import Visitors, Visits, devices_of, goals_of, visitors_of, visits_of
from endcap.data.synthetic.world import Floats, World, world_of

PILOT = 8_192
"""Visitors made to find out how many events one makes."""
LOGIN_AFTER = 45.0
"""Seconds into a visit at which a guest logs in: what came before has no user."""
FINISHED = "shop.json"
Progress = Callable[[int, int], None]
"""Told how many of how many files are there."""


@dataclass(frozen=True)
class Made:
    """Where a shop lies, and how large it came out."""

    folder: Path
    events: int
    items: int
    visitors: int
    files: int


def generate(shop: Shop, folder: Path, workers: int = 1, progress: Progress | None = None) -> Made:
    """The files of a shop in a folder; those that are there already, of the same settings, are kept.

    Memory is bounded by `shop.block` visitors per worker and the catalog, however many events are wanted.
    """
    ready = made(shop, folder)
    if ready:
        return ready
    world = world_of(shop)
    visitors = visitors_in(world)
    blocks = -(-visitors // shop.block)
    _begin(shop, folder)
    ids = numbered("i", world.items.number, 7)
    write(catalog_table(world, ids), folder / "catalog.parquet")
    for name, table in truth_tables(world, ids).items():
        write(table, folder / "truth" / f"{name}.parquet")

    def block(number: int) -> int:
        return _block(world, ids, number, min(shop.block, visitors - number * shop.block), folder)

    events = 0
    with ThreadPoolExecutor(workers) as pool:
        for done, rows in enumerate(pool.map(block, range(blocks)), 1):
            events += rows
            if progress:
                progress(done, blocks)
    result = Made(folder, events, shop.n_items, visitors, blocks)
    facts = {"events": events, "items": shop.n_items, "visitors": visitors, "files": blocks}
    known = {"fingerprint": fingerprint_of(shop), "settings": settings_of(shop), **facts}
    write_atomically(folder / FINISHED, json.dumps(known, indent=1))
    return result


def made(shop: Shop, folder: Path) -> Made | None:
    """The shop of these settings in a folder, if it is finished."""
    try:
        known = json.loads((folder / FINISHED).read_text())
    except (OSError, ValueError):
        return None
    if known["fingerprint"] != fingerprint_of(shop):
        return None
    return Made(folder, *(known[name] for name in ("events", "items", "visitors", "files")))


def settings_of(shop: Shop) -> dict[str, object]:
    """The settings of the generator alone, whatever part they stand in."""
    return shop.model_dump(include=set(Shop.model_fields))


def fingerprint_of(shop: Shop) -> str:
    """Names what is made: a hash of the settings and of the code that makes it."""
    return hashlib.sha256(f"{_code()}{json.dumps(settings_of(shop))}".encode()).hexdigest()[:16]


def visitors_in(world: World) -> int:
    """How many visitors it takes for about as many events as are wanted."""
    rng = np.random.default_rng(np.random.SeedSequence(world.shop.seed, spawn_key=(3,)))
    each = len(_lived(world, PILOT, rng)[0]) / PILOT
    return max(1, round(world.shop.events / each))


def write(table: pa.Table, path: Path) -> None:
    """The table as one Parquet file that is complete or not there; text columns are plain text to every reader."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    pq.write_table(
        table, beside, compression="zstd", compression_level=1, store_schema=False, write_page_checksum=True,
        row_group_size=262_144,
    )  # fmt: skip
    beside.replace(path)


def _begin(shop: Shop, folder: Path) -> None:
    """Makes sure that files which are there are of these settings; those of others are taken away."""
    folder.mkdir(parents=True, exist_ok=True)
    begun, fingerprint = folder / "begun.txt", fingerprint_of(shop)
    if begun.exists() and begun.read_text() == fingerprint:
        return
    for stale in [*folder.glob("events/part-*.parquet"), *folder.glob("truth/*/part-*.parquet"), folder / FINISHED]:
        stale.unlink(missing_ok=True)
    write_atomically(begun, fingerprint)


def _block(world: World, ids: pa.Array, number: int, visitors: int, folder: Path) -> int:
    """Writes the files of one block, the events last; gives the number of events. Finished ones are only counted."""
    name = f"part-{number:06d}.parquet"
    path = folder / "events" / name
    if path.exists():
        return int(pq.read_metadata(path).num_rows)
    rng = np.random.default_rng(np.random.SeedSequence(world.shop.seed, spawn_key=(1, number)))
    happened, sessions, people, visits = _lived(world, visitors, rng)
    price = _prices(world, happened)
    happened, price, marks = soiled(happened, price, world.shop.dirt, rng)
    login = _login(people, visits)
    user = _users(happened, sessions, login)
    write(sessions_table(number, sessions, people, people.treated, login), folder / "truth" / "sessions" / name)
    if world.shop.dirt:
        write(dirt_table(marks), folder / "truth" / "dirt" / name)
    apart = np.random.SeedSequence(world.shop.seed, spawn_key=(4, number))  # so that devices change nothing else
    device = _devices(happened, sessions, np.random.default_rng(apart))
    write(events_table(world, ids, number, happened, price, (user, device)), path)
    return len(happened)


def _lived(world: World, n: int, rng: np.random.Generator) -> tuple[Rows, Sessions, Visitors, Visits]:
    """What so many visitors do."""
    people = visitors_of(world, n, rng)
    visits = visits_of(world, people, rng)
    goals = goals_of(world, people, visits, rng)
    happened, sessions = journeys(world, people, visits, goals, rng)
    return happened, sessions, people, visits


def _prices(world: World, happened: Rows) -> Floats:
    """Of every event that names an item."""
    price = np.asarray(world.items.price[happened.item])
    return np.where(happened.item >= 0, price, np.nan)


def _login(people: Visitors, visits: Visits) -> Floats:
    """When each visitor logs in: never (infinite), from the very first, or in the middle of a visit."""
    at = np.full(len(people), np.inf)
    now = np.flatnonzero(visits.place == people.login[visits.visitor])
    at[visits.visitor[now]] = visits.start[now] + LOGIN_AFTER
    return np.where(people.login == 0, -np.inf, at)


def _users(happened: Rows, sessions: Sessions, login: Floats) -> Array:
    """The visitor behind each event that happened when logged in; -1 for the others."""
    who = sessions.visitor[happened.session]
    return np.where(happened.time >= login[who], who, -1)


def _devices(happened: Rows, sessions: Sessions, rng: np.random.Generator) -> Array:
    """What each event was done with; -1 for what came back by post."""
    device = np.where(sessions.kind == GIVEN_BACK, -1, devices_of(sessions.visitor, rng))
    return device[happened.session]


@cache
def _code() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
