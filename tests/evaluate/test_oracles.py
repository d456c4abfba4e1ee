"""The metrics are those of ir_measures, pytrec-eval and ranx, to twelve digits, on thousands of random cases.

ranx compiles for minutes what it then computes in a second; in a process of its own in which Numba compiles nothing, it
says the same at once.
"""

import json
import os
import subprocess
import sys
from typing import Any

import ir_measures
import numpy as np
import pytest
import pytrec_eval
from ir_measures import AP, RR, P, R, Rprec, Success, nDCG

from endcap.core.arrays import Codes, Ragged, Scores
from endcap.evaluate.lists import highest
from endcap.evaluate.metrics import Values, matched, measured_at, r_precision

QUERIES = 1500
ITEMS = 30
CUTS = (1, 3, 10, 40)
"""The last is longer than any list can be."""


class Cases:
    """Random scores with many ties, graded relevance, short and empty lists, and queries with nothing relevant."""

    def __init__(self, seed: int, graded: bool) -> None:
        chance = np.random.default_rng(seed)
        self.scores: Scores = chance.integers(0, 8, (QUERIES, ITEMS)).astype(np.float32)
        wanted = [chance.permutation(ITEMS)[: chance.choice([0, 1, 2, 5, 20])] for _ in range(QUERIES)]
        self.relevant = Ragged.of(wanted)
        grades = chance.integers(1, 5, len(self.relevant.values)) if graded else np.ones(len(self.relevant.values))
        self.gains = grades.astype(np.int64)
        lengths = np.where(chance.random(QUERIES) < 0.1, 0, chance.integers(0, ITEMS + 1, QUERIES))
        self.codes: Codes = np.where(np.arange(ITEMS) < lengths[:, None], highest(self.scores, ITEMS), -1)

    @property
    def wanted(self) -> dict[str, dict[str, int]]:
        """Relevance as the libraries want it, of the queries that want anything."""
        gains = Ragged(self.relevant.offsets, self.gains)
        return {
            f"q{row}": {f"i{item:02}": int(gain) for item, gain in zip(self.relevant[row], gains[row], strict=True)}
            for row in np.flatnonzero(self.relevant.lengths).tolist()
        }

    @property
    def run(self) -> dict[str, dict[str, float]]:
        """Lists as the libraries want them: ties are broken before, so that each item has a score of its own."""
        return {
            f"q{row}": {f"i{item:02}": float(ITEMS - place) for place, item in enumerate(self.codes[row]) if item >= 0}
            for row in np.flatnonzero(self.relevant.lengths).tolist()
        }

    def ours(self, k: int) -> dict[str, Values]:
        """What we say, of the queries that want anything."""
        matches = matched(self.codes, self.relevant, self.gains)
        values = measured_at(matches, k) | {"R-Precision": r_precision(matches)}
        asked = self.relevant.lengths > 0
        assert all(np.isnan(column[~asked]).all() for column in values.values())
        return {name: column[asked] for name, column in values.items()}


CASES = {"binary": (0, False), "graded": (1, True), "graded again": (2, True)}
"""Seeds, and whether relevance is graded, by name."""
RANX = {
    "NDCG": "ndcg", "ExponentialNDCG": "ndcg_burges", "Recall": "recall", "Precision": "precision", "MAP": "map",
    "MRR": "mrr", "HitRate": "hit_rate", "R-Precision": "r-precision",
}  # fmt: skip
ASKED = """
import json, sys, warnings
warnings.simplefilter("ignore")
import ranx
found, (metrics, cases) = {}, json.load(sys.stdin)
for name, (wanted, run) in cases.items():
    said = ranx.evaluate(ranx.Qrels(wanted), ranx.Run(run), metrics, return_mean=False)
    found[name] = {metric: dict(zip(sorted(wanted), values.tolist(), strict=True)) for metric, values in said.items()}
json.dump(found, open(sys.argv[1], "w"))
"""


@pytest.fixture(params=CASES)
def cases(request: pytest.FixtureRequest) -> Cases:
    return Cases(*CASES[request.param])


@pytest.fixture(scope="module")
def of_ranx(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, dict[str, float]]]:
    """What ranx says, by case, metric and query: ranx has its queries in the order of their names."""
    metrics = [f"{metric}@{k}" for metric in RANX.values() if metric != "r-precision" for k in CUTS] + ["r-precision"]
    every = {}
    for name, settings in CASES.items():
        made = Cases(*settings)
        every[name] = (made.wanted, {query: found or {"none": 0.0} for query, found in made.run.items()})
    told = tmp_path_factory.mktemp("ranx") / "told.json"
    run = subprocess.run(
        [sys.executable, "-c", ASKED, str(told)], input=json.dumps([metrics, every]), capture_output=True, text=True,
        check=False, env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    found: dict[str, dict[str, dict[str, float]]] = json.loads(told.read_text())
    return found


def equal(ours: Values, theirs: Any) -> None:
    np.testing.assert_allclose(ours, np.asarray(theirs, np.float64), rtol=0, atol=1e-12)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("k", CUTS)
def test_as_ir_measures(cases: Cases, k: int) -> None:
    measures = {
        "NDCG": nDCG @ k, "Recall": R @ k, "Precision": P @ k, "MAP": AP @ k, "MRR": RR @ k, "HitRate": Success @ k,
        "R-Precision": Rprec,
    }  # fmt: skip
    wanted, run, ours = cases.wanted, cases.run, cases.ours(k)
    theirs: dict[str, dict[str, float]] = {name: dict.fromkeys(wanted, 0.0) for name in measures}
    by_measure = {str(measure): name for name, measure in measures.items()}
    for value in ir_measures.iter_calc(list(measures.values()), wanted, run):
        theirs[by_measure[str(value.measure)]][value.query_id] = value.value
    for name, values in theirs.items():
        equal(ours[name], list(values.values()))


@pytest.mark.parametrize("k", CUTS)
def test_as_pytrec_eval(cases: Cases, k: int) -> None:
    measures = {
        "NDCG": "ndcg_cut", "Recall": "recall", "Precision": "P", "MAP": "map_cut", "HitRate": "success",
    }  # fmt: skip
    judge = pytrec_eval.RelevanceEvaluator(cases.wanted, {f"{name}.{k}" for name in measures.values()} | {"Rprec"})
    found, ours = judge.evaluate(cases.run), cases.ours(k)
    theirs = [found.get(query, {}) for query in cases.wanted]
    for name, measure in measures.items():
        equal(ours[name], [values.get(f"{measure}_{k}", 0.0) for values in theirs])
    equal(ours["R-Precision"], [values.get("Rprec", 0.0) for values in theirs])


@pytest.mark.parametrize("k", CUTS)
@pytest.mark.parametrize("name", CASES)
def test_as_ranx(of_ranx: dict[str, dict[str, dict[str, float]]], name: str, k: int) -> None:
    made = Cases(*CASES[name])
    wanted, ours = made.wanted, made.ours(k)
    for metric, theirs in RANX.items():
        said = of_ranx[name][theirs if metric == "R-Precision" else f"{theirs}@{k}"]
        equal(ours[metric], [said[query] for query in wanted])
