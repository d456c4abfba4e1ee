"""Lists of 100 items for all users of a factor model: endcap's `listed` beside implicit's `recommend`.

Factors are those that `ials` learns from six million pairs of 100,000 visitors and 30,000 items, and the same for both;
what a visitor had is left out; one thread each, BLAS included, and seconds are those of the processor. Lists must be
equal but for ties in the last digit. Then the same from histories alone, visitors' vectors solved anew on both sides.
Peers are installed on their own: ``--peers PYTHON`` names the interpreter that has implicit. Without it, ours is held
against plain NumPy, on a part of the visitors; what the matrix product alone takes (of BLAS) is always said.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # implicit is slower with more, beside its own threads

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from als import L2, UNOBSERVED, world
from measuring import Elsewhere, alternated, asked, conclude, options

K, SIZE = 100, 64
GOAL = 2
Job = Callable[[], tuple[float, dict[str, float]]]
Data = dict[str, Any]


def learned(data: Data) -> Data:
    """Factors of all visitors and items, beside what each visitor had."""
    from endcap.core.arrays import Ragged, offsets_of  # noqa: PLC0415 — a peer's interpreter lacks endcap
    from endcap.models.alternating import learning, shares  # noqa: PLC0415
    from endcap.models.ials import IALS  # noqa: PLC0415
    from endcap.models.rows import transposed  # noqa: PLC0415
    from endcap.models.shards import alone  # noqa: PLC0415

    users, n = data["shape"].tolist()
    rows = Ragged(offsets_of(np.bincount(data["keys"] // n, minlength=users)), (data["keys"] % n).astype(np.int32))
    plan = IALS(size=SIZE, epochs=4, unobserved=UNOBSERVED, l2=L2 * UNOBSERVED, power=0.0, threads=1).plan()
    items = np.random.default_rng(0).normal(0.0, 0.1 / np.sqrt(SIZE), (n, SIZE)).astype(np.float32)
    (share,) = shares(rows, transposed(rows, n), items, plan, 1)
    for _ in learning(alone(share), plan):
        pass
    visitors, items = share.factors
    return {"visitors": visitors, "items": items, "offsets": rows.offsets, "values": rows.values}


def ours(data: Data, anew: bool, keep: Any) -> Job:
    """Lists from the factors; or, anew, from a model with these items and nothing but histories."""
    from endcap import Catalog, Queries, Ragged, Vocabulary  # noqa: PLC0415
    from endcap.models import listing  # noqa: PLC0415
    from endcap.models.alternating import Loss, axes  # noqa: PLC0415
    from endcap.models.ials import IALSModel  # noqa: PLC0415

    visitors, items = data["visitors"], data["items"]
    rows = Ragged(data["offsets"], data["values"])
    turn, spread = axes(items.T @ items, UNOBSERVED)
    loss = Loss(UNOBSERVED, L2 * UNOBSERVED, 0.0)
    model = IALSModel(items @ turn, spread, visitors.T @ visitors, loss, "histories", ())
    catalog = Catalog(Vocabulary.of(map(str, range(len(items)))), {})
    queries = Queries.of(catalog, np.zeros(len(rows)), history=rows)

    def measured() -> tuple[float, dict[str, float]]:
        start = process_time()
        found = listing.listed(model, queries, K) if anew else listing.highest(visitors, items, K, rows, 1)
        seconds = process_time() - start
        keep["codes"], keep["scores"] = found
        return seconds, {}

    return measured


def implicit(data: Data, anew: bool, file: str) -> Job:
    from implicit.als import AlternatingLeastSquares  # noqa: PLC0415
    from scipy import sparse  # noqa: PLC0415

    values = np.full(len(data["values"]), 1 / UNOBSERVED + 1, np.float32)
    pairs = sparse.csr_matrix((values, data["values"], data["offsets"]), (len(data["visitors"]), len(data["items"])))
    model = AlternatingLeastSquares(factors=SIZE, regularization=L2, num_threads=1)
    model.user_factors, model.item_factors = data["visitors"], data["items"]

    def measured() -> tuple[float, dict[str, float]]:
        start = process_time()
        codes, scores = model.recommend(np.arange(pairs.shape[0]), pairs, N=K, recalculate_user=anew)
        seconds = process_time() - start
        np.savez(file, codes=codes, scores=scores)
        return seconds, {}

    return measured


def plain(data: Data, users: int, keep: Any) -> Job:
    """As somebody would write it in NumPy, for the first of the visitors."""
    visitors, items, offsets = data["visitors"], data["items"], data["offsets"]

    def measured() -> tuple[float, dict[str, float]]:
        start, codes = process_time(), []
        for first in range(0, users, 500):
            last = min(first + 500, users)
            scores = visitors[first:last] @ items.T
            whose = np.repeat(np.arange(last - first), np.diff(offsets[first : last + 1]))
            scores[whose, data["values"][offsets[first] : offsets[last]]] = -np.inf
            top = np.argpartition(-scores, K, axis=1)[:, :K]
            order = np.argsort(-np.take_along_axis(scores, top, axis=1), axis=1, kind="stable")
            codes.append(np.take_along_axis(top, order, axis=1))
        seconds = process_time() - start
        keep["codes"] = np.concatenate(codes)
        return seconds * len(visitors) / users, {}

    return measured


def product(data: Data) -> float:
    """Seconds of the matrix product alone, block by block."""
    columns, start = np.ascontiguousarray(data["items"].T), process_time()
    for first in range(0, len(data["visitors"]), 256):
        data["visitors"][first : first + 256] @ columns
    return process_time() - start


def same(ours: Any, theirs: Any) -> None:
    """Ends the run if lists differ by more than neighbours that changed places."""
    ours, theirs = ours[: len(theirs)], theirs[: len(ours)]
    places, items = (ours == theirs).mean(), (np.sort(ours, axis=1) == np.sort(theirs, axis=1)).mean()
    print(f"  {places:.3%} of places and {items:.3%} of items agree", flush=True)
    if min(places, items) < 0.999:
        raise SystemExit("the lists differ; the times mean nothing")


def main() -> None:
    chosen = options(__doc__ or "")
    rounds = 1 if chosen.quick else 3
    data = learned(world(4_000, 2_000, 80_000) if chosen.quick else world(100_000, 30_000, 6_500_000))
    n, seconds = len(data["visitors"]), dict[str, tuple[float, float]]()
    with tempfile.TemporaryDirectory() as folder:
        file, answers = Path(folder) / "factors.npz", Path(folder) / "lists.npz"
        np.savez(file, **data)
        for anew, name in ((False, "from vectors"), (True, "from histories"))[: 2 if chosen.peers else 1]:
            found, theirs = Data(), Data()
            own, peer = ours(data, anew, found), plain(data, 1_000, theirs)
            if chosen.peers:
                peer = Elsewhere(chosen.peers, __file__, str(file), str(int(anew)), str(answers))
            own()  # compiled
            seconds[name] = we, they = alternated(lambda: own()[0], lambda: peer()[0], rounds)  # noqa: B023
            if isinstance(peer, Elsewhere):
                peer.close()
                theirs = dict(np.load(answers))
            print(f"  {name}: {they:6.2f} s for {n:,} lists, ours {we:6.2f}: {they / we:5.2f} times")
            if not anew:  # from histories, implicit counts what happened a little more, and lists differ
                same(found["codes"], theirs["codes"])
    print(f"  the matrix product alone: {product(data):.2f} s")
    we, they = seconds["from vectors"]
    conclude(
        "scoring", round(we, 3), round(they, 3), round(they / we, 2), f"s for {n:,} lists of {K}", goal=GOAL,
        peer_name="implicit" if chosen.peers else "plain NumPy",
        ratios={name: round(pair[1] / pair[0], 2) for name, pair in seconds.items()},
    )  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1:2] == ["--as-peer"]:
        path, how, where = sys.argv[2:]
        asked(implicit(dict(np.load(path)), how == "1", where))
    else:
        main()
