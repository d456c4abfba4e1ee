"""Prod2Vec: words per second of endcap's `prod2vec` beside gensim's skip-gram, the same number of workers.

Sessions of items out of two hundred shelves, a long tail of both; the same dimensions, window (which both draw anew
for each word, as gensim does), negatives, exponent, subsampling (none), learning rate and epochs. A word is one item of
one session in one epoch. The last item of each of 4,000 held sessions is to be found from the one before it, by the
product of its output vector with the input vector: NDCG at 20 must not be worse by two standard errors. A first fit,
which compiles if the cache is empty, is shown apart, and is part of the figure ``end_to_end``. Peers are installed on
their own: ``--peers PYTHON`` names the interpreter that has gensim. Without it, ours is held against plain NumPy, one
pair at a time.
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

GOAL = 4
SIZE, WINDOW, NEGATIVES, RATE, EPOCHS = 64, 5, 5, 0.025, 5
SHELVES = 200
Measured = tuple[float, dict[str, float]]


def world(sessions: int, items: int, length: int = 10) -> dict[str, Any]:
    """Sessions that stay on a shelf or go on to the next, whose items lie in any order; and some held back."""
    rng = np.random.default_rng(0)
    shelf = rng.integers(SHELVES, size=(sessions + 4_000, 1)) + np.cumsum(
        rng.random((sessions + 4_000, length)) < 0.15, axis=1
    )
    place = (items // SHELVES * rng.random(shelf.shape) ** 2.5).astype(np.int64)
    every = (place * SHELVES + shelf % SHELVES).astype(np.int32)
    return {"sessions": every[:sessions], "held": every[sessions:], "items": np.array(items)}


def ndcg(inputs: Any, outputs: Any, held: Any) -> float:
    """Of finding the last item of each held session by its product with the one before it."""
    gains = []
    for start in range(0, len(held), 500):
        before, wanted = held[start : start + 500, -2], held[start : start + 500, -1]
        products = inputs[before] @ outputs.T
        products[np.arange(len(before)), before] = -np.inf
        ranks = (products > np.take_along_axis(products, wanted[:, None].astype(np.int64), 1)).sum(axis=1)
        gains.append(np.where((ranks < 20) & (before != wanted), 1 / np.log2(ranks + 2.0), 0.0))
    return float(np.concatenate(gains).mean())


def ours(data: dict[str, Any], workers: int) -> Callable[[], Measured]:
    from endcap import Catalog, Dataset, Vocabulary  # noqa: PLC0415 — a peer's interpreter lacks endcap
    from endcap.core.dataset import Events  # noqa: PLC0415
    from endcap.models.prod2vec import Prod2Vec  # noqa: PLC0415

    rows, length = data["sessions"].shape
    n, nobody = rows * length, np.full(rows * length, -1, np.int32)
    events = Events(
        session=np.repeat(np.arange(rows, dtype=np.int32), length), user=nobody, item=data["sessions"].ravel(),
        kind=np.ones(n, np.int8), time=np.zeros(n), quantity=np.ones(n, np.float32), price=np.full(n, np.nan),
        order=nobody,
    )  # fmt: skip
    catalog = Catalog(Vocabulary.of(map(str, range(int(data["items"])))), {})
    dataset = Dataset(events, catalog, Vocabulary.of([]), 1.0, "benchmark")
    recipe = Prod2Vec(
        source="sessions", size=SIZE, window=WINDOW, shrinking=True, negatives=NEGATIVES, epochs=EPOCHS,
        learning_rate=RATE, subsample=0.0, shuffle=False, threads=workers,
    )  # fmt: skip

    def measured() -> Measured:
        start = perf_counter()
        model = recipe.fit(dataset, np.random.default_rng(0))
        return perf_counter() - start, {"NDCG": ndcg(model.vectors, model.outputs, data["held"])}

    return measured


def gensim(data: dict[str, Any], workers: int) -> Callable[[], Measured]:
    from gensim.models import Word2Vec  # noqa: PLC0415

    sentences = [[str(item) for item in session] for session in data["sessions"].tolist()]

    def measured() -> Measured:
        model = Word2Vec(
            vector_size=SIZE, window=WINDOW, negative=NEGATIVES, sg=1, hs=0, ns_exponent=0.75, sample=0, min_count=1,
            alpha=RATE, min_alpha=RATE / 1000, workers=workers, seed=1,
        )  # fmt: skip
        model.build_vocab(sentences)
        start = perf_counter()
        model.train(sentences, total_examples=len(sentences), epochs=EPOCHS)
        seconds = perf_counter() - start
        inputs, outputs = (np.zeros((int(data["items"]), SIZE), np.float32) for _ in range(2))
        codes = np.array([int(word) for word in model.wv.index_to_key])
        inputs[codes], outputs[codes] = model.wv.vectors, model.syn1neg
        return seconds, {"NDCG": ndcg(inputs, outputs, data["held"])}

    return measured


def plain(data: dict[str, Any]) -> float:
    """Seconds that all epochs take pair by pair in NumPy, from twenty sessions."""
    rng, items = np.random.default_rng(0), int(data["items"])
    inputs, outputs = rng.normal(0, 0.01, (items, SIZE)), np.zeros((items, SIZE))
    some = data["sessions"][:20]
    start = perf_counter()
    for session in some:
        for centre in range(len(session)):
            reach = rng.integers(1, WINDOW + 1)
            for partner in (*session[max(0, centre - reach) : centre], *session[centre + 1 : centre + reach + 1]):
                targets = np.append(session[centre], rng.integers(items, size=NEGATIVES))
                block = outputs[targets]
                steps = RATE * ((np.arange(len(targets)) == 0) - 1 / (1 + np.exp(-block @ inputs[partner])))
                outputs[targets] += steps[:, None] * inputs[partner]
                inputs[partner] += steps @ block
    return (perf_counter() - start) * EPOCHS * len(data["sessions"]) / len(some)


def main() -> None:
    chosen = options(__doc__ or "")
    workers, rounds = (1, 1) if chosen.quick else (2, 3)
    data = world(2_000, 1_000) if chosen.quick else world(60_000, 20_000)
    words = data["sessions"].size * EPOCHS
    compiling, _ = ours(world(50, 200), workers)()
    own, quality = ours(data, workers), dict[str, float]()

    def timed(job: Callable[[], Measured], who: str) -> float:
        seconds, values = job()
        quality[who] = values["NDCG"]
        return seconds

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "world.npz"
        np.savez(file, **data)
        if chosen.peers:
            peer = Elsewhere(chosen.peers, __file__, str(file), str(workers))
            we, they = alternated(lambda: timed(own, "ours"), lambda: timed(peer, "peer"), rounds)
            peer.close()
        else:
            we, they = alternated(lambda: timed(own, "ours"), lambda: plain(data), rounds)
    found = ", ".join(f"{who} {value:.4f}" for who, value in quality.items())
    print(f"  {words:,} words, {workers} workers: {they:.2f} s, ours {we:.2f}, compiled in {compiling:.2f}")
    print(f"  NDCG@20 {found}")
    if quality.get("peer", 0.0) > quality["ours"] + 2 * 0.4 / len(data["held"]) ** 0.5:
        raise SystemExit("the lists of the peer are better; the times mean nothing")
    conclude(
        "prod2vec", round(words / we), round(words / they), round(they / we, 2), "words per second", goal=GOAL,
        workers=workers, peer_name="gensim" if chosen.peers else "plain NumPy", ndcg=quality,
        compiling=round(compiling, 2), end_to_end=round(words / (we + compiling)),
    )  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1:2] == ["--as-peer"]:
        path, count = sys.argv[2:]
        asked(gensim(dict(np.load(path)), int(count)))
    else:
        main()
