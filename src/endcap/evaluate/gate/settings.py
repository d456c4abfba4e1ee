"""What the gate asks of a bundle: the table ``[gate]`` of the settings."""

from typing import Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from endcap.core.part import Part


class Golden(Part):
    """A question whose answer somebody knows."""

    slot: str
    item: str | None = None
    """The item that the page shows."""
    cart: tuple[str, ...] = ()
    user: str | None = None
    k: PositiveInt = 10
    expect: tuple[str, ...] = ()
    """Items that must stand among the first k …"""
    avoid: tuple[str, ...] = ()
    """… and items that must not."""


class GateSettings(Part):
    """What a bundle must be to be released. Shares are of what the other side reaches: 0.02 is two in a hundred."""

    metrics: tuple[str, ...] = ("NDCG@10",)
    """By which slots are compared, as the report calls them."""
    segments: tuple[str, ...] = ("popularity of the wanted item",)
    """Groups of segments in which a slot is held against the one that is served, by NDCG@10."""
    margin: float = Field(default=0.02, ge=0, lt=1)
    """A loss up to this share is let pass; a greater one is refused if chance does not explain it."""
    seeds: PositiveInt = 3
    """A loss against the served recipes is refused only if it shows in so many fits of both, with other random choices;
    the further ones are made only where the first shows it."""
    notice: PositiveFloat = 0.05
    """A loss of this share must not go unnoticed: where the queries cannot rule it out, the verdict says so …"""
    unsure: Literal["warn", "refuse"] = "warn"
    """… and this is what then happens."""
    baselines: tuple[str, ...] | None = None
    """Models that no slot may be worse than; without it, all baselines: those that always run, and those of
    ``evaluate.baselines``."""

    replay: PositiveInt = 200
    """So many of the queries are put to the bundle itself …"""
    keeps: float = Field(default=0.8, gt=0, le=1)
    """… which must reach this share of what its recipes reached in the back-test, without having seen the answers."""
    keeps_coverage: float = Field(default=0.5, ge=0, le=1)
    """Its lists must show at least this share of the different items that those of the served bundle show."""
    min_reach: float = Field(default=0.05, ge=0, le=1)
    """Share of the items on sale (or of the places, if those are fewer) that is found when 200 items are asked for."""
    max_lost: float = Field(default=0.01, ge=0, le=1)
    """Share of the items with a vector in the back-test that may have none in the bundle."""
    max_norm: PositiveFloat = 1000.0
    """The longest vector is at most so many times as long as the median one."""
    golden: tuple[Golden, ...] = ()

    max_megabytes: PositiveFloat | None = None
    """Size on disk."""
    max_load_seconds: PositiveFloat | None = None
    """Reading and checking it."""
    max_milliseconds: PositiveFloat | None = 100.0
    """Median time of an answer."""
    max_slowdown: NonNegativeFloat | None = None
    """Median time of an answer, so many times that of the served bundle, measured in turn."""

    warn: tuple[str, ...] = ()
    """Rules that warn instead of refusing. Those about integrity cannot be named here."""
