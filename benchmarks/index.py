"""Nearest neighbours on one core: endcap's `approximate` index beside hnswlib and ScaNN at a recall@10 of 0.95.

Made-up vectors of 64 dimensions, length one: items in clusters of clusters, queries near items (harder to search than
the vectors that iALS and Prod2Vec learn on Gowalla). 250 thousand and a million of them, asked one by one and many at
once, without a filter, with one that keeps a tenth or a hundredth at random, and with one that keeps as much of a kind
(whole clusters); the same filter for all queries, and another for each ("new filters"). The truth is computed by
looking at everything. Ours is built as it comes (`recall` 0.95); each peer is given the least effort, of those in a
grid, that reaches it without a filter on the same queries. Of the peers only hnswlib can filter; the effort stays, its
recall is told. Peers live in an interpreter of their own (``--peers PYTHON``: `pip install hnswlib scann`). Exact
search in plain NumPy stands beside all.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one core for everybody
os.environ.setdefault("OMP_NUM_THREADS", "1")

import statistics
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from measuring import Elsewhere, alternated, asked, conclude, options

K, RECALL, SIZE = 10, 0.95, 64
GOALS = {250_000: 10_000, 1_000_000: 4_000}
SHARES = (0.1, 0.01)


def world(n: int, queries: int) -> dict[str, Any]:
    """Items, queries, filters, and for each filter the true nearest of each query."""
    rng = np.random.default_rng(0)
    scale = np.arange(1, SIZE + 1) ** -0.2
    groups = rng.normal(size=(40, SIZE)) * scale
    clusters = max(n // 100, 40)
    centres = 0.7 * groups[rng.integers(40, size=clusters)] + rng.normal(size=(clusters, SIZE)) * scale
    sizes = rng.pareto(1.5, size=clusters) + 0.2
    cluster = rng.choice(clusters, n, p=sizes / sizes.sum())
    items = _unit(centres[cluster] + rng.normal(size=(n, SIZE)) * scale)
    noise = rng.normal(size=(queries, SIZE)) * scale / np.linalg.norm(scale)
    made = {"items": items, "asked": _unit(items[rng.integers(n, size=queries)] + noise)}
    made["allowed all"] = np.ones(n, bool)
    for share in SHARES:
        made[f"allowed {share:.0%} at random"] = rng.random(n) < share
        order = rng.permutation(clusters)
        first = np.searchsorted(np.cumsum(np.bincount(cluster, minlength=clusters)[order]), share * n)
        made[f"allowed {share:.0%} of a kind"] = np.isin(cluster, order[: first + 1])
    return made | {name.replace("allowed", "truth"): _nearest(made, made[name]) for name in made if "allowed" in name}


def _unit(vectors: Any) -> Any:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def _nearest(made: dict[str, Any], allowed: Any) -> Any:
    codes = np.flatnonzero(allowed)
    columns, found = np.ascontiguousarray(made["items"][codes].T), []
    for start in range(0, len(made["asked"]), 50):
        scores = made["asked"][start : start + 50] @ columns
        found.append(codes[np.argpartition(-scores, K, axis=1)[:, :K]])
    return np.concatenate(found)


def recall(found: Any, truth: Any) -> float:
    """Share of the true nearest that were found."""
    return float(np.mean([np.isin(near, row).mean() for row, near in zip(found, truth, strict=True)]))


Job = Callable[[], tuple[float, dict[str, float]]]
"""Measures once: queries a second, and recall."""


def timed(search: Callable[[Any], Any], queries: Any, truth: Any, *, singly: bool) -> Job:
    def measured() -> tuple[float, dict[str, float]]:
        start = perf_counter()
        found = [search(row[None, :])[0] for row in queries] if singly else search(queries)
        return len(queries) / (perf_counter() - start), {"recall": recall(found, truth)}

    return measured


def ours(index: Any, data: dict[str, Any], kind: str, *, singly: bool) -> Job:
    allowed = None if kind == "all" else data[f"allowed {kind}"]

    def search(queries: Any) -> Any:
        if not singly:
            return index.search(queries, K, allowed)[0]
        return [index.nearest(queries[0], K, allowed)[0]]  # the recall is told: fewer than K would lower it

    return timed(search, data["asked"], data[f"truth {kind}"], singly=singly)


def unseen(index: Any, data: dict[str, Any], kind: str) -> float:
    """Queries a second of ours, one by one, if each has another filter, of more than an index remembers."""
    from endcap.index.filters import KEPT  # noqa: PLC0415 — a peer's interpreter lacks endcap

    filters = [np.roll(data[f"allowed {kind}"], 7919 * turn) for turn in range(2 * KEPT)]
    queries = data["asked"][: len(filters)]
    start = perf_counter()
    for query, allowed in zip(queries, filters, strict=True):
        index.nearest(query, K, allowed)
    return len(queries) / (perf_counter() - start)


def numpy(data: dict[str, Any], *, singly: bool) -> Job:
    """As somebody would write it, looking at everything."""
    columns = np.ascontiguousarray(data["items"].T)

    def search(queries: Any) -> Any:
        blocks = (queries[start : start + 20] @ columns for start in range(0, len(queries), 20))
        return np.concatenate([np.argpartition(-scores, K, axis=1)[:, :K] for scores in blocks])

    few = slice(0, max(len(data["asked"]) // 20, 5))
    return timed(search, data["asked"][few], data["truth all"][few], singly=singly)


def hnswlib(data: dict[str, Any], kind: str, *, singly: bool) -> Job:
    from hnswlib import Index  # noqa: PLC0415

    graph, file = Index("ip", SIZE), Path(str(data["folder"])) / "hnswlib"
    if file.exists():  # it is asked for again, in a process of its own, and takes minutes to build
        graph.load_index(str(file))
    else:
        graph.init_index(len(data["items"]), M=16, ef_construction=200)
        graph.add_items(data["items"])  # on all cores: what is compared is searching
        graph.save_index(str(file))
    search = _tuned(lambda queries, **more: graph.knn_query(queries, K, num_threads=1, **more)[0], graph.set_ef,
                    (16, 32, 64, 96, 128, 160, 192, 256, 384, 512), data)  # fmt: skip
    if kind == "all":
        return timed(search, data["asked"], data["truth all"], singly=singly)
    allowed = data[f"allowed {kind}"]
    return timed(lambda queries: _filtered(search, queries, allowed), data["asked"][:200], data[f"truth {kind}"][:200],
                 singly=True)  # fmt: skip


def _filtered(search: Callable[..., Any], queries: Any, allowed: Any) -> Any:
    try:
        return search(queries, filter=lambda code: bool(allowed[code]))
    except RuntimeError:  # it found fewer than were asked for, and gives nothing
        return np.full((len(queries), K), -1)


def scann(data: dict[str, Any], kind: str, *, singly: bool) -> Job:
    from scann import scann_ops_pybind  # noqa: PLC0415

    n = len(data["items"])
    leaves = round(2 * n**0.5)
    searcher = (
        scann_ops_pybind.builder(data["items"], K, "dot_product")
        .tree(num_leaves=leaves, num_leaves_to_search=leaves // 10, training_sample_size=min(n, 250_000))
        .score_ah(2, anisotropic_quantization_threshold=0.2).reorder(200).build()
    )  # fmt: skip
    effort = {"leaves_to_search": 1}

    def search(queries: Any) -> Any:
        return searcher.search_batched(queries, final_num_neighbors=K, pre_reorder_num_neighbors=200, **effort)[0]

    grid = tuple(max(1, leaves * part // 100) for part in (1, 2, 3, 4, 6, 8, 12, 16, 24))
    tuned = _tuned(search, lambda least: effort.update(leaves_to_search=least), grid, data)
    return timed(tuned, data["asked"], data["truth all"], singly=singly)


def _tuned(
    search: Callable[..., Any], choose: Callable[[int], Any], grid: tuple[int, ...], data: dict[str, Any]
) -> Any:
    """The search with the least effort that reaches the recall (the greatest, if none does)."""
    for effort in grid:
        choose(effort)
        if recall(search(data["asked"]), data["truth all"]) >= RECALL:
            break
    return search


PEERS = {"hnswlib": hnswlib, "scann": scann}


def main() -> None:
    chosen = options(__doc__ or "")
    sizes, queries, rounds = ((4_000,), 100, 1) if chosen.quick else (tuple(GOALS), 2_000, 5)
    figures: dict[str, dict[str, float]] = {}
    for n in sizes:
        data = world(n, queries)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "world.npz"
            np.savez(file, **data)
            figures |= {
                f"{n:,} {name}": found for name, found in compared(data, chosen.peers, str(file), rounds).items()
            }
    goals = {f"{n:,} all, at once": GOALS.get(n, 1) for n in sizes}
    worst = min(goals, key=lambda name: figures[name]["ours"] / goals[name])
    conclude(
        "index", round(figures[worst]["ours"]), round(figures[worst]["peer"]),
        round(figures[worst]["ours"] / figures[worst]["peer"], 2), "queries per second", worst=worst, goals=goals,
        figures=figures,
    )  # fmt: skip


def compared(data: dict[str, Any], python: str | None, file: str, rounds: int) -> dict[str, dict[str, float]]:
    """By kind of filter and way of asking: queries a second and recall, ours and the best peer's that reaches it."""
    from endcap.index.approximate import Approximate  # noqa: PLC0415 — a peer's interpreter lacks endcap

    start = perf_counter()
    index = Approximate(recall=RECALL).build(data["items"])
    print(
        f"  {len(data['items']):,} vectors: built in {perf_counter() - start:.1f} s; {getattr(index, 'measured', {})}"
    )
    figures: dict[str, dict[str, float]] = {}
    for kind in (name.removeprefix("truth ") for name in data if name.startswith("truth")):
        for singly in (True, False):
            own, peers = ours(index, data, kind, singly=singly), dict[str, Callable[[], Job]]()
            if kind == "all":
                peers["plain NumPy"] = partial(numpy, data, singly=singly)
            if python and (kind == "all" or singly):
                able = PEERS if kind == "all" else ("hnswlib",)
                peers |= {
                    peer: partial(Elsewhere, python, __file__, file, peer, kind, str(int(singly))) for peer in able
                }
            found = figures[f"{kind}, {'one by one' if singly else 'at once'}"] = beside(own, peers, rounds)
            if kind != "all" and singly:
                found["ours, new filters"] = statistics.median(unseen(index, data, kind) for _ in range(rounds))
    for name, found in figures.items():
        print(f"    {name:26}", "; ".join(f"{key} {value:,.4g}" for key, value in found.items()))
    return figures


def beside(own: Job, peers: dict[str, Callable[[], Job]], rounds: int) -> dict[str, float]:
    """Queries a second and recall of ours, alone and in turn with each peer, and of the quickest that reaches it."""
    mine: list[float] = []

    def again() -> float:
        mine.append(own()[0])
        return mine[-1]

    found = {"ours": 0.0, "recall": own()[1]["recall"], "peer": 0.0}
    for _ in range(rounds):
        again()
    for name, begun in peers.items():
        job = begun()
        try:
            job()  # when it answers, it is built
        except ImportError as error:
            print(f"  {name} is missing, or failed: {error}")
            continue
        reached = job()[1]["recall"]
        _, speed = alternated(again, lambda job=job: job()[0], rounds)  # type: ignore[misc]
        found |= {name: speed, f"recall of {name}": reached}
        if isinstance(job, Elsewhere):
            job.close()
        if reached >= RECALL:
            found["peer"] = max(found["peer"], speed)
    return found | {"ours": statistics.median(mine)}


if __name__ == "__main__":
    if sys.argv[1:2] == ["--as-peer"]:
        path, who, what, one = sys.argv[2:]
        loaded = dict(np.load(path)) | {"folder": Path(path).parent}
        asked(PEERS[who](loaded, what, singly=bool(int(one))))
    else:
        main()
