"""Neighbours by co-occurrence: the 100 best of every item by cosine, from four million session items.

820,000 visits of five different items on average (a long tail of lengths), 50,000 items with a long tail, three in
four from the visit's own shelf of 250. Ours learns from a `Dataset`; beside it, in an interpreter of their own
(``--peers PYTHON``), implicit's `CosineRecommender` from a matrix that is made already, and what people write
themselves: self-joins in DuckDB and Polars, on as many threads. All find the same scores, which is checked. Without
peers, ours is held against DuckDB alone.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from measuring import Elsewhere, alternated, asked, conclude, options

GOAL = 2
K = 100
SHELF = 250
PROBED = 2_000
"""Items of which the sums of scores are compared."""
Measured = Callable[[], tuple[float, dict[str, float]]]


def world(visits: int, items: int) -> dict[str, Any]:
    """Session and item of every view, by session; each item once in a session."""
    rng = np.random.default_rng(0)
    lengths = np.minimum(1 + rng.geometric(0.25, visits), 60)
    session = np.repeat(np.arange(visits), lengths)
    shelves = items // SHELF
    shelf = (shelves * rng.random(visits) ** 1.5).astype(np.int64)[session]
    shelf = np.where(
        rng.random(len(session)) < 0.75, shelf, (shelves * rng.random(len(session)) ** 1.5).astype(np.int64)
    )
    item = shelf * SHELF + (SHELF * rng.random(len(session)) ** 2).astype(np.int64)
    keys = np.unique(session * items + rng.permutation(items)[item])  # no shelf can be read off a code
    return {"session": (keys // items).astype(np.int32), "item": (keys % items).astype(np.int32), "n": np.array(items)}


def told(scores: Any) -> dict[str, float]:
    return {str(item): float(score) for item, score in enumerate(scores)}


def ours(data: dict[str, Any]) -> Measured:
    from endcap import Catalog, Dataset, Vocabulary  # noqa: PLC0415 — a peer's interpreter lacks endcap
    from endcap.core.dataset import Events  # noqa: PLC0415
    from endcap.core.records import KINDS  # noqa: PLC0415
    from endcap.models.co_occurrence import CoOccurrence  # noqa: PLC0415

    n, nothing = len(data["item"]), np.full(len(data["item"]), -1, np.int32)
    events = Events(
        session=data["session"], user=nothing, item=data["item"], kind=np.full(n, KINDS.index("view"), np.int8),
        time=np.zeros(n), quantity=np.ones(n, np.float32), price=np.full(n, np.nan), order=nothing,
    )  # fmt: skip
    dataset = Dataset(events, Catalog(Vocabulary.of(map(str, range(int(data["n"])))), {}), Vocabulary.of([]), 1.0, "b")
    recipe = CoOccurrence(source="sessions", similarity="cosine", shrink=0.0, neighbours=K)

    def measured() -> tuple[float, dict[str, float]]:
        start = perf_counter()
        model = recipe.fit(dataset, np.random.default_rng(0))
        seconds = perf_counter() - start
        return seconds, told(np.bincount(model.neighbours.rows, model.scores, int(data["n"]))[:PROBED])

    return measured


def implicit(data: dict[str, Any]) -> Measured:
    from implicit.nearest_neighbours import CosineRecommender  # noqa: PLC0415
    from scipy import sparse  # noqa: PLC0415

    shape = int(data["session"].max()) + 1, int(data["n"])
    pairs = sparse.csr_matrix((np.ones(len(data["item"])), (data["session"], data["item"])), shape)

    def measured() -> tuple[float, dict[str, float]]:
        model = CosineRecommender(K=K + 1, num_threads=os.cpu_count() or 1)  # an item is its own first neighbour
        start = perf_counter()
        model.fit(pairs, show_progress=False)
        seconds = perf_counter() - start
        found = model.similarity[:PROBED].tocsr()
        found.setdiag(0.0)
        return seconds, told(np.asarray(found.sum(axis=1)).ravel())

    return measured


JOIN = """
    with alone as (select item, count(*) as n from views group by item),
    pairs as (select a.item as item, b.item as other, count(*) as times from views a join views b using (session)
              where a.item <> b.item group by all),
    scored as (select pairs.item, other, times / sqrt(one.n * two.n) as score
               from pairs join alone one on one.item = pairs.item join alone two on two.item = other)
    select item, other, score from scored
    qualify row_number() over (partition by item order by score desc, other) <= 100
"""


def duckdb(data: dict[str, Any]) -> Measured:
    import duckdb as engine  # noqa: PLC0415
    import pyarrow as pa  # noqa: PLC0415

    db = engine.connect()
    views = pa.table({name: data[name] for name in ("session", "item")})  # noqa: F841 — DuckDB finds it by name
    db.execute("create table views as select * from views")

    def measured() -> tuple[float, dict[str, float]]:
        start = perf_counter()
        found = db.execute(JOIN).fetchnumpy()
        seconds = perf_counter() - start
        return seconds, told(np.bincount(found["item"], found["score"], int(data["n"]))[:PROBED])

    return measured


def polars(data: dict[str, Any]) -> Measured:
    import polars as pl  # noqa: PLC0415

    views = pl.DataFrame({name: data[name] for name in ("session", "item")})

    def measured() -> tuple[float, dict[str, float]]:
        start = perf_counter()
        alone = views.lazy().group_by("item").len("n")
        score = pl.col("times") / (pl.col("n").cast(pl.Float64) * pl.col("n_right")).sqrt()
        found = (
            views.lazy().join(views.lazy(), on="session").filter(pl.col("item") != pl.col("item_right"))
            .group_by("item", "item_right").len("times")
            .join(alone, on="item").join(alone, left_on="item_right", right_on="item")
            .select("item", "item_right", score=score)
            .sort(["score", "item_right"], descending=[True, False]).group_by("item", maintain_order=True).head(K)
            .collect()
        )  # fmt: skip
        seconds = perf_counter() - start
        return seconds, told(np.bincount(found["item"], found["score"], int(data["n"]))[:PROBED])

    return measured


PEERS: dict[str, Callable[[dict[str, Any]], Measured]] = {"implicit": implicit, "duckdb": duckdb, "polars": polars}


def agreed(name: str, own: dict[str, float], peer: dict[str, float]) -> None:
    """Ends the run if the peer's lists are not worth the same."""
    theirs = np.array([peer.get(item, 0.0) for item in own])
    if not np.allclose(np.array(list(own.values())), theirs, rtol=1e-3, atol=1e-5):
        raise SystemExit(f"{name} finds other neighbours; the times mean nothing")


def main() -> None:
    chosen = options(__doc__ or "")
    data = world(5_000, 2_000) if chosen.quick else world(820_000, 50_000)
    print(f"  {len(data['item']):,} items in {int(data['session'].max()) + 1:,} sessions")
    ours(world(100, 500))()  # compiled
    names = list(PEERS) if chosen.peers else ["duckdb"]
    found: dict[str, tuple[float, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "world.npz"
        np.savez(file, **data)
        for name in names:
            peer = Elsewhere(sys.executable if name == "duckdb" else chosen.peers, __file__, str(file), name)
            seen: dict[str, dict[str, float]] = {}
            own = ours(data)

            def timed(job: Callable[[], tuple[float, dict[str, float]]], who: str, seen: Any = seen) -> float:
                seconds, seen[who] = job()
                return seconds

            rounds = 1 if chosen.quick else 5 if name == "implicit" else 2
            found[name] = alternated(lambda: timed(own, "ours"), lambda: timed(peer, "peer"), rounds)  # noqa: B023
            peer.close()
            agreed(name, seen["ours"], seen["peer"])
            we, they = found[name]
            print(f"  {name:9} {they:7.2f} s, ours {we:6.2f} s: {they / we:5.2f} times")
    we, they = found[names[0]]
    conclude(
        "cooccurrence", round(we, 4), round(they, 4), round(they / we, 2), "s for 100 neighbours each", goal=GOAL,
        peer_name=names[0], ratios={name: round(pair[1] / pair[0], 2) for name, pair in found.items()},
    )  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1:2] == ["--as-peer"]:
        path, which = sys.argv[2:]
        asked(PEERS[which](dict(np.load(path))))
    else:
        main()
