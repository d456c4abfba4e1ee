"""What the gate is told of a bundle, and what it says."""

import getpass
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from endcap.config import Config
from endcap.core.bundle import Bundle, Move, Shelf
from endcap.core.errors import BadBundle, BadData, EndcapError
from endcap.core.progress import Watch
from endcap.core.records import Request
from endcap.core.saving import facts_of
from endcap.jobs.evidence import evidence_for, same_recipes, settings_of, slots_before_the_cut
from endcap.jobs.remedying import known_settings, on_sale_where_few
from endcap.slots.slot import Slot

if TYPE_CHECKING:
    from endcap.evaluate.gate.evidence import Evidence
    from endcap.evaluate.gate.quality import Slots
    from endcap.evaluate.gate.rules import Finding, Judge
    from endcap.evaluate.gate.settings import Golden
    from endcap.evaluate.gate.verdict import Verdict
    from endcap.serve.recommender import Recommender


@dataclass(frozen=True)
class Opened:
    """A bundle that could be read, with its own settings and what answers from it."""

    path: Path
    bundle: Bundle
    config: Config
    slots: Mapping[str, Slot]
    answering: "Recommender"
    seconds: float
    """That reading and checking it took."""

    @classmethod
    def at(cls, path: Path, settings: Config) -> "Opened":
        """The bundle in a folder, every byte checked; raises `BadBundle`, or `BadConfig` for its settings."""
        from endcap.serve.recommender import Recommender
        from endcap.stream.recent import Recent

        start = time.perf_counter()
        bundle = Bundle.load(path)
        seconds = time.perf_counter() - start
        config = settings_of(bundle.facts, settings)
        missing = sorted(set(config.recipes) - set(bundle.models))
        if missing:
            raise BadBundle(f"{bundle.name}: its settings name model {missing[0]!r}, which it does not have")
        slots = config.slots(bundle.models)
        return cls(path, bundle, config, slots, Recommender(bundle, slots, Recent()), seconds)

    @property
    def data(self) -> str:
        """Fingerprint of what it was fitted on."""
        return str(self.bundle.facts.get("data", "unknown"))

    def shown(self, question: "Golden") -> list[str]:
        """The items that a slot shows in answer to a question."""
        request = Request(
            slot=question.slot, item=question.item, cart=list(question.cart), user=question.user, k=question.k
        )
        return [item.item_id for item in self.answering.answer(request, time.time()).items]

    def asks(self) -> list[Callable[[], object]]:
        """One request for each slot, beside the item that is bought most."""
        item = self.bundle.catalog.items.ids[int(np.argmax(self.bundle.catalog["bought"]))]
        requests = [Request(slot=name, item=item) for name in self.slots]
        return [lambda request=request: self.answering.answer(request, time.time()) for request in requests]  # type: ignore[misc]


def verdict_on(
    path: Path, settings: Config, shelf: Shelf, reason: str | None, watch: Watch
) -> "tuple[Verdict, Bundle | None]":
    """What the gate says of the bundle in a folder, and the bundle if it could be read."""
    from endcap.evaluate.gate import soundness
    from endcap.evaluate.gate.remedies import Known, with_remedies
    from endcap.evaluate.gate.rules import Judge, refused
    from endcap.evaluate.gate.verdict import Verdict

    judge, served = Judge(settings.settings.gate), shelf.named("current")
    found: list[Finding] = []
    opened: Opened | None = None
    with watch.step("check the bundle"):
        try:
            opened = Opened.at(path, settings)
        except (EndcapError, KeyError, TypeError) as error:
            rule = "bytes" if isinstance(error, BadBundle) else "settings"
            found.append(judge.find(rule, "", str(error), "a bundle as it was written, that can be read", ok=False))
        else:
            given = soundness.asked(opened.bundle, time.time())
            broken = [*soundness.whole(opened.bundle, given, judge)]
            found += broken or [*_showing(opened, judge)]
    if opened is not None and not found:
        judge = replace(judge, moving=_moving(opened.config))
        found += judge.sound()
        evidence, said = _evidence(opened, judge, watch)
        found += [*said, *_history(path.name, shelf, judge)]
        if evidence is not None:
            found += _against_served(opened, evidence, settings, shelf, judge, watch)
        with watch.step("hold it against its recipes and the baselines"):
            found += _against_itself(opened, evidence, judge) if evidence is not None else []
            found += [*soundness.sensible(opened.bundle, given, evidence, judge), *_answering(opened, shelf, judge)]
    data = opened.data if opened else "unknown"
    if refused(found):
        known = known_settings(opened.config, data, served) if opened else Known()
        known = replace(known, on_sale=on_sale_where_few(opened.bundle.catalog) if opened else "")
        found = with_remedies(found, known)
    verdict = Verdict(path.name, served.name if served else None, data, tuple(found), now(), who(), reason)
    return verdict, opened.bundle if opened else None


def now() -> str:
    """The time, as it is written down."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def who() -> str:
    """Who runs this, as far as the machine knows."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # in a container, a user may have a number only
        return "unknown"


def _moving(config: Config) -> frozenset[str]:
    """The models that look at the last days only (a setting `days`), and the slots that one of them helps to fill."""
    models = {name for name, recipe in config.recipes.items() if getattr(recipe, "days", None) is not None}
    slots = {name for name, slot in config.settings.slots.items() if models & set(slot.retrievers)}
    return frozenset(models | slots)


def _showing(opened: Opened, judge: "Judge") -> "Iterator[Finding]":
    """Whether every slot shows something, to a new visitor or beside the item that is bought most."""
    items = opened.bundle.catalog.items.ids
    bestseller = items[int(np.argmax(opened.bundle.catalog["bought"]))]
    for name in opened.slots:
        new, looking = (
            opened.answering.answer(Request(slot=name, item=item), time.time()) for item in (None, bestseller)
        )
        if not new.items and not looking.items:
            found = (
                f"slot {name!r} shows nothing, neither to a new visitor ({new.reason}) nor beside item {bestseller!r}"
            )
            yield judge.find("slots", name, found, "a list", ok=False)


def _evidence(opened: Opened, judge: "Judge", watch: Watch) -> "tuple[Evidence | None, list[Finding]]":
    """The back-test of the bundle's recipes; where there can be none, what that means."""
    expected = "a back-test of its recipes"
    try:
        return evidence_for(opened.config, opened.data, watch), []
    except BadData as error:  # too few orders to learn from some and judge by others
        return None, [judge.find("evidence", "", str(error), expected, ok=None)]
    except EndcapError as error:
        return None, [judge.find("evidence", "", str(error), expected, ok=False)]


def _against_served(
    opened: Opened, evidence: "Evidence", settings: Config, shelf: Shelf, judge: "Judge", watch: Watch
) -> "list[Finding]":
    """The candidate's recipes beside those that are served, fitted for the same back-test."""
    from endcap.evaluate.gate.quality import against_served

    current, expected = shelf.named("current"), "slots to hold it against"
    if current is None:
        return [judge.find("served", "", "nothing is served yet; held against baselines alone", "any", ok=True)]
    own, data = opened.config, opened.data
    try:
        theirs = settings_of(facts_of(current), settings)
        if same_recipes(own.settings, theirs.settings):
            found = f"the recipes of {current.name}: no back-test can tell them apart"
            return [judge.find("served", "", found, expected, ok=True)]
        served = slots_before_the_cut(own, theirs, data, watch)

        def again(turn: int) -> "tuple[Slots, Slots]":
            ours, before = (slots_before_the_cut(own, side, data, watch, turn) for side in (own, theirs))
            return ours, before

        rng = np.random.default_rng(own.settings.seed)
        return list(against_served(evidence, served, judge, rng, again))
    except EndcapError as error:
        found = f"{current.name} cannot be compared: {error}; held against baselines alone"
        return [judge.find("served", "", found, expected, ok=None)]


def _against_itself(opened: Opened, evidence: "Evidence", judge: "Judge") -> "Iterator[Finding]":
    """The bundle beside its recipes, and both beside the baselines."""
    from endcap.evaluate.gate.quality import against_itself

    tables, bundle = opened.config.settings.slots, opened.bundle
    slots = {name: (slot, task) for name, slot in opened.slots.items() if (task := tables[name].task)}
    rng = np.random.default_rng(opened.config.settings.seed)
    return against_itself(evidence, slots, bundle.models, bundle.catalog, judge, rng)


def _history(name: str, shelf: Shelf, judge: "Judge") -> "Iterator[Finding]":
    """Whether the bundle was taken back; a scheduler must not undo what a person did."""
    last: Move | None = None
    for move in shelf.history():
        if (move.what, move.bundle) == ("released", name) or (move.what, move.before) == ("rolled back", name):
            last = move
    back = last is not None and last.what == "rolled back"
    found = (
        f"taken back by {last.by}, {last.when}: {last.reason or 'no reason given'}" if last and back else "it was not"
    )
    yield judge.find("history", "", found, "not taken back since it was released", ok=not back)


def _answering(opened: Opened, shelf: Shelf, judge: "Judge") -> "Iterator[Finding]":
    """Questions whose answers are known, and what it costs to answer any."""
    from endcap.evaluate.gate.budgets import Costs, megabytes, timed, within
    from endcap.evaluate.gate.soundness import golden

    yield from golden(judge.settings.golden, opened.shown, judge, opened.bundle.catalog.items.fold)
    current, theirs = shelf.named("current"), []
    if judge.settings.max_slowdown is not None and current is not None:
        with suppress(EndcapError):  # that it cannot be read is said elsewhere
            theirs = Opened.at(current, opened.config).asks()
    milliseconds, before = timed(opened.asks(), theirs, time.perf_counter)
    yield from within(Costs(megabytes(opened.path), opened.seconds, milliseconds, before), judge)
