"""Alternating least squares: seconds per epoch of endcap's `ials` beside implicit's, both solvers, two sizes.

Five million different pairs of 100,000 visitors and 30,000 items, a long tail of both, visitors of twenty tastes. Both
minimise the same loss (implicit's confidence c is our 1 / unobserved + 1, its regularisation ours times c - 1) on one
thread each, BLAS included; an epoch's time is what six epochs take more than one, over five. One item of each of 5,000
visitors is held back: the hit rate at 20 must not be worse by two standard errors. Peers are installed on their own:
``--peers PYTHON`` names the interpreter that has implicit. Without it, ours is held against plain NumPy, exact, on a
part of the visitors.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # implicit is slower with more, beside its own threads

import sys
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from measuring import Elsewhere, alternated, asked, conclude, options

GOAL = 3
UNOBSERVED, L2 = 0.02, 0.5
EPOCHS = 6
SOLVERS = ("cg", "cholesky")


def world(users: int, items: int, events: int) -> dict[str, Any]:
    """Different pairs, sorted, and one more of some users that nobody learns from."""
    rng = np.random.default_rng(0)
    taste = rng.integers(20, size=users)
    user = (users * rng.random(events) ** 1.5).astype(np.int64)
    item = (items // 20 * rng.random(events) ** 2.5).astype(np.int64) * 20
    # Three in four follow the visitor's taste, the rest any.
    item += np.where(rng.random(events) < 0.75, taste[user], rng.integers(20, size=events))
    keys = np.unique(user * items + item)
    held = rng.permutation(len(keys))[: 5 * min(users // 20, 5_000)]
    held = held[np.unique(keys[held] // items, return_index=True)[1]][: min(users // 20, 5_000)]
    return {"keys": np.delete(keys, held), "held": keys[held], "shape": np.array([users, items])}


def hits(scores: Any, data: dict[str, Any]) -> float:
    """Share of held items among the best 20 that their visitor does not have."""
    (_, items), found = data["shape"], 0
    owners, wanted = data["held"] // items, data["held"] % items
    for start in range(0, len(owners), 500):
        block, whose = scores(owners[start : start + 500]), owners[start : start + 500]
        first, last = np.searchsorted(data["keys"], whose * items), np.searchsorted(data["keys"], (whose + 1) * items)
        for row in range(len(whose)):
            block[row, data["keys"][first[row] : last[row]] % items] = -np.inf
        own = np.take_along_axis(block, wanted[start : start + 500, None], 1)
        found += int(((block > own).sum(axis=1) < 20).sum())
    return found / len(owners)


def ours(data: dict[str, Any], size: int, solver: str) -> Callable[[], tuple[float, dict[str, float]]]:
    from endcap import Catalog, Dataset, Vocabulary  # noqa: PLC0415 — a peer's interpreter lacks endcap
    from endcap.core.arrays import Ragged, offsets_of  # noqa: PLC0415
    from endcap.core.dataset import Events  # noqa: PLC0415
    from endcap.models.ials import IALS  # noqa: PLC0415

    users, items = data["shape"].tolist()
    user, item = (data["keys"] // items).astype(np.int32), (data["keys"] % items).astype(np.int32)
    n, nothing = len(user), np.full(len(user), -1, np.int32)
    events = Events(
        session=user, user=user, item=item, kind=np.full(n, _purchase(), np.int8), time=np.zeros(n),
        quantity=np.ones(n, np.float32), price=np.full(n, np.nan), order=nothing,
    )  # fmt: skip
    catalog, people = (Vocabulary.of(map(str, range(count))) for count in (items, users))
    dataset = Dataset(events, Catalog(catalog, {}), people, 1.0, "benchmark")
    rows = Ragged(offsets_of(np.bincount(user, minlength=users)), item)

    def fitted(epochs: int) -> tuple[float, Any]:
        recipe = IALS(
            size=size, epochs=epochs, unobserved=UNOBSERVED, l2=L2 * UNOBSERVED, power=0.0, solver=solver, threads=1,  # type: ignore[arg-type]
        )  # fmt: skip
        start = perf_counter()
        model = recipe.fit(dataset, np.random.default_rng(0))
        return perf_counter() - start, model

    def measured() -> tuple[float, dict[str, float]]:
        short, (long, model) = fitted(1)[0], fitted(EPOCHS)
        folded = model.folded(rows)
        return (long - short) / (EPOCHS - 1), {"HitRate": hits(lambda who: folded[who] @ model.vectors.T, data)}

    return measured


def _purchase() -> int:
    from endcap.core.records import KINDS  # noqa: PLC0415

    return KINDS.index("purchase")


def implicit(data: dict[str, Any], size: int, solver: str) -> Callable[[], tuple[float, dict[str, float]]]:
    from implicit.als import AlternatingLeastSquares  # noqa: PLC0415
    from scipy import sparse  # noqa: PLC0415

    users, items = data["shape"].tolist()
    keys, confidence = data["keys"], 1 / UNOBSERVED + 1
    pairs = sparse.csr_matrix(
        (np.full(len(keys), confidence, np.float32), (keys // items, keys % items)), (users, items)
    )

    def fitted(epochs: int) -> tuple[float, Any]:
        model = AlternatingLeastSquares(
            factors=size, regularization=L2, iterations=epochs, use_cg=solver == "cg", num_threads=1, random_state=0,
        )  # fmt: skip
        start = perf_counter()
        model.fit(pairs, show_progress=False)
        return perf_counter() - start, model

    def measured() -> tuple[float, dict[str, float]]:
        short, (long, model) = fitted(1)[0], fitted(EPOCHS)
        folded = model.recalculate_user(np.arange(users), pairs)
        return (long - short) / (EPOCHS - 1), {"HitRate": hits(lambda who: folded[who] @ model.item_factors.T, data)}

    return measured


def plain(data: dict[str, Any], size: int) -> float:
    """Seconds that an epoch of exact solves takes one by one in NumPy, from a tenth of the visitors and no items."""
    users, items = data["shape"].tolist()
    factors = np.random.default_rng(0).normal(size=(items, size)).astype(np.float32)
    offsets = np.searchsorted(data["keys"], np.arange(users // 10 + 1) * items)
    start = perf_counter()
    shared = UNOBSERVED * factors.T @ factors + L2 * np.eye(size, dtype=np.float32)
    for first, last in pairwise(offsets.tolist()):
        block = factors[data["keys"][first:last] % items]
        np.linalg.solve(shared + block.T @ block, block.sum(axis=0))
    return (perf_counter() - start) * 10


def main() -> None:
    chosen = options(__doc__ or "")
    sizes, rounds = ((16,), 1) if chosen.quick else ((64, 128), 3)
    data = world(20_000, 5_000, 400_000) if chosen.quick else world(100_000, 30_000, 6_500_000)
    print(f"  {len(data['keys']):,} pairs")
    ours(world(200, 100, 2_000), 16, "cg")(), ours(world(200, 100, 2_000), 16, "cholesky")()  # compiled
    found: dict[str, tuple[float, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "world.npz"
        np.savez(file, **data)
        for size in sizes:
            for solver in SOLVERS:
                quality: dict[str, float] = {}
                name, own = f"{solver} {size}", ours(data, size, solver)
                peer = Elsewhere(chosen.peers, __file__, str(file), str(size), solver) if chosen.peers else None

                def timed(job: Callable[[], tuple[float, dict[str, float]]], who: str, seen: Any = quality) -> float:
                    seconds, values = job()
                    seen[who] = values["HitRate"]
                    return seconds

                if peer is None:
                    found[name] = alternated(lambda: timed(own, "ours"), lambda: plain(data, size), rounds)  # noqa: B023
                else:
                    found[name] = alternated(lambda: timed(own, "ours"), lambda: timed(peer, "peer"), rounds)  # noqa: B023
                    peer.close()
                we, they = found[name]
                rates = ", ".join(f"{who} {rate:.4f}" for who, rate in quality.items())
                print(f"  {name:13} {they:6.2f} s an epoch, ours {we:6.2f}: {they / we:5.2f} times; hit rate {rates}")
                off = 2 * (quality["ours"] * (1 - quality["ours"]) / len(data["held"])) ** 0.5
                if quality.get("peer", 0.0) > quality["ours"] + off:
                    raise SystemExit(f"{name}: the lists of the peer are better; the times mean nothing")
    slowest = min(found, key=lambda name: found[name][1] / found[name][0])
    we, they = found[slowest]
    conclude(
        "als", round(we, 4), round(they, 4), round(they / we, 2), "s per epoch", worst=slowest, goal=GOAL,
        peer_name="implicit" if chosen.peers else "plain NumPy",
        ratios={name: round(pair[1] / pair[0], 2) for name, pair in found.items()},
    )  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1:2] == ["--as-peer"]:
        path, dimensions, how = sys.argv[2:]
        asked(implicit(dict(np.load(path)), int(dimensions), how))
    else:
        main()
