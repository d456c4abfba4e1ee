"""What a search may set a field of a recipe to, said beside the field.

```python
shrink: Annotated[NonNegativeFloat, Between(0.1, 1000.0, log=True)] = 10.0
half_life: Annotated[PositiveFloat | None, OneOf((None, 7.0, 30.0, 90.0))] = None
threads: Annotated[PositiveInt, SETTLED] = 1
```

A field that says nothing is searched within its own constraints, as `endcap.evaluate.tuning.space` reads them.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Between:
    """Every number from `low` to `high`, both included; whole numbers only, if both are `int`."""

    low: float
    high: float
    log: bool = False
    """Each doubling is as likely as the next: for what acts by its order of magnitude."""

    def __post_init__(self) -> None:
        if not self.low < self.high or (self.log and self.low <= 0):
            above = "0 < low < high on a logarithmic scale" if self.log else "low < high"
            raise ValueError(f"a range from {self.low} to {self.high}; expected {above}")

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are meant."""
        return isinstance(self.low, int) and isinstance(self.high, int)


@dataclass(frozen=True)
class OneOf:
    """Any of the given values, which have no order."""

    values: tuple[Any, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("there is nothing to choose from; expected at least one value")


@dataclass(frozen=True)
class Settled:
    """Not to be searched: it says what is learned or how fast, and not how well."""


SETTLED = Settled()
Choice = Between | OneOf
"""What a search may set one field to."""
