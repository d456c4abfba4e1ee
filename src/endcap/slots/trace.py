"""The record of one request through a slot; and the one place where a failing part is caught."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter_ns
from typing import Literal

from endcap.core.candidates import Candidates
from endcap.core.records import Step

PartKind = Literal["retriever", "stage", "fallback"]


class StageFailed(Exception):
    """A stage raised: what it would have kept out is not known, so its tier gives nothing."""


@dataclass(slots=True)
class Trace:
    """Runs parts and writes one line for each; it lives as long as the request."""

    steps: list[Step] = field(default_factory=list)

    def attempt(self, name: str, kind: PartKind, part: Callable[..., Candidates], *arguments: object) -> Candidates:
        """What the part gives; if it raises, retrievers give nothing and stages raise `StageFailed`."""
        start = perf_counter_ns()
        try:
            given = part(*arguments)
        except Exception as error:  # the only place that catches: any part may fail in any way
            spent = (perf_counter_ns() - start) / 1000
            self.steps.append(Step(name, kind, 0, spent, f"{type(error).__name__}: {error}"))
            if kind == "stage":
                raise StageFailed(name) from error
            return Candidates.none()
        self.steps.append(Step(name, kind, len(given), (perf_counter_ns() - start) / 1000))
        return given

    @property
    def failures(self) -> list[Step]:
        """The lines of the parts that raised."""
        return [step for step in self.steps if step.error]
