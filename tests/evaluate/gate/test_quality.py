"""Real lists, held against those that are served: one model forgets a twentieth of the tail, and is found out there."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from tests.evaluate.worlds import catalog_of, split_of, task_of

from endcap.core.arrays import Ragged
from endcap.core.candidates import Candidates
from endcap.core.catalog import Catalog
from endcap.core.query import Query
from endcap.core.vocabulary import Vocabulary
from endcap.data.splits import Split
from endcap.evaluate.backtest import BackTest, Entry, judged_on
from endcap.evaluate.gate.evidence import Evidence
from endcap.evaluate.gate.quality import Slots, against_itself, against_served
from endcap.evaluate.gate.rules import Finding, Judge
from endcap.evaluate.gate.settings import GateSettings

ITEMS, QUERIES = 1200, 1800
SEVENTHS = 7


@dataclass(frozen=True)
class Knows:
    """Finds what is wanted (the item after the one shown) at a place that depends on the item, unless it forgot it."""

    forgotten: Collection[int]

    def __call__(self, query: Query, k: int) -> Candidates:
        wanted = int(query.context[0])
        if wanted in self.forgotten:
            return Candidates.none()
        others = (wanted + 100 + np.arange(wanted % SEVENTHS)) % ITEMS
        items = np.array([*others, wanted], np.int32)[:k]
        return Candidates(items, -np.arange(len(items), dtype=np.float32))


def catalog() -> Catalog:
    """A third of all purchases go to 20 items, a third to 80, a third to the other 1,100."""
    bought = np.concatenate([np.full(20, 5500.0), np.full(80, 1375.0), np.full(ITEMS - 100, 100.0)])
    return catalog_of(ITEMS).with_columns({"bought": bought})


def wanted() -> list[int]:
    """What each query wants: as often as it is bought."""
    head, torso, tail = np.arange(20), np.arange(20, 100), np.arange(100, ITEMS)
    return [int(group[row // 3 % len(group)]) for row in range(QUERIES) for group in ((head, torso, tail)[row % 3],)]


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    """The candidate forgets every twentieth item of the tail."""
    known, asked = catalog(), wanted()
    task = task_of([[item] for item in asked], ITEMS)
    queries = replace(task.queries, catalog=known, context=Ragged.of([[item] for item in asked]))
    forgets = Knows(frozenset(range(100, ITEMS, 20)))
    entered = [
        Entry("slot", "slot", forgets, ("basket",)),
        Entry("poor", "baseline", Knows(range(9, ITEMS)), ("basket",)),
    ]
    judged = judged_on(replace(task, queries=queries), entered, np.random.default_rng(0))
    split = split_of([(0, 1.0, [0])], [(0, 101.0, [1])], known)
    return Evidence.of(BackTest(Split(split.train, split.test, split.cut), (judged,)), {})


def against(evidence: Evidence, served: Knows) -> dict[str, Finding]:
    judge = Judge(GateSettings(baselines=("poor",)))
    found = against_served(evidence, {"slot": (served, "basket")}, judge, np.random.default_rng(0))
    return {at.about: at for at in found if at.rule == "served"}


def test_what_is_five_per_cent_worse_in_the_tail_only_is_refused_for_the_tail(evidence: Evidence) -> None:
    found = against(evidence, Knows(()))
    assert {about.removeprefix("slot, "): at.decided for about, at in found.items()} == {
        "NDCG@10": "passed",
        "popularity of the wanted item: head": "passed",
        "popularity of the wanted item: torso": "passed",
        "popularity of the wanted item: tail": "refused",
    }
    assert "on 600 queries" in found["slot, popularity of the wanted item: tail"].found


def test_the_same_lists_pass(evidence: Evidence) -> None:
    found = against(evidence, Knows(frozenset(range(100, ITEMS, 20))))
    assert {at.decided for at in found.values()} == {"passed"}
    assert "+0.0% (95 % interval +0.0% to +0.0%" in found["slot, NDCG@10"].found


def test_better_lists_pass(evidence: Evidence) -> None:
    assert {at.decided for at in against(evidence, Knows(frozenset(range(100, ITEMS, 2)))).values()} == {"passed"}


def anew(evidence: Evidence, again: Sequence[Knows], **settings: Any) -> tuple[dict[str, str], list[int]]:
    """What is decided when our side, fitted anew, is one of those in turn, and how often that was asked for."""
    turns: list[int] = []

    def fitted(turn: int) -> tuple[Slots, Slots]:
        turns.append(turn)
        return {"slot": (again[turn - 1], "basket")}, {"slot": (Knows(()), "basket")}

    judge = Judge(GateSettings(**settings))
    found = against_served(evidence, {"slot": (Knows(()), "basket")}, judge, np.random.default_rng(0), fitted)
    return {at.about.removeprefix("slot, "): at.decided for at in found if at.rule == "served"}, turns


def test_a_loss_is_refused_if_every_fit_shows_it(evidence: Evidence) -> None:
    loses = Knows(frozenset(range(110, ITEMS, 20)))
    decided, turns = anew(evidence, [loses, loses])
    assert (decided["popularity of the wanted item: tail"], turns) == ("refused", [1, 2])


def test_a_loss_that_another_fit_does_not_show_is_no_more_than_chance(evidence: Evidence) -> None:
    loses = Knows(frozenset(range(110, ITEMS, 20)))
    assert anew(evidence, [loses, Knows(())])[0]["popularity of the wanted item: tail"] == "warned"
    decided, turns = anew(evidence, [Knows(()), loses], unsure="refuse")
    assert (decided["popularity of the wanted item: tail"], turns) == ("refused", [1])
    assert anew(evidence, [], seeds=1)[0]["popularity of the wanted item: tail"] == "refused"


def itself(evidence: Evidence, bundle: Knows) -> dict[tuple[str, str], str]:
    judge = Judge(GateSettings(baselines=("poor",)))
    found = against_itself(evidence, {"slot": (bundle, "basket")}, {}, catalog(), judge, np.random.default_rng(0))
    return {(at.rule, at.about): at.decided for at in found}


def test_a_bundle_that_does_what_its_recipes_did_passes(evidence: Evidence) -> None:
    found = itself(evidence, Knows(()))
    assert set(found.values()) == {"passed"}
    assert {rule for rule, _ in found} == {"replay", "baselines", "coverage"}


def test_a_bundle_that_lost_what_its_recipes_found_is_refused(evidence: Evidence) -> None:
    found = itself(evidence, Knows(frozenset(range(0, ITEMS, 2))))
    assert found["replay", "slot, a small task"] == "refused"
    assert found["baselines", "slot against poor"] == "passed"


@dataclass(frozen=True)
class Reversed:
    """The same, in codes that count from the end."""

    one: Knows

    def __call__(self, query: Query, k: int) -> Candidates:
        assert query.catalog.items.ids[0] == f"i{ITEMS - 1}"
        found = self.one(replace(query, context=ITEMS - 1 - query.context), k)
        return Candidates((ITEMS - 1 - found.items).astype(np.int32), found.scores)


def test_a_bundle_may_code_its_items_otherwise_than_the_back_test_did(evidence: Evidence) -> None:
    known, judge = catalog(), Judge(GateSettings(baselines=("poor",)))
    other = Catalog(Vocabulary.of(reversed(list(known.items.ids))), {"available": known["available"]})
    slots = {"slot": (Reversed(Knows(())), "basket")}
    found = list(against_itself(evidence, slots, {}, other, judge, np.random.default_rng(0)))
    assert {at.decided for at in found} == {"passed"}
    straight = list(
        against_itself(evidence, {"slot": (Knows(()), "basket")}, {}, known, judge, np.random.default_rng(0))
    )
    assert [at.found for at in found] == [at.found for at in straight]


def test_evidence_is_the_same_when_it_is_read_again(
    evidence: Evidence, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("evidence") / "evidence"
    evidence.save(folder, "key")
    again = Evidence.load(folder, "key")
    assert again is not None
    assert again.asked["basket"].rows == evidence.asked["basket"].rows
    assert np.array_equal(again.asked["basket"].values, evidence.asked["basket"].values, equal_nan=True)
    assert against(again, Knows(())).keys() == against(evidence, Knows(())).keys()
    assert Evidence.load(folder, "another key") is None
    assert Evidence.load(folder.with_name("nowhere"), "key") is None
