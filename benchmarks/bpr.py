"""BPR: seconds per epoch of endcap's `pairwise` beside implicit's, and what each finds after as many epochs.

Two million different pairs of 40,000 visitors and 20,000 items: the world of ``als.py``. Both see each pair about once
an epoch, beside one item that its visitor does not have (which both check), with 64 dimensions and a bias, on one
thread. One item of some visitors is held back: the hit rate at 20 must not be worse by two standard errors. What the
recipe learns by if nothing is said, ``softmax``, is told as well. Peers are installed on their own: ``--peers PYTHON``
names the interpreter that has implicit. Without it, ours is held against plain NumPy, in batches, on a part.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from als import found, world
from measuring import Elsewhere, alternated, asked, conclude, options

GOAL = 1
SIZE, BATCH = 64, 4096
Measured = Callable[[], tuple[float, dict[str, float]]]


def ours(data: dict[str, Any], loss: str, epochs: int) -> Measured:
    from endcap import Catalog, Dataset, Queries, Vocabulary  # noqa: PLC0415 — a peer's interpreter lacks endcap
    from endcap.core.arrays import Ragged, offsets_of  # noqa: PLC0415
    from endcap.core.dataset import Events  # noqa: PLC0415
    from endcap.core.records import KINDS  # noqa: PLC0415
    from endcap.models.pairwise import Pairwise  # noqa: PLC0415

    users, n = data["shape"].tolist()
    user, item = (part.astype(np.int32) for part in np.divmod(data["keys"], n))
    events = Events(
        session=user, user=user, item=item, kind=np.full(len(user), KINDS.index("purchase"), np.int8),
        time=np.zeros(len(user)), quantity=np.ones(len(user), np.float32), price=np.full(len(user), np.nan),
        order=np.full(len(user), -1, np.int32),
    )  # fmt: skip
    items, people = (Vocabulary.of(map(str, range(count))) for count in (n, users))
    dataset = Dataset(events, Catalog(items, {}), people, 1.0, "benchmark")
    rows = Ragged(offsets_of(np.bincount(user, minlength=users)), item)
    asking = Queries.of(dataset.catalog, np.ones(users), history=rows)

    def fitted(epochs: int) -> tuple[float, Any]:
        recipe = Pairwise(size=SIZE, epochs=epochs, loss=loss)  # type: ignore[arg-type]
        start = process_time()
        model = recipe.fit(dataset, np.random.default_rng(0))
        return process_time() - start, model

    def measured() -> tuple[float, dict[str, float]]:
        short, (long, model) = fitted(1)[0], fitted(epochs)
        return (long - short) / (epochs - 1), found(data, *model.factors(asking)[:2])

    return measured


def implicit(data: dict[str, Any], epochs: int) -> Measured:
    from implicit.bpr import BayesianPersonalizedRanking  # noqa: PLC0415
    from scipy import sparse  # noqa: PLC0415

    users, n = data["shape"].tolist()
    who, what = np.divmod(data["keys"], n)
    pairs = sparse.csr_matrix((np.ones(len(who), np.float32), (who, what)), (users, n))

    def fitted(epochs: int) -> tuple[float, Any]:
        model = BayesianPersonalizedRanking(
            factors=SIZE, learning_rate=0.05, regularization=0.01, iterations=epochs, num_threads=1, random_state=0
        )
        start = process_time()
        model.fit(pairs, show_progress=False)
        return process_time() - start, model

    def measured() -> tuple[float, dict[str, float]]:
        short, (long, model) = fitted(1)[0], fitted(epochs)
        return (long - short) / (epochs - 1), found(data, model.user_factors, model.item_factors)

    return measured


def plain(data: dict[str, Any]) -> float:
    """Seconds that an epoch takes in NumPy, in batches, without looking whether a negative is one; from a part."""
    users, n = data["shape"].tolist()
    rng = np.random.default_rng(0)
    own, items = (rng.normal(0.0, 0.1, (count, SIZE)).astype(np.float32) for count in (users, n))
    part = min(20 * BATCH, len(data["keys"]))
    start = perf_counter()
    for keys in np.array_split(rng.permutation(data["keys"])[:part], max(part // BATCH, 1)):
        (who, what), other = np.divmod(keys, n), rng.integers(n, size=len(keys))
        visitor, apart = own[who], items[what] - items[other]
        step = 0.05 / (1.0 + np.exp(np.einsum("nd,nd->n", visitor, apart)))[:, None]
        np.add.at(own, who, step * apart)
        np.add.at(items, what, step * visitor)
        np.add.at(items, other, -step * visitor)
    return (perf_counter() - start) * len(data["keys"]) / part


def main() -> None:
    chosen = options(__doc__ or "")
    epochs, rounds = (3, 1) if chosen.quick else (20, 3)
    data = world(2_000, 1_000, 40_000) if chosen.quick else world(40_000, 20_000, 2_200_000)
    print(f"  {len(data['keys']):,} pairs")
    ours(world(200, 100, 2_000), "bpr", 2)()  # compiled
    rates: dict[str, float] = {}

    def timed(job: Measured, who: str) -> float:
        took, seen = job()
        rates[who] = seen["HitRate"]
        return took

    own = ours(data, "bpr", epochs)
    if chosen.peers:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "world.npz"
            np.savez(file, **data)
            peer = Elsewhere(chosen.peers, __file__, str(file), str(epochs))
            we, they = alternated(lambda: timed(own, "ours"), lambda: timed(peer, "peer"), rounds)
            peer.close()
    else:
        we, they = alternated(lambda: timed(own, "ours"), lambda: plain(data), rounds)
    slow = timed(ours(data, "softmax", epochs), "softmax")
    good = ", ".join(f"{who} {rate:.4f}" for who, rate in rates.items())
    print(f"  {they:.3f} s an epoch, ours {we:.3f}: {they / we:.2f} times; softmax {slow:.3f}; hit rate: {good}")
    if rates.get("peer", 0.0) > rates["ours"] + 2 * (rates["ours"] / len(data["held"])) ** 0.5:
        raise SystemExit("the peer's lists are better; the times mean nothing")
    conclude(
        "bpr", round(we, 4), round(they, 4), round(they / we, 2), "s per epoch", goal=GOAL, softmax=round(slow, 4),
        hit_rate={who: round(rate, 4) for who, rate in rates.items()},
        peer_name="implicit" if chosen.peers else "plain NumPy",
    )  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1:2] == ["--as-peer"]:
        path, passes = sys.argv[2:]
        asked(implicit(dict(np.load(path)), int(passes)))
    else:
        main()
