"""Does it fit? Size on disk, time to load, time to answer."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from endcap.evaluate.gate.rules import Finding, Judge

ROUNDS = 20
"""So often each slot is asked …"""
WARM = 2
"""… after so many times that are not counted."""
Ask = Callable[[], object]


@dataclass(frozen=True)
class Costs:
    """What a bundle takes."""

    megabytes: float
    load_seconds: float
    milliseconds: float
    """Median time of an answer."""
    before: float | None = None
    """The same of the served bundle, measured in turn; None where it was not."""


def megabytes(folder: Path) -> float:
    """Size on disk of a bundle."""
    return sum(path.stat().st_size for path in folder.iterdir()) / 1e6


def timed(ours: Sequence[Ask], theirs: Sequence[Ask], clock: Callable[[], float]) -> tuple[float, float | None]:
    """Median milliseconds of our answers and of theirs (None without any), in turn so that both share the noise."""
    spent: tuple[list[float], list[float]] = ([], [])
    for turn in range(WARM + ROUNDS):
        for asks, into in zip((ours, theirs), spent, strict=True):
            for ask in asks:
                start = clock()
                ask()
                if turn >= WARM:
                    into.append(1000 * (clock() - start))
    return median(spent[0]) if spent[0] else 0.0, median(spent[1]) if spent[1] else None


def within(costs: Costs, judge: Judge) -> Iterator[Finding]:
    """Whether a bundle fits what the settings allow."""
    limits = judge.settings
    yield _at_most(judge, "size", "on disk", costs.megabytes, limits.max_megabytes, "MB")
    yield _at_most(judge, "speed", "loading", costs.load_seconds, limits.max_load_seconds, "s")
    yield _at_most(judge, "speed", "answering", costs.milliseconds, limits.max_milliseconds, "ms")
    if limits.max_slowdown is not None and costs.before:
        times = costs.milliseconds / costs.before
        yield _at_most(judge, "speed", "answering", times, limits.max_slowdown, "times as long as what is served")


def _at_most(judge: Judge, rule: str, about: str, found: float, most: float | None, unit: str) -> Finding:
    expected = "any" if most is None else f"at most {most:g} {unit}"
    return judge.find(rule, about, f"{found:.3g} {unit}", expected, ok=most is None or found <= most)
