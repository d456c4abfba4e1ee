"""Five metrics at 20 on given lists: endcap beside RecTools, pytrec-eval and ranx, each on the form it wants.

Recall, precision, NDCG, MAP and MRR of 100,000 users' lists of 20. What is measured is what each does once its own
objects (data frames, dictionaries, Qrels) are built; reading and converting are not counted for anybody. Peers are
installed on their own: ``--peers PYTHON`` names the interpreter that has them (`pip install rectools ranx
pytrec-eval-terrier`); those that it lacks are said to be missing. Without any, ours is held against plain NumPy.
RecTools' NDCG and MAP are asked for in the form that is trec_eval's (`divide_by_achievable`, division by all relevant).
"""

import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from measuring import Elsewhere, alternated, asked, conclude, options

K = 20
NAMES = ("Recall", "Precision", "NDCG", "MAP", "MRR")
GOALS = {"rectools": 50, "pytrec_eval": 40, "ranx": 200}
"""How many times faster ours is meant to be."""


def world(users: int, items: int) -> dict[str, Any]:
    """Lists of K, one to ten relevant items each, some of them found, more of them early."""
    rng = np.random.default_rng(0)
    start, step = rng.integers(items, size=(users, 1)), rng.integers(1, items // (2 * K), size=(users, 1))
    codes = ((start + step * np.arange(K)) % items).astype(np.int32)
    counts = rng.integers(1, 11, users)
    rows = np.repeat(np.arange(users), counts)
    place = np.minimum(rng.exponential(25, len(rows)).astype(np.int64), 40)
    far = (start[rows, 0] - 1 - rng.integers(items // 3, size=len(rows))) % items
    wanted = np.where(place < K, codes[rows, np.minimum(place, K - 1)], far)
    keys = np.unique(rows * items + wanted)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(keys // items, minlength=users))])
    return {"codes": codes, "offsets": offsets.astype(np.int64), "wanted": (keys % items).astype(np.int32)}


def ours(data: dict[str, Any]) -> Callable[[], dict[str, float]]:
    from endcap.core.arrays import Ragged  # noqa: PLC0415 — a peer's interpreter lacks endcap
    from endcap.evaluate.metrics import matched, measured_at  # noqa: PLC0415

    relevant = Ragged(data["offsets"], data["wanted"])

    def measured() -> dict[str, float]:
        values = measured_at(matched(data["codes"], relevant), K)
        return {name: float(values[name].mean()) for name in NAMES}

    return measured


def plain(data: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """As somebody would write it in NumPy: a search for every item of every list."""

    def measured() -> dict[str, float]:
        codes, offsets = data["codes"], data["offsets"]
        n, span = np.diff(offsets), int(max(data["codes"].max(), data["wanted"].max())) + 1
        rows = np.repeat(np.arange(len(codes)), n)
        hits = np.isin(np.arange(len(codes))[:, None] * span + codes, rows * span + data["wanted"])
        places, discounts = np.arange(1, K + 1), 1 / np.log2(np.arange(2, K + 2))
        ideal = np.cumsum(discounts)[np.minimum(n, K) - 1]
        return {
            "Recall": float((hits.sum(axis=1) / n).mean()),
            "Precision": float((hits.sum(axis=1) / K).mean()),
            "NDCG": float(((hits * discounts).sum(axis=1) / ideal).mean()),
            "MAP": float(((hits * np.cumsum(hits, axis=1) / places).sum(axis=1) / n).mean()),
            "MRR": float((hits / places).max(axis=1).mean()),
        }

    return measured


def rectools(data: dict[str, Any]) -> Callable[[], dict[str, float]]:
    import pandas as pd  # noqa: PLC0415
    from rectools import Columns  # noqa: PLC0415
    from rectools.metrics import MAP, MRR, NDCG, Precision, Recall, calc_metrics  # noqa: PLC0415

    users = len(data["codes"])
    listed = pd.DataFrame({
        Columns.User: np.repeat(np.arange(users), K),
        Columns.Item: data["codes"].ravel(),
        Columns.Rank: np.tile(np.arange(1, K + 1), users),
    })  # fmt: skip
    wanted = pd.DataFrame({
        Columns.User: np.repeat(np.arange(users), np.diff(data["offsets"])), Columns.Item: data["wanted"],
    })  # fmt: skip
    metrics = {
        "Recall": Recall(K), "Precision": Precision(K), "NDCG": NDCG(K, divide_by_achievable=True), "MAP": MAP(K),
        "MRR": MRR(K),
    }  # fmt: skip
    return lambda: calc_metrics(metrics, listed, wanted)


def dictionaries(data: dict[str, Any]) -> tuple[dict[str, dict[str, int]], dict[str, dict[str, float]]]:
    offsets, wanted = data["offsets"], data["wanted"].tolist()
    qrels = {
        str(user): dict.fromkeys(map(str, wanted[offsets[user] : offsets[user + 1]]), 1)
        for user in range(len(data["codes"]))
    }
    run = {
        str(user): {str(item): float(K - place) for place, item in enumerate(row)}
        for user, row in enumerate(data["codes"].tolist())
    }
    return qrels, run


def pytrec_eval(data: dict[str, Any]) -> Callable[[], dict[str, float]]:
    import pytrec_eval  # noqa: PLC0415

    qrels, run = dictionaries(data)
    measures = {
        "Recall": f"recall_{K}", "Precision": f"P_{K}", "NDCG": f"ndcg_cut_{K}", "MAP": f"map_cut_{K}",
        "MRR": "recip_rank",
    }  # fmt: skip
    asked = {name if name == "recip_rank" else ".".join(name.rsplit("_", 1)) for name in measures.values()}
    judge = pytrec_eval.RelevanceEvaluator(qrels, asked)

    def measured() -> dict[str, float]:
        found = judge.evaluate(run)
        return {
            name: sum(values[key] for values in found.values()) / len(found) for name, key in measures.items()
        }  # fmt: skip

    return measured


def ranx(data: dict[str, Any]) -> Callable[[], dict[str, float]]:
    import ranx  # noqa: PLC0415

    qrels, run = dictionaries(data)
    built, ran = ranx.Qrels(qrels), ranx.Run(run)
    names = {
        "Recall": f"recall@{K}", "Precision": f"precision@{K}", "NDCG": f"ndcg@{K}", "MAP": f"map@{K}",
        "MRR": f"mrr@{K}",
    }  # fmt: skip

    def measured() -> dict[str, float]:
        found = ranx.evaluate(built, ran, list(names.values()))
        return {name: float(found[key]) for name, key in names.items()}

    return measured


PEERS = {"rectools": rectools, "pytrec_eval": pytrec_eval, "ranx": ranx}


def serve(name: str, file: str) -> None:
    """What the other interpreter does."""
    job = PEERS[name](dict(np.load(file)))
    job()

    def measured() -> tuple[float, dict[str, float]]:
        start = perf_counter()
        values = job()
        return perf_counter() - start, values

    asked(measured)


def main() -> None:
    chosen = options(__doc__ or "")
    users, rounds = (2_000, 2) if chosen.quick else (100_000, 7)
    data, measured = world(users, 20_000), {}
    own, simple = ours(data), plain(data)
    expected = own()
    _same("plain NumPy", simple(), expected)
    measured["plain NumPy"] = alternated(_timed(own, 9), _timed(simple), rounds)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "world.npz"
        np.savez(file, **data)
        for name in PEERS if chosen.peers else ():
            peer = Elsewhere(chosen.peers, __file__, name, str(file))
            try:
                _same(name, peer()[1], expected)
                measured[name] = alternated(_timed(own, 9), lambda peer=peer: peer()[0], rounds)  # type: ignore[misc]
            except ImportError as error:
                print(f"  {name:12} is missing: {error}")
            peer.close()
    for name, (we, they) in measured.items():
        goal = f", goal {GOALS[name]}" if name in GOALS else ""
        print(f"  {name:12} {1000 * they:9.1f} ms, ours {1000 * we:6.2f} ms: {they / we:6.1f} times{goal}")
    peers = [name for name in GOALS if name in measured]
    name = min(peers, key=lambda name: _ratio(measured[name]), default="plain NumPy")
    we, they = measured[name]
    conclude(
        "metrics", round(1000 * we, 3), round(1000 * they, 3), round(they / we, 1), "ms", peer_name=name, users=users,
        ratios={name: round(_ratio(pair), 1) for name, pair in measured.items()},
        goals=GOALS, values={name: round(value, 6) for name, value in expected.items()},
    )  # fmt: skip


def _timed(job: Callable[[], object], times: int = 1) -> Callable[[], float]:
    """Seconds of one run: where one is over before a busy machine has looked round, the median of several."""

    def timed() -> float:
        seconds = []
        for _ in range(times):
            start = perf_counter()
            job()
            seconds.append(perf_counter() - start)
        return statistics.median(seconds)

    return timed


def _ratio(pair: tuple[float, float]) -> float:
    return pair[1] / pair[0]


def _same(name: str, found: dict[str, float], expected: dict[str, float]) -> None:
    for metric in NAMES:
        if abs(found[metric] - expected[metric]) > 1e-9:
            raise SystemExit(f"{name} says {metric} is {found[metric]}, and not {expected[metric]}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--as-peer"]:
        serve(*sys.argv[2:])
    else:
        main()
