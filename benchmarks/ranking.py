"""Full-ranking evaluation of a factor model: endcap beside RecTools and LensKit on the same factors.

Every item is ranked for every query, what the user had before is left out, lists of 100, NDCG and recall at 20. Ours:
`nearest` and `measured_at`, as a back-test does. RecTools: its ranker for factors (`ImplicitRanker`) and
`calc_metrics`. LensKit: its batch pipeline over a scorer of the same factors, in one process, and `RunAnalysis`. Peers
live in an interpreter of their own (``--peers PYTHON``: `pip install rectools lenskit`) and are measured on as many of
the queries as take a bearable time; figures are seconds for 1,000 queries. Without peers, ours is held against plain
NumPy. How far ours lies above the matrix product alone (on one thread) is said, too.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the commands do, and as implicit asks for: all have own threads

import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from measuring import alternated, conclude, options

K, CUT = 100, 20
GOAL = 5


def world(users: int, items: int, size: int = 64) -> dict[str, Any]:
    """Factors, what each user had, and what each wants: items near their factors, so that some are found."""
    rng = np.random.default_rng(0)
    people, things = (rng.normal(size=(n, size)).astype(np.float32) for n in (users, items))
    had = np.unique(np.repeat(np.arange(users), 20) * items + rng.integers(items, size=20 * users))
    sample = rng.integers(items, size=(users, 300))
    close = np.einsum("nd,nmd->nm", people[:2000], things[sample[:2000]]).argsort(axis=1)[:, -5:]
    best = np.concatenate([np.take_along_axis(sample[:2000], close, axis=1), sample[2000:, :5]])
    wanted = np.setdiff1d((np.arange(users)[:, None] * items + best).ravel(), had)
    return {"people": people, "things": things, "had": had, "wanted": wanted}


def ours(data: dict[str, Any], users: int) -> Callable[[], dict[str, float]]:
    from endcap.core.arrays import Ragged, offsets_of  # noqa: PLC0415 — a peer's interpreter lacks endcap
    from endcap.evaluate.lists import nearest  # noqa: PLC0415
    from endcap.evaluate.metrics import matched, measured_at  # noqa: PLC0415

    people, things = data["people"][:users], data["things"]

    def packed(keys: Any) -> Ragged:
        keys = keys[keys < users * len(things)]
        return Ragged(
            offsets_of(np.bincount(keys // len(things), minlength=users)), (keys % len(things)).astype(np.int32)
        )

    had, wanted, allowed = packed(data["had"]), packed(data["wanted"]), np.ones(len(things), bool)

    def measured() -> dict[str, float]:
        codes = nearest(people, things, K, allowed, (had,))
        values = measured_at(matched(codes, wanted), CUT)
        return {"NDCG": float(np.nanmean(values["NDCG"])), "Recall": float(np.nanmean(values["Recall"]))}

    return measured


def product(data: dict[str, Any], users: int) -> Callable[[], None]:
    """The matrix product that nobody gets around, block by block."""
    people, columns = data["people"][:users], np.ascontiguousarray(data["things"].T)

    def multiplied() -> None:
        for start in range(0, users, 200):
            people[start : start + 200] @ columns

    return multiplied


def plain(data: dict[str, Any], users: int) -> Callable[[], dict[str, float]]:
    """As somebody would write it in NumPy."""
    people, things, n = data["people"][:users], data["things"], len(data["things"])
    had, wanted = (keys[keys < users * n] for keys in (data["had"], data["wanted"]))

    def measured() -> dict[str, float]:
        discounts, ndcg, recall = 1 / np.log2(np.arange(2, CUT + 2)), [], []
        counts = np.bincount(wanted // n, minlength=users)
        for start in range(0, users, 500):
            end = min(start + 500, users)
            scores = people[start:end] @ things.T
            inside = had[(had >= start * n) & (had < end * n)]
            scores[inside // n - start, inside % n] = -np.inf
            top = np.argpartition(-scores, K, axis=1)[:, :K]
            order = np.argsort(-np.take_along_axis(scores, top, axis=1), axis=1, kind="stable")
            codes = np.take_along_axis(top, order, axis=1)[:, :CUT]
            hits = np.isin(np.arange(start, end)[:, None] * n + codes, wanted)
            asked = counts[start:end] > 0
            ideal = np.cumsum(discounts)[np.minimum(counts[start:end][asked], CUT) - 1]
            ndcg.append((hits[asked] * discounts).sum(axis=1) / ideal)
            recall.append(hits[asked].sum(axis=1) / counts[start:end][asked])
        return {"NDCG": float(np.concatenate(ndcg).mean()), "Recall": float(np.concatenate(recall).mean())}

    return measured


def rectools(data: dict[str, Any], users: int) -> Callable[[], dict[str, float]]:
    import pandas as pd  # noqa: PLC0415
    from rectools import Columns  # noqa: PLC0415
    from rectools.metrics import NDCG, Recall, calc_metrics  # noqa: PLC0415
    from rectools.models.rank import Distance, ImplicitRanker  # noqa: PLC0415
    from scipy import sparse  # noqa: PLC0415

    people, things, n = data["people"][:users], data["things"], len(data["things"])
    had, wanted = (keys[keys < users * n] for keys in (data["had"], data["wanted"]))
    seen = sparse.csr_matrix((np.ones(len(had), np.float32), (had // n, had % n)), shape=(users, n))
    truth = pd.DataFrame({Columns.User: wanted // n, Columns.Item: wanted % n})
    ranker = ImplicitRanker(Distance.DOT, people, things)
    metrics = {"NDCG": NDCG(CUT, divide_by_achievable=True), "Recall": Recall(CUT)}

    def measured() -> dict[str, float]:
        who, what, _ = ranker.rank(np.arange(users), k=K, filter_pairs_csr=seen)
        frame = pd.DataFrame({Columns.User: who, Columns.Item: what})
        frame[Columns.Rank] = frame.groupby(Columns.User, sort=False).cumcount() + 1
        return dict(calc_metrics(metrics, frame, truth))

    return measured


def lenskit(data: dict[str, Any], users: int) -> Callable[[], dict[str, float]]:
    import pandas as pd  # noqa: PLC0415
    from lenskit.batch import recommend  # noqa: PLC0415
    from lenskit.data import ItemList, ItemListCollection, RecQuery, UserIDKey, Vocabulary, from_interactions_df  # noqa: PLC0415
    from lenskit.metrics import NDCG, Recall, RunAnalysis  # noqa: PLC0415
    from lenskit.metrics.ranking import LogRankWeight  # noqa: PLC0415
    from lenskit.pipeline import Component, topn_pipeline  # noqa: PLC0415

    people, things, n = data["people"][:users], data["things"], len(data["things"])
    had, wanted = (keys[keys < users * n] for keys in (data["had"], data["wanted"]))
    known = Vocabulary(np.arange(n))

    class Factors(Component):  # type: ignore[misc]
        config: None

        def train(self, data: Any, options: Any = None) -> None:
            """Nothing is learned."""

        def __call__(self, query: RecQuery, items: ItemList) -> ItemList:
            """The same products as everybody's."""
            numbers = items.numbers(vocabulary=known)
            return ItemList(items, scores=things[numbers] @ people[query.user_id])

    everything = pd.DataFrame({
        "user_id": np.concatenate([had // n, np.full(n, users)]), "item_id": np.concatenate([had % n, np.arange(n)]),
    }).drop_duplicates()  # fmt: skip
    learned = from_interactions_df(everything)
    line = topn_pipeline(Factors(), n=K)
    line.train(learned)
    rows = pd.DataFrame({"user_id": wanted // n, "item_id": wanted % n})
    truth = ItemListCollection.from_df(rows, UserIDKey)

    def measured() -> dict[str, float]:
        lists = recommend(line, truth, n=K, n_jobs=1)
        analysis = RunAnalysis()
        analysis.add_metric(NDCG(CUT, weight=LogRankWeight(offset=1)))
        analysis.add_metric(Recall(CUT))
        found = analysis.measure(lists, truth).list_summary()["mean"]
        return {"NDCG": float(found.filter(like="NDCG").iloc[0]), "Recall": float(found.filter(like="Recall").iloc[0])}

    return measured


PEERS: dict[str, tuple[Callable[[dict[str, Any], int], Callable[[], dict[str, float]]], int, float]] = {
    "rectools": (rectools, 20_000, 1e-3),
    "lenskit": (lenskit, 2_000, 5e-3),
}
"""Each peer, so many of the queries at most, and how far its figures may lie from ours."""


def serve(name: str, file: str, users: str) -> None:
    """What the other interpreter does: it measures whenever it is asked to."""
    job = PEERS[name][0](dict(np.load(file)), int(users))
    for _ in sys.stdin:
        start = perf_counter()
        values = job()
        print(json.dumps([perf_counter() - start, {key: float(value) for key, value in values.items()}]), flush=True)


def main() -> None:
    chosen = options(__doc__ or "")
    users, items, rounds = (1_000, 2_000, 1) if chosen.quick else (100_000, 20_000, 3)
    data, few = world(users, items), 500 if chosen.quick else 4_000
    seconds: dict[str, tuple[float, float]] = {}
    own, simple = ours(data, few), plain(data, few)
    _same("plain NumPy", simple(), own(), 1e-3)
    seconds["plain NumPy"] = _per_thousand(alternated(_timed(own), _timed(simple), rounds), few)
    seconds["matrix product"] = _per_thousand(alternated(_timed(own), _timed(product(data, few)), rounds), few)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "world.npz"
        np.savez(file, **data)
        for name, (_, most, off) in PEERS.items() if chosen.peers else ():
            n = min(most, users)
            command = [chosen.peers, "-W", "ignore", __file__, "--as-peer", name, str(file), str(n)]
            with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
                part = ours(data, n)

                def peer(process: Any = process) -> tuple[float, dict[str, float]]:
                    print(file=process.stdin, flush=True)
                    line = process.stdout.readline()
                    return tuple(json.loads(line)) if line else (np.nan, {})

                if not (first := peer()[1]):
                    print(f"  {name} is missing, or failed")
                    continue
                _same(name, first, part(), off)
                seconds[name] = _per_thousand(alternated(_timed(part), lambda peer=peer: peer()[0], rounds), n)  # type: ignore[misc]
                process.stdin.close()  # type: ignore[union-attr]
    for name, (we, they) in seconds.items():
        print(f"  {name:15} {they:8.4f} s for 1,000 queries, ours {we:.4f}: {they / we:.2f} times")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = perf_counter()
    values = ours(data, users)()
    whole, grown = perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(f"  all {users:,} queries over {items:,} items: {whole:.1f} s, {grown / 1024:.0f} MB more than before")
    peers = {name: they / we for name, (we, they) in seconds.items() if name in PEERS}
    name = min(peers, key=lambda name: peers[name], default="plain NumPy")
    we, they = seconds[name]
    conclude(
        "ranking", round(we, 5), round(they, 5), round(they / we, 2), "s per 1,000 queries", peer_name=name, goal=GOAL,
        ratios={name: round(they / we, 2) for name, (we, they) in seconds.items()},
        all_seconds=round(whole, 2), more_mb=round(grown / 1024), values=values,
    )  # fmt: skip


def _timed(job: Callable[[], object]) -> Callable[[], float]:
    def timed() -> float:
        start = perf_counter()
        job()
        return perf_counter() - start

    return timed


def _per_thousand(pair: tuple[float, float], queries: int) -> tuple[float, float]:
    return pair[0] * 1000 / queries, pair[1] * 1000 / queries


def _same(name: str, found: dict[str, float], expected: dict[str, float], off: float) -> None:
    for metric, value in expected.items():
        if abs(found[metric] - value) > off * max(value, 1e-3):
            raise SystemExit(f"{name} says {metric} is {found[metric]}, and not {value}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--as-peer"]:
        serve(*sys.argv[2:])
    else:
        main()
