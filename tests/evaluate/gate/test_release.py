"""What is released, what is refused and why, and what remains of it."""

import json
import multiprocessing
import os
import shutil
import signal
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.evaluate.gate.conftest import Small

from endcap import Request, jobs
from endcap.config import load
from endcap.core.bundle import Histories, Move, Shelf
from endcap.core.errors import BadBundle, BadConfig, Busy, EndcapError, Refused
from endcap.core.progress import Nobody
from endcap.core.saving import only_one
from endcap.evaluate.gate.remedies import ABOUT, Known, with_remedies
from endcap.evaluate.gate.rules import RULES, Finding
from endcap.index.exact import Exact
from endcap.index.nearest import Nearest
from endcap.jobs import releasing
from endcap.models.skip_gram import Vectors


def refused(small: Small, name: str, rule: str) -> dict[str, str]:
    """What the rule says of the candidate, which is refused; what is served stays what it is."""
    before = small.name()
    with pytest.raises(Refused, match=f"{name} is not released; what is served stays {before}"):
        jobs.release(small.config)
    assert small.name() == before
    assert small.verdict(name)["outcome"] == "refused"
    assert small.shelf.history()[-1].what == "refused"
    return small.found(name, rule)


def with_vectors(small: Small, vectors: Vectors) -> Nearest:
    """The similar items, by other vectors."""
    vectors = vectors.astype(np.float32)
    model = replace(small.candidate().models["similar"].model, vectors=vectors)
    return Nearest(model, Exact().build(vectors))


def vectors_of(small: Small) -> Vectors:
    return np.array(small.candidate().models["similar"].model.vectors)


def test_the_first_release_is_held_against_baselines_alone(small: Small) -> None:
    verdict = small.verdict(small.name())
    assert verdict["outcome"] in ("passed", "warned")
    assert verdict["served"] is None
    found = [at["found"] for at in verdict["findings"] if at["rule"] == "served"]
    assert found == ["nothing is served yet; held against baselines alone"]
    assert small.found(small.name(), "baselines")["item/together against popular"] == "passed"
    assert {at.what for at in small.shelf.history()} == {"released"}
    page = (small.shelf.folder / f"{small.name()}.verdict.md").read_text()
    assert page.startswith(f"# {small.name()} may be released")
    page = (small.shelf.folder / f"{small.name()}.verdict.html").read_text()
    assert f"<h1>{small.name()}</h1>" in page
    assert "nothing is served yet; held against baselines alone" in page
    assert page.count("<section>") == len({at["decided"] for at in verdict["findings"]})


def test_what_is_served_already_is_not_judged_again(small: Small) -> None:
    assert jobs.release(small.config).name == small.name()
    assert len(small.shelf.history()) == 1


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_numbers_that_are_none_are_refused_whatever_the_reason(small: Small, number: float) -> None:
    vectors = vectors_of(small)
    similar = with_vectors(small, vectors)
    vectors[3, 0] = number
    model: Any = replace(small.candidate().models["similar"].model, vectors=vectors)
    small.put("spoilt", similar=replace(similar, model=model))
    assert refused(small, "spoilt", "numbers") == {"similar": "refused"}
    with pytest.raises(Refused, match="this cannot be overridden"):
        jobs.release(small.config, override="the boss says so")


def test_vectors_that_were_lost_are_refused(small: Small) -> None:
    vectors = vectors_of(small)
    vectors[::3] = 0.0
    small.put("spoilt", similar=with_vectors(small, vectors))
    assert refused(small, "spoilt", "vectors") == {"similar": "refused"}


def test_vectors_that_are_all_zero_are_refused(small: Small) -> None:
    similar = replace(small.candidate().models["similar"].model, vectors=0 * vectors_of(small))
    small.put("spoilt", similar=Nearest(similar, small.candidate().models["similar"].index))
    assert refused(small, "spoilt", "vectors") == {"similar": "refused"}


def test_a_vector_out_of_all_proportion_is_refused(small: Small) -> None:
    vectors = vectors_of(small)
    vectors[5] *= 1e6
    small.put("spoilt", similar=with_vectors(small, vectors))
    assert refused(small, "spoilt", "vectors") == {"similar": "refused"}


def test_scores_that_are_all_the_same_are_refused(small: Small) -> None:
    popular = small.candidate().models["popular"]
    small.put("spoilt", popular=replace(popular, scores=np.ones_like(popular.scores)))
    assert refused(small, "spoilt", "scores")["popular"] == "refused"


def test_vectors_of_another_vocabulary_are_refused(small: Small) -> None:
    small.put("spoilt", similar=with_vectors(small, vectors_of(small)[:-1]))
    assert refused(small, "spoilt", "bytes") == {"": "refused"}
    assert "'similar' has 29 vectors for 30 items" in small.verdict("spoilt")["findings"][0]["found"]
    small.shelf.point("current", "spoilt")
    with pytest.raises(BadBundle, match="of different runs"):
        jobs.recommend(Request(slot="home/popular"), small.config)


def test_neighbours_of_another_vocabulary_are_refused(small: Small) -> None:
    together = small.candidate().models["together"]
    values = np.where(together.neighbours.values == 29, 4711, together.neighbours.values)
    small.put("spoilt", together=replace(together, neighbours=replace(together.neighbours, values=values)))
    assert "together" in refused(small, "spoilt", "answers")


def test_histories_of_another_vocabulary_are_refused(small: Small) -> None:
    known = small.candidate().histories
    items = known.pasts.items
    items = replace(items, values=np.where(items.values == 29, 30, items.values))
    small.put("spoilt", histories=Histories(known.users, replace(known.pasts, items=items)))
    assert "histories" in refused(small, "spoilt", "shapes")


def test_a_model_that_settings_name_and_the_bundle_lacks_is_refused(small: Small) -> None:
    bundle = small.candidate()
    models = {name: model for name, model in bundle.models.items() if name != "together"}
    small.shelf.put(replace(bundle, name="spoilt", models=models))
    with pytest.raises(Refused, match="its settings name model 'together', which it does not have"):
        jobs.release(small.config)


def test_labels_shuffled_after_fitting_are_refused_though_the_settings_are_fine(small: Small) -> None:
    """Every shape fits and every number is one; only the items are not those that they are said to be."""
    order = np.random.default_rng(1).permutation(30)
    small.put("shuffled", similar=with_vectors(small, vectors_of(small)[order]))
    found = refused(small, "shuffled", "replay")
    assert found["similar, bought together with one item"] == "refused"
    assert found["item/similar, bought together with one item"] == "refused"
    assert found["together, bought together with one item"] == "passed"


SHUFFLED = '''\
"""Recipes that learn from items that are not those that were bought."""

from dataclasses import replace

from endcap.models.co_occurrence import CoOccurrence


class Shuffled(CoOccurrence):
    """As the other, after the items were shuffled among the orders."""

    def fit(self, data, rng):
        """Neighbours by chance."""
        events = replace(data.events, item=rng.permutation(data.events.item), grouped=None)
        return super().fit(replace(data, events=events), rng)
'''


def test_labels_shuffled_in_fitting_are_refused_against_what_is_served(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    (small.config.parent / "shuffling.py").write_text(SHUFFLED)
    monkeypatch.syspath_prepend(str(small.config.parent))
    small.set('use = "co_occurrence"', 'use = "shuffling:Shuffled"')
    name = jobs.train(small.config).name
    found = refused(small, name, "served")
    assert found["item/together, NDCG@10"] == "refused"
    assert found["item/similar, NDCG@10"] == "passed"


def test_other_recipes_that_are_as_good_are_released(small: Small) -> None:
    small.set("learning_rate = 0.1", "learning_rate = 0.11")
    before, bundle = small.name(), jobs.train(small.config)
    assert jobs.release(small.config).name == bundle.name != before
    verdict = small.verdict(bundle.name)
    assert verdict["served"] == before
    assert small.found(bundle.name, "served")["item/together, NDCG@10"] == "passed"
    assert "item/together, popularity of the wanted item: tail" in small.found(bundle.name, "served")


def test_an_override_has_a_reason_and_is_written_down(small: Small) -> None:
    popular = small.candidate().models["popular"]
    small.put("flat", popular=replace(popular, scores=np.ones_like(popular.scores)))
    with pytest.raises(BadConfig, match="found no reason"):
        jobs.release(small.config, override=" ")
    assert jobs.release(small.config, override="Christmas is near").name == "flat" == small.name()
    verdict = small.verdict("flat")
    assert (verdict["outcome"], verdict["reason"]) == ("overridden", "Christmas is near")
    assert verdict["by"]
    assert verdict["when"]
    move = small.shelf.history()[-1]
    assert (move.what, move.verdict, move.reason) == ("released", "overridden", "Christmas is near")


def test_a_rule_may_only_warn(small: Small) -> None:
    popular = small.candidate().models["popular"]
    small.put("flat", popular=replace(popular, scores=np.ones_like(popular.scores)))
    small.config.write_text(small.config.read_text() + 'warn = ["scores"]\n')
    assert jobs.release(small.config).name == "flat"
    assert small.found("flat", "scores")["popular"] == "warned"


def test_known_answers(small: Small) -> None:
    small.put("asked")
    small.config.write_text(
        small.config.read_text()
        + '\n[[gate.golden]]\nslot = "item/together"\nitem = "i00"\nk = 5\nexpect = ["i01"]\navoid = ["i02"]\n'
    )
    assert refused(small, "asked", "golden") == {"item/together, i00": "refused"}
    (said,) = (at["found"] for at in small.verdict("asked")["findings"] if at["rule"] == "golden")
    assert said == "i02"


def test_budgets(small: Small) -> None:
    small.put("large")
    small.config.write_text(small.config.read_text() + "max_megabytes = 0.001\nmax_slowdown = 1000.0\n")
    assert refused(small, "large", "size") == {"on disk": "refused"}
    assert small.found("large", "speed") == {"loading": "passed", "answering": "passed"}


def test_data_that_moved_on_cannot_judge_a_bundle(small: Small) -> None:
    small.put("old", facts={**small.candidate().facts, "data": "another"})
    assert refused(small, "old", "evidence") == {"": "refused"}


@pytest.mark.parametrize("lost", ["settings", "folder"])
def test_a_served_bundle_that_cannot_be_read_is_said_and_baselines_judge(small: Small, lost: str) -> None:
    bundle = small.candidate()
    if lost == "settings":
        small.put("odd", facts={**bundle.facts, "settings": "[models.x]\nuse = 'no such part'"})
        small.shelf.point("current", "odd")
    else:
        shutil.rmtree(small.shelf.folder / small.name())
        small.shelf.put(replace(bundle, name="next"))
    small.shelf.put(replace(bundle, name="next"))
    assert jobs.release(small.config).name == "next" == small.name()
    (said,) = (at for at in small.verdict("next")["findings"] if at["rule"] == "served")
    assert said["decided"] == "warned"
    assert "cannot be compared" in said["found"]


def test_rolling_back(small: Small) -> None:
    first = small.name()
    with pytest.raises(BadBundle, match=f"nothing was released before {first}"):
        jobs.rollback(small.config)
    for name in ("second", "third"):
        small.put(name)
        jobs.release(small.config)
    assert jobs.rollback(small.config, reason="complaints").name == "second" == small.name()
    assert jobs.rollback(small.config).name == first == small.name()
    moves = [(move.what, move.bundle, move.before) for move in small.shelf.history()]
    assert moves[-2:] == [("rolled back", "second", "third"), ("rolled back", first, "second")]
    # What a person took back, no scheduler brings again.
    found = refused(small, "third", "history")
    assert found == {"": "refused"}
    assert jobs.release(small.config, override="it was the weather").name == "third"
    assert small.shelf.released() == [first, "third"]


def test_rolling_back_to_one_of_those_before(small: Small) -> None:
    first = small.name()
    for name in ("second", "third"):
        small.put(name)
        jobs.release(small.config)
    with pytest.raises(BadBundle, match=f"'fourth' was not served before third; there are: second, {first}"):
        jobs.rollback(small.config, to="fourth")
    assert jobs.rollback(small.config, to=first).name == first == small.name()


def test_a_damaged_bundle_is_not_gone_back_to(small: Small) -> None:
    first = small.shelf.folder / small.name()
    small.put("second")
    jobs.release(small.config)
    path = next(first.glob("*.npy"))
    path.write_bytes(b"x" + path.read_bytes()[1:])
    with pytest.raises(BadBundle, match="damaged"):
        jobs.rollback(small.config)
    assert small.name() == "second"


def test_a_release_that_was_noted_and_then_interrupted_is_none(small: Small) -> None:
    first = small.name()
    small.put("second")
    small.shelf.note(Move("released", "second", first, "2026-11-22", "somebody", "passed"))
    assert small.shelf.released() == [first]
    assert jobs.release(small.config).name == "second"
    assert small.shelf.released() == [first, "second"]


def test_a_rollback_that_was_noted_and_then_interrupted_is_none(small: Small) -> None:
    first = small.name()
    small.put("second")
    jobs.release(small.config)
    small.shelf.note(Move("rolled back", first, "second", "2026-11-22", "somebody"))
    assert small.shelf.released() == [first, "second"]
    assert jobs.rollback(small.config).name == first
    assert small.shelf.released() == [first]


def test_a_bundle_that_was_served_before_there_was_a_history_can_be_gone_back_to(small: Small) -> None:
    first = small.name()
    (small.shelf.folder / "history.jsonl").unlink()
    assert small.shelf.released() == [first]
    small.put("second")
    jobs.release(small.config)
    assert small.shelf.released() == [first, "second"]


@pytest.mark.parametrize("place", ["_written", "note", "point"])
def test_a_release_that_dies_anywhere_leaves_what_was_served_and_can_be_repeated(
    small: Small, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = small.name()
    small.put("second")

    def die(*arguments: object) -> None:
        raise SystemExit(9)

    with monkeypatch.context() as patched:
        patched.setattr(releasing if place == "_written" else Shelf, place, die)
        with pytest.raises(SystemExit):
            jobs.release(small.config)
    assert small.name() == first
    assert small.shelf.released() == [first]
    assert jobs.release(small.config).name == "second" == small.name()
    assert small.shelf.released() == [first, "second"]


@pytest.mark.parametrize("place", ["note", "point"])
def test_a_release_that_is_killed_leaves_what_was_served_and_nothing_beside_it(small: Small, place: str) -> None:
    first = small.name()
    small.put("second")
    child = multiprocessing.get_context("spawn").Process(target=killed_release, args=(small.config, place))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    assert small.name() == first
    assert jobs.runs(small.config)[0].state == "interrupted"
    assert jobs.release(small.config).name == "second" == small.name()
    assert small.shelf.released() == [first, "second"]
    assert list(small.shelf.folder.glob(".*")) == []


def killed_release(config: Path, place: str) -> None:
    """Releases, and is killed when it comes to one thing."""
    setattr(Shelf, place, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    jobs.release(config)


@pytest.mark.parametrize("torn", ['{"what": "relea', "\x00\x00\x00", '{"what": "released", "mood": 1}\n', "[]\n"])
def test_a_torn_line_of_the_history_is_left_aside_with_one_line_said(small: Small, torn: str) -> None:
    first = small.name()
    history = small.shelf.folder / "history.jsonl"
    with history.open("a") as file:
        file.write(torn)
    small.put("second")
    said: list[object] = []
    watch = Nobody()
    watch.show = said.append  # type: ignore[method-assign, assignment]
    jobs.release(small.config, watch)
    (warned,) = [thing.text for thing in said if isinstance(thing, jobs.Warned)]
    assert "history.jsonl, line 2: cannot be read and is left aside" in warned
    assert small.shelf.released() == [first, "second"]
    lines = history.read_text().splitlines()
    assert [json.loads(lines[number])["bundle"] for number in (0, 2)] == [first, "second"]
    assert jobs.rollback(small.config).name == first


def test_one_release_at_a_time(small: Small) -> None:
    small.put("second")
    with only_one(small.shelf.folder), pytest.raises(Busy, match="another process is at work on it"):
        jobs.release(small.config)
    told: list[str] = []
    ready = threading.Barrier(6)

    def release() -> None:
        ready.wait()
        try:
            told.append(jobs.release(small.config).name)
        except EndcapError as error:
            told.append(type(error).__name__)

    threads = [threading.Thread(target=release) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "second" in told
    assert set(told) <= {"second", "Busy"}
    assert [move.bundle for move in small.shelf.history()].count("second") == 1


def test_gate_settings_that_cannot_be(small: Small) -> None:
    text = small.config.read_text().partition("[gate]")[0]
    for table, said in {
        '[gate]\nbaselines = ["similar"]': "gate.baselines: 'similar' is not among evaluate.baselines",
        '[[gate.golden]]\nslot = "nowhere"': "gate.golden: no slot is called 'nowhere'",
        "[gate]\nmargins = 1": "gate.margins: unknown key; known: metrics, segments, margin",
    }.items():
        small.config.write_text(f"{text}\n{table}\n")
        with pytest.raises(BadConfig, match=said):
            load(small.config)
    small.put("second")
    small.config.write_text(f'{text}\n[gate]\nwarn = ["numbers"]\n')
    with pytest.raises(BadConfig, match="'numbers' is no rule that may only warn"):
        jobs.release(small.config)


def test_the_history_is_one_line_of_json_for_each_move(small: Small) -> None:
    (line,) = (small.shelf.folder / "history.jsonl").read_text().splitlines()
    assert json.loads(line)["what"] == "released"


def test_a_slot_that_loses_to_any_baseline_is_refused_and_told_what_to_write(small: Small) -> None:
    small.put("second")
    small.set('baselines = ["popular"]  # the', "# the")
    with pytest.raises(Refused) as raised:
        jobs.release(small.config)
    found = small.found("second", "baselines")
    against = {about for about, decided in found.items() if decided == "refused"}
    assert against == {"item/similar against jaccard", "item/similar as it will be served against jaccard"}
    others = {about.partition(" against ")[0] for about, decided in found.items() if decided != "refused"}
    assert others == {
        f"{slot}{of}" for slot in ("item/together", "home/popular") for of in ("", " as it will be served")
    }
    written = '[models.jaccard]\nuse = "co_occurrence"\nsimilarity = "jaccard"\n[slots."item/similar"]\n'
    written += 'retrievers = ["jaccard"]'
    said = "\n".join(line.strip() for line in str(raised.value).splitlines())
    assert "what to change:\nitem/similar: the baseline jaccard does better (NDCG@10 0." in said
    assert said.index(written) < said.index("--override")
    verdict = small.verdict("second")
    (remedy,) = verdict["remedies"]
    assert {at["remedy"] for at in verdict["findings"] if at["decided"] == "refused"} == {remedy}
    assert {at["remedy"] for at in verdict["findings"] if at["decided"] == "passed"} == {""}
    assert "## What to change" in (small.shelf.folder / "second.verdict.md").read_text()
    assert "What to change" in (small.shelf.folder / "second.verdict.html").read_text()
    model, _, slot = written.partition("[slots")
    small.set('[slots."item/together"]', f'{model}\n[slots."item/together"]')
    small.set('retrievers = ["similar"]', slot.partition("\n")[2])
    shutil.rmtree(small.shelf.folder)
    jobs.train(small.config)
    jobs.release(small.config)  # what was advised helps


def test_every_rule_has_a_remedy() -> None:
    assert set(ABOUT) | {"baselines", "served"} == set(RULES)
    slot, rules = Finding("slots", "", "", "", "refused"), [rule for rule in RULES if rule != "baselines"]
    found = with_remedies([slot, *(replace(slot, rule=rule, about="it, NDCG@10") for rule in rules)], Known())
    assert all(at.remedy and "{" not in at.remedy for at in found)


def test_a_slot_that_is_a_baseline_behind_stages_is_told_of_its_stages() -> None:
    lost = Finding(
        "baselines", "home against best", "", "", "refused", "home", "best", "NDCG@10", gain=-0.25, reached=0.4
    )
    (found,) = with_remedies([lost], Known(retrievers={"home": ["best"]}))
    assert "NDCG@10 0.400 against 0.300, 25% less" in found.remedy
    assert found.remedy.endswith('  [slots."home"]\n  stages = ["available", "not_in_cart"]')


def test_what_looks_at_the_last_days_only_is_not_asked_of_another_time(small: Small) -> None:
    small.set("[models.together]", '[models.lately]\nuse = "popular"\ndays = 30\n\n[models.together]')
    small.set('retrievers = ["popular"]', 'retrievers = ["lately"]')
    jobs.train(small.config)
    jobs.release(small.config)
    verdict = small.verdict(small.name())
    told = {at["about"]: at["found"] for at in verdict["findings"] if at["rule"] == "replay"}
    assert "looks at the last days only" in told["home/popular"]
    assert "looks at the last days only" in told["lately"]
    assert "home/popular, what anybody buys next" not in told
    assert "home/popular against popular" in small.found(small.name(), "baselines")
