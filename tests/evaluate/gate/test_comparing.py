"""Losses that are shown, losses that cannot be ruled out, and how often chance alone is refused."""

import io
import re

import numpy as np
import pytest
from rich.console import Console

from endcap.evaluate.gate.comparing import SERVED_LEVEL, Loss, Pair, losses
from endcap.evaluate.gate.quality import judged
from endcap.evaluate.gate.rules import Finding, Judge
from endcap.evaluate.gate.settings import GateSettings
from endcap.evaluate.gate.verdict import Verdict, terminal
from endcap.evaluate.metrics import Values

PARTS = ("whole", "head", "torso", "tail")


def found(ease: Values, rng: np.random.Generator) -> Values:
    """NDCG of one relevant item at a place drawn for each query, earlier where it is easy; 0 from place 11 on."""
    place = rng.geometric(ease)
    values: Values = np.where(place <= 10, 1 / np.log2(place + 1), 0.0)
    return values


def pair(ours: Values, theirs: Values, about: str = "a slot", margin: float = 0.02) -> Pair:
    return Pair("served", about, np.arange(len(ours)), ours, theirs, margin)


def only(ours: Values, theirs: Values) -> Loss:
    (loss,) = losses([pair(ours, theirs)], SERVED_LEVEL, np.random.default_rng(0))
    return loss


def parted(ours: Values, theirs: Values, third: Values) -> list[Pair]:
    """A slot as a whole and in three segments, over the same queries."""
    masks = [np.ones(len(ours), bool), *(third == place for place in range(3))]
    return [
        pair(np.where(mask, ours, np.nan), np.where(mask, theirs, np.nan), part)
        for part, mask in zip(PARTS, masks, strict=True)
    ]


def decided(pairs: list[Pair], seed: int = 0, **settings: object) -> list[Finding]:
    judge = Judge(GateSettings(**settings))  # type: ignore[arg-type]
    return list(judged(pairs, SERVED_LEVEL, judge, np.random.default_rng(seed)))


def test_the_same_values_are_not_worse_whatever_their_number() -> None:
    values = np.array([0.0, 0.5, 1.0])
    loss = only(values, values)
    assert (loss.mean, loss.low, loss.high, loss.sees) == (0.0, 0.0, 0.0, 0.0)
    assert loss.verdict(SERVED_LEVEL, 0.05) == "not worse"
    assert loss.needs(0.05) == 0


def test_a_loss_is_a_share_of_what_the_other_reaches() -> None:
    rng = np.random.default_rng(0)
    theirs = rng.random(400)
    loss = only(0.9 * theirs, theirs)
    assert loss.mean == pytest.approx(-0.1)
    assert loss.low < -0.1 < loss.high < 0
    assert loss.verdict(SERVED_LEVEL, 0.05) == "worse"


def test_a_loss_within_the_margin_passes_even_if_it_is_certain() -> None:
    theirs = np.random.default_rng(0).random(4000)
    loss = only(0.985 * theirs, theirs)
    assert loss.corrected < SERVED_LEVEL
    assert loss.verdict(SERVED_LEVEL, 0.05) == "not worse"


def test_a_gain_is_never_refused() -> None:
    theirs = np.random.default_rng(0).random(400)
    assert only(1.3 * theirs, theirs).p > 0.99


def test_too_few_queries_say_so_and_how_many_are_needed() -> None:
    rng = np.random.default_rng(1)
    ease = rng.beta(1, 12, 300)
    pairs = [pair(found(ease, rng), found(ease, rng), "item/together, tail")]
    (finding,) = decided(pairs)
    assert finding.decided == "warned"
    assert "cannot tell a 5% loss with 300 queries; needs about" in finding.found
    assert re.fullmatch(
        r"item/together, tail: too few queries \(300 of about [\d,]+\) to tell a 5% loss; nothing to do", finding.short
    )
    (finding,) = decided(pairs, unsure="refuse")
    assert finding.decided == "refused"


def test_as_many_queries_as_it_asks_for_show_the_loss_eight_times_in_ten() -> None:
    """The formula against a count: values of independent queries, one row 20 % worse than the other."""
    rng = np.random.default_rng(2)
    needed = only(rng.random(200), rng.random(200)).needs(0.2)
    shown = [only(0.8 * rng.random(needed), rng.random(needed)).corrected < SERVED_LEVEL for _ in range(60)]
    assert 0.62 <= np.mean(shown) <= 0.97
    assert 50 < needed < 200


def test_nothing_asked_cannot_be_told_and_nothing_reached_cannot_be_lost() -> None:
    nothing = np.full(5, np.nan)
    assert only(nothing, nothing).verdict(SERVED_LEVEL, 0.05) == "cannot tell"
    assert only(np.zeros(5), np.zeros(5)).verdict(SERVED_LEVEL, 0.05) == "not worse"
    assert losses([], SERVED_LEVEL, np.random.default_rng(0)) == []


def test_queries_of_one_unit_are_not_independent() -> None:
    rng = np.random.default_rng(3)
    theirs = rng.random(20)
    ours = theirs - rng.normal(0.1, 0.2, 20)
    once = only(ours, theirs)
    units = np.repeat(np.arange(20), 30)
    many = Pair("served", "", units, np.repeat(ours, 30), np.repeat(theirs, 30), 0.02)
    (repeated,) = losses([many], SERVED_LEVEL, np.random.default_rng(0))
    assert repeated.p == pytest.approx(once.p, abs=0.02)
    assert repeated.low == pytest.approx(once.low, abs=0.05)


def test_each_pair_is_corrected_for_all_that_are_tested_together() -> None:
    rng = np.random.default_rng(4)
    theirs = rng.random(100)
    worse = pair(theirs - rng.normal(0.05, 0.2, 100), theirs, "worse")
    alone = losses([worse], SERVED_LEVEL, np.random.default_rng(0))[0]
    others = [pair(theirs, theirs, f"the same {n}") for n in range(9)]
    among = losses([*others, worse], SERVED_LEVEL, np.random.default_rng(0))[-1]
    assert among.pair.about == "worse"
    assert among.corrected == pytest.approx(10 * alone.p, rel=0.35)


def test_a_bad_model_is_refused() -> None:
    """Labels shuffled: what it finds is right by chance only."""
    rng = np.random.default_rng(5)
    ease = rng.beta(1, 8, 300)
    findings = decided([pair(rng.permutation(found(ease, rng)) * (rng.random(300) < 0.1), found(ease, rng))])
    assert [finding.decided for finding in findings] == ["refused"]


def test_five_per_cent_lost_in_the_tail_alone_are_refused_there_and_nowhere_else() -> None:
    """The candidate lists what the served one does, but for a twentieth of the tail, which it has forgotten."""
    rng = np.random.default_rng(6)
    n, third = 6000, np.tile([0.0, 1.0, 2.0], 2000)
    theirs = found(rng.beta(1, 6, n), rng)
    ours = np.where((third == 2) & (rng.random(n) < 0.05), 0.0, theirs)
    findings = decided(parted(ours, theirs, third))
    assert {finding.about: finding.decided for finding in findings} == {
        "whole": "passed", "head": "passed", "torso": "passed", "tail": "refused"
    }  # fmt: skip


def test_the_same_model_with_another_seed_passes_95_times_in_100() -> None:
    """A/A: two rows drawn alike, judged whole and in three segments; `benchmarks/gate.py` counts a thousand times."""
    rng = np.random.default_rng(8)
    refusals = 0
    for _ in range(100):
        ease, third = rng.beta(1, 8, 240), rng.integers(3, size=240).astype(np.float64)
        findings = decided(parted(found(ease, rng), found(ease, rng), third), seed=int(rng.integers(2**31)))
        refusals += any(finding.decided == "refused" for finding in findings)
    assert refusals <= 5


def test_baselines_far_behind_do_not_hide_a_loss_against_another() -> None:
    theirs = np.ones(300)
    ours = np.where(np.arange(300) < 10, 0.0, theirs)  # which chance does once in a thousand times
    behind = [pair(theirs, 0.1 * theirs, f"{n} far behind") for n in range(20)]
    counted = losses([pair(ours, theirs), *behind], 0.01, np.random.default_rng(0))
    looked_at = losses([pair(ours, theirs), *behind], 0.01, np.random.default_rng(0), worse_only=True)
    assert counted[0].verdict(0.01, 0.05) != "worse"
    assert looked_at[0].verdict(0.01, 0.05) == "worse"
    assert looked_at[0].corrected == pytest.approx(2 * looked_at[0].p)  # both sides, and no other test
    assert {loss.corrected for loss in looked_at[1:]} == {1.0}


def test_what_is_equal_or_was_not_asked_is_no_test_either() -> None:
    values, nothing = np.array([0.0, 0.5, 1.0]), np.full(3, np.nan)
    pairs = [pair(values, values), pair(nothing, values), pair(0.9 * values, values)]
    equal, unasked, worse = losses(pairs, 0.01, np.random.default_rng(0), worse_only=True)
    assert equal.corrected == 1.0
    assert worse.corrected == pytest.approx(2 * worse.p)
    assert np.isnan(unasked.corrected)
    assert losses([], 0.01, np.random.default_rng(0), worse_only=True) == []


def test_a_terminal_gives_each_warning_one_line() -> None:
    unsure = Finding("served", "home, tail", "-3.8% (95 % interval …)", "no loss", "warned", brief="too few queries")
    golden = Finding("golden", "home, a", "no b", "among the first 5: b", "warned")
    lost = Finding("reach", "", "2 items", "at least 5%", "refused")
    passed = Finding("size", "", "1 MB", "at most 2 MB", "passed")
    out = Console(file=io.StringIO(), width=80)
    out.print(terminal(Verdict("b", None, "d", (unsure, golden, lost, passed), "now", "me")))
    lines = [line.rstrip() for line in out.file.getvalue().splitlines()]  # type: ignore[attr-defined]
    assert lines[1].startswith("refused  reach")
    assert lines[2:] == [
        "warned  served: home, tail: too few queries",
        "warned  golden: home, a: no b; expected among the first 5: b",
        "passed: size ×1",
        "b is not released (1 refused, 2 warned, 1 passed)",
    ]
