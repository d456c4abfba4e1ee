"""Alternating least squares: seconds per epoch of endcap's `ials` beside implicit's, both solvers, two sizes.

Six million different pairs of 100,000 visitors and 30,000 items, a long tail of both, visitors of twenty tastes. Both
minimise the same loss (implicit's confidence c is our 1 / unobserved + 1, its regularisation ours times c - 1) on one
thread each, BLAS included; of four epochs the first is left out. One item of each of 5,000 visitors is held back: the
hit rate at 20 must not be worse by two standard errors, nor the loss (ours, of both) by one in a hundred. Peers are
installed on their own: ``--peers PYTHON`` names the interpreter that has implicit. Without it, ours is held against
plain NumPy, exact, on a part of the visitors. ``ENDCAP_BENCH_ONLY="cg 64;cholesky 64"`` runs only what is named.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # implicit is slower with more, beside its own threads

import statistics
import sys
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from measuring import Elsewhere, alternated, asked, conclude, options

GOAL = 3
UNOBSERVED, L2 = 0.02, 0.5
EPOCHS = 4
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


def found(data: dict[str, Any], visitors: Any, items: Any) -> dict[str, float]:
    """Share of held items among the best 20 that their visitor does not have; and the loss, as `ials` counts it."""
    n, hits = int(data["shape"][1]), 0
    owners, wanted = data["held"] // n, data["held"] % n
    for start in range(0, len(owners), 500):
        whose = owners[start : start + 500]
        block = visitors[whose] @ items.T
        first, last = np.searchsorted(data["keys"], whose * n), np.searchsorted(data["keys"], (whose + 1) * n)
        for row in range(len(whose)):
            block[row, data["keys"][first[row] : last[row]] % n] = -np.inf
        own = np.take_along_axis(block, wanted[start : start + 500, None], 1)
        hits += int(((block > own).sum(axis=1) < 20).sum())
    missed = 0.0
    for start in range(0, len(data["keys"]), 100_000):
        who, what = np.divmod(data["keys"][start : start + 100_000], n)
        missed += float(((1 - np.einsum("nd,nd->n", visitors[who], items[what])) ** 2).sum())
    pairs = float(((visitors.T @ visitors) * (items.T @ items)).sum())
    lengths = float(np.square(visitors).sum()) + float(np.square(items).sum())
    return {"HitRate": hits / len(owners), "Loss": missed + UNOBSERVED * (pairs + L2 * lengths)}


def ours(data: dict[str, Any], size: int, solver: str) -> Callable[[], tuple[float, dict[str, float]]]:
    from endcap.core.arrays import Ragged, offsets_of  # noqa: PLC0415 — a peer's interpreter lacks endcap
    from endcap.models.alternating import learning, shares  # noqa: PLC0415
    from endcap.models.ials import IALS  # noqa: PLC0415
    from endcap.models.rows import transposed  # noqa: PLC0415
    from endcap.models.shards import alone  # noqa: PLC0415

    users, n = data["shape"].tolist()
    rows = Ragged(offsets_of(np.bincount(data["keys"] // n, minlength=users)), (data["keys"] % n).astype(np.int32))
    have = transposed(rows, n)
    plan = IALS(
        size=size, epochs=EPOCHS, unobserved=UNOBSERVED, l2=L2 * UNOBSERVED, power=0.0, solver=solver, threads=1,  # type: ignore[arg-type]
    ).plan()  # fmt: skip

    def measured() -> tuple[float, dict[str, float]]:
        items = np.random.default_rng(0).normal(0.0, 0.1 / np.sqrt(size), (n, size)).astype(np.float32)
        (share,) = shares(rows, have, items, plan, 1)
        seconds, start = [], process_time()
        for _ in learning(alone(share), plan):
            seconds.append(process_time() - start)
            start = process_time()
        return statistics.median(seconds[1:]), found(data, *share.factors)

    return measured


def implicit(data: dict[str, Any], size: int, solver: str) -> Callable[[], tuple[float, dict[str, float]]]:
    from implicit.als import AlternatingLeastSquares  # noqa: PLC0415
    from scipy import sparse  # noqa: PLC0415

    users, n = data["shape"].tolist()
    keys, confidence = data["keys"], 1 / UNOBSERVED + 1
    pairs = sparse.csr_matrix((np.full(len(keys), confidence, np.float32), (keys // n, keys % n)), (users, n))

    def measured() -> tuple[float, dict[str, float]]:
        model = AlternatingLeastSquares(
            factors=size, regularization=L2, iterations=EPOCHS, use_cg=solver == "cg", num_threads=1, random_state=0,
        )  # fmt: skip
        ends: list[float] = []
        model.fit(pairs, show_progress=False, callback=lambda *_: ends.append(process_time()))
        return statistics.median(np.diff(ends)), found(data, model.user_factors, model.item_factors)

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
    only = os.environ.get("ENDCAP_BENCH_ONLY", "").split(";")
    data = world(20_000, 5_000, 400_000) if chosen.quick else world(100_000, 30_000, 6_500_000)
    print(f"  {len(data['keys']):,} pairs")
    cases = [(size, solver) for size in sizes for solver in SOLVERS if only == [""] or f"{solver} {size}" in only]
    for size, solver in cases:
        ours(world(200, 100, 2_000), size, solver)()  # compiled
    seconds: dict[str, tuple[float, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "world.npz"
        np.savez(file, **data)
        for size, solver in cases:
            reached: dict[str, dict[str, float]] = {}
            name, own = f"{solver} {size}", ours(data, size, solver)
            peer = Elsewhere(chosen.peers, __file__, str(file), str(size), solver) if chosen.peers else None

            def timed(job: Callable[[], tuple[float, dict[str, float]]], who: str, seen: Any = reached) -> float:
                took, seen[who] = job()
                return took

            if peer is None:
                seconds[name] = alternated(lambda: timed(own, "ours"), lambda: plain(data, size), rounds)  # noqa: B023
            else:
                seconds[name] = alternated(lambda: timed(own, "ours"), lambda: timed(peer, "peer"), rounds)  # noqa: B023
                peer.close()
            told(name, *seconds[name], reached, len(data["held"]))
    slowest = min(seconds, key=lambda name: seconds[name][1] / seconds[name][0])
    we, they = seconds[slowest]
    conclude(
        "als", round(we, 4), round(they, 4), round(they / we, 2), "s per epoch", worst=slowest, goal=GOAL,
        peer_name="implicit" if chosen.peers else "plain NumPy",
        ratios={name: round(pair[1] / pair[0], 2) for name, pair in seconds.items()},
    )  # fmt: skip


def told(name: str, we: float, they: float, reached: dict[str, dict[str, float]], held: int) -> None:
    """Prints one case; ends the run where the peer's factors are better, since then its time means nothing."""
    good = ", ".join(f"{who} {value['HitRate']:.4f} / {value['Loss']:,.0f}" for who, value in reached.items())
    print(
        f"  {name:13} {they:6.2f} s an epoch, ours {we:6.3f}: {they / we:5.2f} times; hit rate / loss: {good}",
        flush=True,
    )
    rate, off = reached["ours"]["HitRate"], 2 * (reached["ours"]["HitRate"] / held) ** 0.5
    peer = reached.get("peer", reached["ours"])
    if peer["HitRate"] > rate + off or reached["ours"]["Loss"] > 1.01 * peer["Loss"]:
        raise SystemExit(f"{name}: the peer's factors are better; the times mean nothing")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--as-peer"]:
        path, dimensions, how = sys.argv[2:]
        asked(implicit(dict(np.load(path)), int(dimensions), how))
    else:
        main()
