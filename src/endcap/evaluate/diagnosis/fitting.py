"""Does a model learn too little or too much? Said in words, by rules that are told with them."""

from dataclasses import dataclass
from math import isnan
from typing import Literal

from endcap.evaluate.backtest import MAIN
from endcap.evaluate.diagnosis.curves import Curve, Point

FAR = 0.5
"""A model that loses more than this share of what it reaches on what it has seen remembers rather than learns."""
Kind = Literal["over-fits", "under-fits", "wants more data", "has learned what it can"]


@dataclass(frozen=True)
class Verdict:
    """What the curves say of a model."""

    kind: Kind
    sentence: str
    rule: str
    """By which rule, in words."""


def fitting(data: Curve, epochs: Curve | None = None) -> Verdict:
    """What a curve over sessions, and one over epochs where the model has them, say; the first rule that holds.

    Steps of a curve count if they are shown (`Difference.shown`), the gap if the intervals of the two do not meet.
    """
    here, gap = data.here, _gap(data.here)
    if epochs is not None:
        upto, beyond = _step(epochs, 0), _step(epochs, 1)
        if upto < 0:
            sentence = f"It over-fits: with fewer epochs its {MAIN} was {-upto:.4f} higher."
            return Verdict("over-fits", sentence, "the step up to the planned epochs is shown to be below zero")
        if beyond > 0:
            sentence = f"It under-fits: trained for longer, its {MAIN} is {beyond:.4f} higher."
            return Verdict("under-fits", sentence, "the step beyond the planned epochs is shown to be above zero")
    grown = here.further.mean if here.further is not None else 0.0
    helped = _step(data, 0) > 0
    if gap is not None and gap > FAR:
        more = f" More data would help: the last doubling brought {grown:+.4f}." if helped else ""
        sentence = (
            f"It over-fits: asked about what it was trained on it reaches {here.seen.mean:.4f}, "
            f"about later time {here.unseen.mean:.4f}.{more}"
        )
        return Verdict("over-fits", sentence, f"it loses more than {FAR:.0%} of what it reaches on what it has seen")
    if helped:
        sentence = f"It wants more data: the last doubling brought {grown:+.4f} {MAIN}."
        return Verdict(
            "wants more data", sentence, "the step from half of the sessions to all is shown to be above zero"
        )
    told = "" if gap is None else f" It keeps {1 - gap:.0%} of what it reaches on what it has seen."
    sentence = f"It has learned what it can: the last doubling of the data brought {grown:+.4f} {MAIN}.{told}"
    return Verdict("has learned what it can", sentence, "neither more data nor more epochs are shown to help")


def _gap(point: Point) -> float | None:
    """The share of the score on what was seen that is lost later; None if there is none, or the intervals meet."""
    if isnan(point.seen.mean) or point.seen.low <= point.unseen.high:
        return None
    return 1 - point.unseen.mean / point.seen.mean


def _step(curve: Curve, beyond: int) -> float:
    """What the step up to the planned point (0), or the one beyond it (1), brings; 0 if that is not shown."""
    place = curve.points.index(curve.here) + beyond
    further = curve.points[place].further if place < len(curve.points) else None
    return further.mean if further is not None and further.shown else 0.0
