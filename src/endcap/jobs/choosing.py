"""Models and slots of a first settings file, chosen by a short back-test: `choose_defaults`, called by `init`."""

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from endcap.config import Config, load, parse
from endcap.core.dataset import Dataset
from endcap.core.errors import BadData, EndcapError
from endcap.core.progress import Watch
from endcap.core.saving import write_atomically
from endcap.jobs.common import NOBODY
from endcap.jobs.preparing import prepared_with
from endcap.jobs.splitting import split_of
from endcap.slots.slot import Slot

if TYPE_CHECKING:
    from endcap.core.query import Retriever
    from endcap.data.splits import Split
    from endcap.data.starting.models_and_slots import Chosen
    from endcap.data.starting.proposals import Names, Proposal, SlotProposal
    from endcap.evaluate.choice import Tried
    from endcap.evaluate.facts import Facts as ItemFacts
    from endcap.evaluate.metrics import Values
    from endcap.evaluate.tasks import Task

MAX_EVENTS = 200_000
"""Of a larger log, users and visits are drawn until about so many events are left; items are never drawn."""
MIN_QUERIES = 50
"""With fewer, a slot keeps what it started with, unless something is better by more than chance explains …"""
FEWEST_QUERIES = 5
"""… and with even fewer, nothing is tried."""
MAX_QUERIES = 1000
FIRST_QUERIES = 200
"""All candidates are tried on so many queries …"""
FINALISTS = 4
"""… and so many of the best on all of them."""
VALIDATION_SHARE = 0.2
"""Of the orders (or visits) that `evaluate` learns from, the latest such share is what settings are chosen on."""


@dataclass(frozen=True)
class Choices:
    """What was chosen for each slot, with the reason as the settings tell it."""

    slots: "Mapping[str, Chosen]"
    """By slot; those that could not be tried are not there."""


@dataclass(frozen=True)
class _Trial:
    """Everything that slots are tried with: split, fitted models, baselines."""

    config: Config
    split: "Split"
    models: "Mapping[str, Retriever]"
    baselines: "Mapping[str, Retriever]"
    facts: "ItemFacts"
    costs: Mapping[str, int]


def choose_defaults(config: Path, watch: Watch = NOBODY) -> Choices:
    """Choose the models and slots of a settings file that `init` wrote, and write them in place of those that it has.

    The data is prepared, and models and slots are proposed for what it holds. Then every slot is tried with a handful
    of retrievers on the latest part of what `evaluate` learns from; what `evaluate` and the gate judge by is not
    looked at. Data that cannot be prepared or split leaves the settings as they are, with a word why. After
    KeyboardInterrupt, which is raised again, slots that were not tried keep what they started with.
    """
    from endcap.data.starting.models_and_slots import text_of
    from endcap.data.starting.proposals import propose

    try:
        settings = load(config)
        data = prepared_with(settings, watch).dataset
        proposal, split = propose(_facts(settings, data, watch)), _validation(settings, data, watch)
    except EndcapError as error:
        watch.show(f"the defaults were not tried: {error}")
        return Choices({})
    chosen: dict[str, Chosen] = {}
    try:
        _write(config, text_of(proposal, chosen))
        for name, choice in _tried(config, proposal, split, watch) if split is not None else ():
            chosen |= {name: choice}  # one by one, so that none is lost if somebody stops it
    except KeyboardInterrupt:
        watch.show("stopped: slots that were not tried keep what they started with")
        raise
    except EndcapError as error:
        watch.show(f"the defaults were not tried: {error}")
    finally:
        _write(config, text_of(proposal, chosen))
    return Choices(chosen)


def _facts(config: Config, data: Dataset, watch: Watch) -> Any:
    """What the data held at the cut, so that no model is proposed that `evaluate` could not fit; else what it holds."""
    from endcap.data.starting.facts import facts_of

    try:
        known, today = facts_of(split_of(config, data, watch).train), facts_of(data)
        return replace(known, new=today.new, unsold=today.unsold)
    except BadData:
        return facts_of(data)


def _validation(config: Config, data: Dataset, watch: Watch) -> "Split | None":
    """The split that defaults are chosen on, inside what `evaluate` learns from; None if there is too little."""
    from endcap.data.splits import with_validation

    try:
        outer = split_of(config, data, watch)
        small = replace(outer, train=_sampled(outer.train, np.random.default_rng(config.settings.seed)))
        return with_validation(small, VALIDATION_SHARE).inner
    except BadData:
        return None


def _sampled(data: Dataset, rng: np.random.Generator) -> Dataset:
    """About `MAX_EVENTS` events: all of some users, and of some visits of guests."""
    events = data.events
    if len(events) <= MAX_EVENTS:
        return data
    share = MAX_EVENTS / len(events)
    users = rng.random(len(data.users) + 1) < share
    visits = rng.random(int(events.session.max(initial=-1)) + 1) < share
    kept = np.where(events.user >= 0, users[events.user], visits[events.session])
    return replace(data, events=events.take(kept), fingerprint=f"{data.fingerprint}[a sample]")


def _write(config: Path, text: str) -> None:
    from endcap.data.starting.models_and_slots import with_models_and_slots

    write_atomically(config, with_models_and_slots(config.read_text(), text))


def _tried(path: Path, proposal: "Proposal", split: "Split", watch: Watch) -> "Iterator[tuple[str, Chosen]]":
    """Slots with what was chosen for each, as soon as it is."""
    from endcap.data.starting.models_and_slots import text_of, with_models_and_slots

    config = parse(with_models_and_slots(path.read_text(), text_of(proposal, {}, everything=True)), path)
    tasks = {slot.name: _task(slot, split, config.settings.seed) for slot in proposal.slots if slot.task}
    queries = {name: len(task.queries) for name, task in tasks.items()}
    asked = [slot for slot in proposal.slots if queries.get(slot.name, 0) >= FEWEST_QUERIES]
    for slot in proposal.slots:
        if slot.name in queries and slot not in asked:
            yield slot.name, _untried(slot, queries[slot.name])
    if not asked:
        return
    trial = _trial(config, proposal, split, asked, watch)
    for slot in asked:
        ways = f"{len(slot.candidates) + 1} ways, {queries[slot.name]:,} queries"
        with watch.step(f"try what may fill {slot.name} ({ways})"):
            yield slot.name, _choose(slot, tasks[slot.name], trial)


def _task(slot: "SlotProposal", split: "Split", seed: int) -> "Task":
    from endcap.evaluate.tasks import TASKS, alive_when_asked

    assert slot.task is not None
    task = TASKS[slot.task](split.train, split.test, np.random.default_rng(seed), MAX_QUERIES)
    return replace(alive_when_asked(task, split.train, split.test), twin=None)


def _trial(
    config: Config, proposal: "Proposal", split: "Split", slots: "Sequence[SlotProposal]", watch: Watch
) -> _Trial:
    """Every model that one of the slots may need, and the baselines, fitted; what cannot be fitted is left out."""
    from endcap.evaluate.facts import Facts as ItemFacts
    from endcap.jobs.training import retriever_of
    from endcap.models.baselines import baselines

    needed = {name for slot in slots for names in (slot.retrievers, slot.fallback, *slot.candidates) for name in names}
    recipes = {name: config.recipes[name] for name in proposal.models if name in needed}
    always = baselines(split.train)
    different = list(dict.fromkeys([*recipes.values(), *always.values()]))
    seed = config.settings.seed

    def fit(recipe: Any) -> Any:
        try:
            return recipe.fit(split.train, np.random.default_rng(seed))
        except BadData:  # too little of it before the cut
            return None

    dearest_first = sorted(different, key=lambda recipe: -float(getattr(recipe, "epochs", 0)))
    with (
        watch.step(f"fit {len(different)} models to choose from"),
        ThreadPoolExecutor(os.cpu_count()) as pool,
    ):
        models = dict(zip(dearest_first, pool.map(fit, dearest_first), strict=True))
    fitted = {
        name: retriever_of(models[recipe], config.searches[name])
        for name, recipe in recipes.items()
        if models[recipe] is not None
    }
    compared = {name: models[recipe] for name, recipe in always.items() if models[recipe] is not None}
    costs = {name: model.cost for name, model in proposal.models.items()}
    return _Trial(config, split, fitted, compared, ItemFacts.of(split.train.catalog), costs)


def _choose(slot: "SlotProposal", task: "Task", trial: _Trial) -> "Chosen":
    """What fills a slot best, as `endcap.evaluate.choice` says it."""
    from endcap.data.starting.models_and_slots import Chosen
    from endcap.evaluate.choice import best_baseline

    name, bar = best_baseline(_baselines(task, trial, slot.stages))
    finalists, stages = _finalists(slot, task, trial), slot.stages
    tried = [_values(slot, names, stages, task, trial) for names in finalists]
    place = _place(tried, bar, task, trial)
    if slot.optional and tried[place].mean < bar:
        # A stage that keeps things out may also keep out what people want.
        fewer = tuple(stage for stage in stages if stage not in slot.optional)
        again = [_values(slot, names, fewer, task, trial) for names in finalists]
        other = _place(again, bar, task, trial)
        if again[other].mean > tried[place].mean:
            tried, place, stages = again, other, fewer
    n, split = len(task.queries), trial.split
    span = "..".join(f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}" for at in (split.cut, split.test.now))
    beside = f", {name} {bar:.3f}" if name else ""
    reached = f"NDCG@10 {tried[place].mean:.3f}{beside}, on {n:,} queries"
    told = [f"chosen on {span}: {reached}"]
    if n < MIN_QUERIES:
        kept = place == 0 and stages == slot.stages
        told = [
            f"{'kept, since nothing is surely better' if kept else 'chosen'} on {span}: {reached}",
            f"which are few: with {MIN_QUERIES} or more, other models might be chosen",
        ]
    return Chosen(finalists[place], stages, "\n".join([*told, *filter(None, [slot.note])]))


def _finalists(slot: "SlotProposal", task: "Task", trial: _Trial) -> "list[Names]":
    """What the slot starts with, and the best of what may fill it instead, as far as a first look can tell."""
    ways = [names for names in (slot.retrievers, *slot.candidates) if all(name in trial.models for name in names)]
    few = task.take(np.arange(min(FIRST_QUERIES, len(task.queries))))
    means = {names: _values(slot, names, slot.stages, few, trial).mean for names in ways}
    best = sorted(ways, key=lambda names: -means[names])[:FINALISTS]
    return list(dict.fromkeys([ways[0], *best]))


def _place(tried: "Sequence[Tried]", bar: float, task: "Task", trial: _Trial) -> int:
    """Which of the finalists is taken; the first of them is what the slot starts with."""
    from endcap.evaluate.choice import best_of, better_than

    rng = np.random.default_rng(trial.config.settings.seed)
    if len(task.queries) >= MIN_QUERIES:
        return best_of(tried, bar, task.units, rng)
    return better_than(tried[0], tried, task.units, rng) or 0


def _untried(slot: "SlotProposal", queries: int) -> "Chosen":
    from endcap.data.starting.models_and_slots import untried

    told = f"not tried: the data has {queries} queries to choose by; {MIN_QUERIES} or more would tell"
    return replace(untried(slot), note="\n".join(filter(None, [told, slot.note])))


def _values(slot: "SlotProposal", names: "Names", stages: "Names", task: "Task", trial: _Trial) -> "Tried":
    """What a slot that is filled so reaches on each query."""
    from endcap.evaluate.choice import Tried

    built, models = trial.config.stages[slot.name], trial.models
    filled = Slot(
        name=slot.name,
        retrievers={name: models[name] for name in names},
        stages={name: built[name] for name in stages},
        fallbacks={name: models[name] for name in slot.fallback if name in models and name not in names},
    )
    cost = sum(trial.costs[name] for name in names) + len(names) - 1
    return Tried(cost, _reached(filled, stages, task, trial, deep=False))


def _baselines(task: "Task", trial: _Trial, stages: "Names") -> "dict[str, Values]":
    return {name: _reached(model, stages, task, trial, deep=True) for name, model in trial.baselines.items()}


def _reached(retriever: "Retriever", stages: "Names", task: "Task", trial: _Trial, *, deep: bool) -> "Values":
    """The metric that decides, told of families where a slot with these stages shows one item of each."""
    from endcap.evaluate.backtest import DEPTH, FAMILY_MAIN, MAIN, Entry, evaluated
    from endcap.evaluate.metrics import CUT

    score = evaluated(Entry("", "slot", retriever, (task.name,)), task, trial.facts, k=DEPTH if deep else CUT)
    metric = FAMILY_MAIN if "one_per_family" in stages and FAMILY_MAIN in score.values else MAIN
    return score.values[metric]
