"""A study: tries that several processes or machines take from one store, and go on with after any of them was killed.

Proposals come from Optuna: Akiba et al., Optuna: a next-generation hyperparameter optimization framework, KDD 2019;
TPE after Bergstra et al., Algorithms for hyper-parameter optimization, NIPS 2011. A proposal depends only on the seed
and on what has ended before it, so that one worker alone finds the same, interrupted or not.

In the store, a try that has failed carries its error; one that failed without any was interrupted, and does not count.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from endcap.core.part import needs
from endcap.core.stopping import raise_if_told_to_stop
from endcap.core.tunable import Between
from endcap.evaluate.tuning.contest import RUNGS, Outcome, Report
from endcap.evaluate.tuning.journal import JournalLock, cut_torn_line
from endcap.evaluate.tuning.space import Space, holds, labels, plain, planned, rounded
from endcap.evaluate.tuning.worker import Worker

if TYPE_CHECKING:
    from optuna.storages import BaseStorage
    from optuna.study import Study
    from optuna.trial import FrozenTrial
    from optuna.trial import Trial as Open

Method = Literal["grid", "random", "tpe", "halving"]
State = Literal["finished", "stopped", "failed", "running"]
Attempt = Callable[[Mapping[str, Any], Report], Outcome]
"""From settings to what came of them."""
JOURNAL = "journal.log"
ASKING = "asking "
"""In the store, before the name of a process that takes tries."""


@dataclass(frozen=True)
class Plan:
    """What is searched, how, and for how long."""

    space: Space
    method: Method
    trials: int
    untuned: Mapping[str, Any]
    """The settings that are there: tried first, wherever they lie."""
    seed: int = 0
    patience: int = 0
    """The search ends when so many tries in a row brought nothing better; 0: never."""


@dataclass(frozen=True)
class Trial:
    """One try, as the store has it."""

    number: int
    state: State
    """``stopped``: it lay behind before it had all of the resource."""
    settings: Mapping[str, Any]
    value: float | None
    seconds: float | None
    rungs: tuple[float, ...] = ()
    """The values on the way, of what was halved."""
    error: str = ""


def store(where: str, folder: Path) -> "BaseStorage":
    """The store at a database address, or in a journal file (a path, relative to the folder; empty: one in it)."""
    optuna = needs("optuna", extra="tune")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    if "://" in where:
        storage: BaseStorage = optuna.storages.RDBStorage(where)
        return storage
    path = folder / (where or JOURNAL)
    path.parent.mkdir(parents=True, exist_ok=True)
    backend = optuna.storages.journal.JournalFileBackend(str(path), lock_obj=JournalLock(path))
    cut_torn_line(path)
    journal: BaseStorage = optuna.storages.JournalStorage(backend)
    return journal


def opened(storage: "BaseStorage", name: str, plan: Plan, *, fresh: bool = False) -> "Study":
    """The study of that name, begun or gone on with; `fresh` forgets what it holds."""
    optuna = needs("optuna", extra="tune")
    if fresh:
        with suppress(KeyError):
            optuna.delete_study(study_name=name, storage=storage)
    pruner = optuna.pruners.NopPruner()
    if plan.method == "halving":
        pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=RUNGS[0], reduction_factor=RUNGS[1] // RUNGS[0])
    study: Study = optuna.create_study(
        storage=storage, study_name=name, direction="maximize", load_if_exists=True, pruner=pruner
    )
    if "planned" not in study.user_attrs:
        stored = [
            _as_planned(plan.space, settings)
            for settings in planned(plan.space, plan.method, plan.trials, plan.untuned)
        ]
        study.set_user_attr("planned", stored)
    _plan_missing(study)
    return study


def work(
    study: "Study",
    plan: Plan,
    attempt: Attempt,
    worker: Worker,
    seen: Callable[[Sequence[Trial]], None] = lambda _: None,
) -> None:
    """Takes tries and ends them until none is left; `seen` is told of all after each.

    What a try raises is recorded and ends nothing but that try. One that is interrupted is left for the next run.
    """
    while (trial := _taken(study, plan, worker)) is not None:
        try:
            _try(study, plan, trial, attempt)
        except BaseException:
            _given_back(study, trial.number)
            raise
        seen(trials(study))


def trials(study: "Study") -> list[Trial]:
    """Every try that counts, by number."""
    crashes = study.user_attrs
    return [_told(trial, crashes) for trial in study.get_trials(deepcopy=False) if _counts(trial, crashes)]


def best(found: Sequence[Trial]) -> Trial | None:
    """The best of those that finished, the earlier of equals; None if none has."""
    finished = [trial for trial in found if trial.state == "finished"]
    return max(finished, key=lambda trial: (trial.value, -trial.number)) if finished else None


def reclaimed(study: "Study", worker: Worker) -> int:
    """Gives back the tries of processes that are no more, so that somebody takes them again; how many there were.

    A process that ended just after it took a try has not said so with the try: such a try is given back when all who
    ever took tries and may be meant are gone. Must not be called by a worker that is within a try.
    """
    longest = max((trial.seconds or 0.0 for trial in trials(study)), default=0.0)
    running = [trial for trial in study.get_trials(deepcopy=False) if trial.state.name == "RUNNING"]
    asking = [told for name, told in study.user_attrs.items() if name.startswith(ASKING)]
    lost = 0
    for trial in running:
        holder = trial.user_attrs.get("worker")
        if all(worker.outlives(told, longest) for told in ([holder] if holder else asking)):
            _given_back(study, trial.number)
            lost += 1
    return lost


def crashed(study: "Study", worker: Worker, pid: int, reason: str) -> bool:
    """Records that a process of this machine ended within a try; whether it was in one."""
    for trial in study.get_trials(deepcopy=False):
        if trial.state.name == "RUNNING" and worker.holds(trial.user_attrs.get("worker"), pid):
            study.set_user_attr(f"crash {trial.number}", reason)
            study.tell(trial.number, state=_states().FAIL)
            return True
    return False


def _taken(study: "Study", plan: Plan, worker: Worker) -> "Open | None":
    """The next try; None if as many as planned are ended or under way, or nothing better comes."""
    optuna = needs("optuna", extra="tune")
    known = trials(study)
    if len(known) >= plan.trials or _tired(known, plan.patience):
        return None
    waiting = any(trial.state.name == "WAITING" for trial in study.get_trials(deepcopy=False))
    if plan.method == "grid" and not waiting:
        return None
    alone = worker.number == 0 and not any(trial.state == "running" for trial in known)
    entropy = [plan.seed, len(known), *([] if alone else worker.entropy)]
    seed = int(np.random.SeedSequence(entropy).generate_state(1)[0])
    study.sampler = optuna.samplers.TPESampler(seed=seed)
    if plan.method == "random":
        study.sampler = optuna.samplers.RandomSampler(seed=seed)
    # Who ends between these three leaves a try that names nobody; `reclaimed` then knows who it may have been.
    study.set_user_attr(f"{ASKING}{worker.process.token}", worker.told())
    trial: Open = study.ask()
    trial.set_user_attr("worker", worker.told())
    # Others may have taken the last ones in the meantime.
    before = [other for other in trials(study) if other.number < trial.number]
    if len(before) >= plan.trials or (plan.method == "grid" and "planned" not in trial.user_attrs):
        _given_back(study, trial.number)
        return None
    return trial


def _try(study: "Study", plan: Plan, trial: "Open", attempt: Attempt) -> None:
    as_it_stands = trial.user_attrs.get("planned") == {}
    proposed = {name: plain(plan.untuned[name]) if as_it_stands else _drawn(trial, plan, name) for name in plan.space}
    same = json.dumps(proposed)
    trial.set_user_attr("proposed", same)
    trial.set_user_attr("settings", same)

    def report(rung: int, value: float) -> bool:
        trial.report(value, rung)
        return trial.should_prune()

    known = [other for other in study.get_trials(deepcopy=False) if other.user_attrs.get("proposed") == same]
    done = next((_told(other, {}) for other in known if other.state.name == "COMPLETE"), None)
    try:
        outcome = Outcome(done.value or 0.0, done.settings, done.rungs) if done else attempt(proposed, report)
        if not np.isfinite(outcome.value):
            raise ValueError(f"the value is {outcome.value}; expected a number")
    except Exception as error:  # whatever goes wrong with some settings, others may do
        raise_if_told_to_stop()  # an interrupted library may raise an error of its own
        trial.set_user_attr("error", f"{type(error).__name__}: {error}")
        study.tell(trial, state=_states().FAIL)
        return
    trial.set_user_attr("settings", json.dumps(dict(outcome.settings)))
    trial.set_user_attr("rungs", list(outcome.rungs))
    if outcome.stopped:
        study.tell(trial, state=_states().PRUNED)
    else:
        study.tell(trial, outcome.value)


def _given_back(study: "Study", number: int) -> None:
    """Ends a try without an error, which does not count; if it was planned, it is planned again."""
    trial = study.get_trials(deepcopy=False)[number]
    if trial.state.is_finished():
        return
    study.tell(number, state=_states().FAIL)
    _plan_missing(study)


def _plan_missing(study: "Study") -> None:
    """Enqueues what is planned and neither waits nor was taken; who is killed in between leaves it to the next."""
    wanted, crashes = study.user_attrs["planned"], study.user_attrs
    if not isinstance(wanted, list):  # a study of an older version
        return
    there = [
        trial.user_attrs.get("planned")
        for trial in study.get_trials(deepcopy=False)
        if trial.state.name == "WAITING" or _counts(trial, crashes)
    ]
    for params in wanted:
        if params not in there:
            study.enqueue_trial(params, user_attrs={"planned": params})


def _as_planned(space: Space, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings as a store holds them; none, where they lie outside the space: these the try takes from the plan."""
    return {name: _stored(space, name, value) for name, value in settings.items()} if holds(space, settings) else {}


def _drawn(trial: "Open", plan: Plan, name: str) -> Any:
    choice = plan.space[name]
    if not isinstance(choice, Between):
        kept = labels(choice)
        return choice.values[kept.index(trial.suggest_categorical(name, kept))]
    if choice.whole:
        return trial.suggest_int(name, int(choice.low), int(choice.high), log=choice.log)
    value = trial.suggest_float(name, choice.low, choice.high, log=choice.log)
    return value if value == plan.untuned.get(name) else rounded(choice, value)


def _stored(space: Space, name: str, value: Any) -> Any:
    choice = space[name]
    return value if isinstance(choice, Between) else labels(choice)[[*map(plain, choice.values)].index(plain(value))]


def _tired(known: Sequence[Trial], patience: int) -> bool:
    winner = best(known)
    since = [trial for trial in known if winner and trial.number > winner.number and trial.state != "running"]
    return 0 < patience <= len(since)


def _counts(trial: "FrozenTrial", crashes: Mapping[str, Any]) -> bool:
    if trial.state.name == "FAIL":
        return "error" in trial.user_attrs or f"crash {trial.number}" in crashes
    return trial.state.name != "WAITING"


def _told(trial: "FrozenTrial", crashes: Mapping[str, Any]) -> Trial:
    told, states = (
        trial.user_attrs,
        {"COMPLETE": "finished", "PRUNED": "stopped", "FAIL": "failed", "RUNNING": "running"},
    )
    error = told.get("error", crashes.get(f"crash {trial.number}", ""))
    rungs = tuple(told.get("rungs", ()))
    return Trial(
        number=trial.number,
        state=states[trial.state.name],  # type: ignore[arg-type]
        settings=json.loads(told.get("settings", "{}")),
        value=trial.value if trial.state.name in {"COMPLETE", "PRUNED"} else None,
        seconds=None if trial.duration is None else trial.duration.total_seconds(),
        rungs=rungs,
        error=error,
    )


def _states() -> Any:
    return needs("optuna", extra="tune").trial.TrialState
