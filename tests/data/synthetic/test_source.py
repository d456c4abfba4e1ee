"""The synthetic shop as a source, and the truth as something to be judged by."""

import json
from pathlib import Path

import numpy as np
import pytest

from endcap import jobs
from endcap.config import load
from endcap.core.candidates import Candidates
from endcap.core.errors import BadConfig
from endcap.core.query import Query
from endcap.data.splits import Split, time_split
from endcap.data.synthetic import Truth
from endcap.data.synthetic.source import Synthetic
from endcap.evaluate.backtest import Entry, back_test, evaluated
from endcap.evaluate.truth import CONFUSION, ceiling, true_complements, true_substitutes, truth_tasks

SETTINGS = """\
[shop]
name = "made-up"

[[sources]]
use = "endcap.data.synthetic.source:Synthetic"
events = 20_000
items = 300

[models.popular]
use = "popular"

[slots."item/substitutes"]
retrievers = ["popular"]
task = "true_substitutes"

[slots."item/together"]
retrievers = ["popular"]
task = "true_complements"

[evaluate]
queries = 100
model_tasks = []
baselines = ["popular"]
"""


def nothing(query: Query, k: int) -> Candidates:
    return Candidates.none()


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("made-up") / "endcap.toml"
    path.write_text(SETTINGS)
    return path


@pytest.fixture(scope="session")
def split(config: Path) -> Split:
    return time_split(jobs.prepare(config).dataset)


@pytest.fixture(scope="session")
def truth(config: Path, split: Split) -> Truth:
    return Synthetic(events=20_000, items=300).truth(config.parent, split.train.catalog.items)


def test_the_shop_is_made_once_and_named_by_its_settings(config: Path, split: Split) -> None:
    source = Synthetic(events=20_000, items=300)
    (facts,) = source.inputs(config.parent)
    made = facts.stat().st_mtime_ns
    assert json.loads(facts.read_text())["settings"]["events"] == 20_000
    assert source.inputs(config.parent) == [facts]
    assert facts.stat().st_mtime_ns == made
    assert len(split.train.catalog) == 300


def test_a_back_test_knows_the_truth(config: Path) -> None:
    report = jobs.evaluate(config).to_json()
    tasks = {task["name"]: task for task in report["tasks"]}
    for name in ("true_substitutes", "true_complements"):
        assert "probabilities reach a Precision@10 of" in tasks[name]["description"]
        assert tasks[name]["queries"] > 0
        assert all(CONFUSION in row["metrics"] for row in tasks[name]["rows"])


def test_the_truth_itself_reaches_the_ceiling_and_confuses_nothing(split: Split, truth: Truth) -> None:
    def substitutes(query: Query, k: int) -> Candidates:
        return found(truth.substitutes(int(query.context[0]))[0], k)

    def complements(query: Query, k: int) -> Candidates:
        return found(truth.complements(int(query.context[0]))[0], k)

    def found(items: np.ndarray, k: int) -> Candidates:
        return Candidates(items[:k].astype(np.int32), -np.arange(len(items[:k]), dtype=np.float32))

    for maker, right, wrong in (
        (true_substitutes, substitutes, complements),
        (true_complements, complements, substitutes),
    ):
        task = maker(truth, split.train, split.test, np.random.default_rng(0), 100)
        best = evaluated(Entry("truth", "model", right, (task.name,)), task).values
        worst = evaluated(Entry("other", "model", wrong, (task.name,)), task).values
        assert best["Precision@10"].mean() == pytest.approx(ceiling(task))
        assert best["NDCG@10"].mean() == pytest.approx(1.0)
        assert best[CONFUSION].sum() == worst["Precision@10"].sum() == 0.0
        if task.confusable is not None and task.confusable.lengths.any():
            assert worst[CONFUSION].max() > 0.0


def test_what_is_known_of_a_pair_adds_up(truth: Truth) -> None:
    item = int(np.flatnonzero(truth.linked.lengths[truth.need] > 0)[0])
    items, chances = truth.substitutes(item)
    assert chances.sum() == pytest.approx(1 - truth.share[item])
    assert (truth.need[items] == truth.need[item]).all()
    items, chances = truth.complements(item)
    assert chances.sum() == pytest.approx(truth.probability[truth.need[item]].sum())
    assert (np.diff(chances) <= 0).all()


def test_a_task_of_a_truth_that_nobody_knows_is_refused(split: Split, truth: Truth) -> None:
    entry = Entry("any", "model", nothing, ("true_substitutes",))
    with pytest.raises(BadConfig, match="no task is called 'true_substitutes'; there are: basket"):
        back_test(split, [entry], np.random.default_rng(0))
    assert back_test(split, [entry], np.random.default_rng(0), 10, tasks=truth_tasks(truth)).judged


def test_another_shop_than_there_is_cannot_be_shown(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="no shop is called 'x'; there are: demo, synthetic"):
        jobs.write_demo(tmp_path, "x")
    (source,) = load(jobs.write_demo(tmp_path, "synthetic")).sources
    assert source == Synthetic(events=300_000, items=5_000)
