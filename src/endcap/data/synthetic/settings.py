"""What a synthetic shop is like: every planted probability has a name here."""

from typing import Annotated

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from endcap.core.part import Part

Share = Annotated[float, Field(ge=0.0, le=1.0)]

BANDS = ("low", "middle", "high")
"""Price bands: the thirds of a category."""
STYLES = ("plain", "bold")
"""Latent: no column of the catalog names it, and titles only hint at it."""
DEVICES = {"phone": 0.55, "desktop": 0.37, "tablet": 0.08}
"""What people shop with, and how many of them mostly with each; nothing that they do depends on it."""
SHOWN = 8
"""How many items a listing shows."""
LINKS = (0.35, 0.25, 0.15)
"""Who buys for a need with complements buys for its first, second and third complement too, with these chances."""


class Shop(Part):
    """Settings of the generator; all chances are known and written down beside what they made."""

    seed: NonNegativeInt = 0
    events: int = Field(default=300_000, ge=1_000, le=10_000_000_000)
    """About so many; the exact number follows from chance, the same for the same settings."""
    items: int | None = Field(default=None, ge=200, le=2_000_000)
    """One per sixty events if not given, but at least 240 and at most 200,000."""
    days: int = Field(default=120, ge=14, le=3650)
    start: float = 1_735_689_600.0
    """When the first day begins, seconds since 1970 (UTC): 2025-01-01."""
    visits: PositiveFloat = Field(default=4.0, ge=1.0, le=20.0)
    """Mean number of visits of one visitor."""
    accounts: Share = 0.6
    """Share of the visitors that have an account; half of them log in at their first visit, the others later."""
    bots: Share = 0.002
    """Share of the visitors that are programs: hundreds of views in one visit, at an even pace."""
    second_need: Share = 0.2
    """Chance that a visit serves a second need, chosen without regard to the first."""
    stray: Share = 0.15
    """Chance that a view after the first is of another need in the same category."""
    loyalty: Share = 0.4
    """A visitor turns down an item that is not of the favourite brand with this chance."""
    listings: Share = 0.35
    """Chance that a need begins with a listing of the category: impressions, and clicks on some."""
    searches: Share = 0.2
    """Chance that a need begins with a search."""
    examined: Share = 0.75
    """Chance that somebody who looked at a place of a listing looks at the next: the position bias."""
    off_need: Share = 0.25
    """An item that does not serve the need is clicked so many times as often as its attractiveness says."""
    buys: Share = 0.3
    """Chance that a need ends with a purchase of one of the items viewed for it."""
    abandons: Share = 0.15
    """Chance of a cart without a purchase, where nothing is bought."""
    impulse: Share = 0.05
    """Chance that something unrelated is bought along."""
    returns: Share = 0.06
    """Chance that a purchase comes back, after days."""
    repeats: Share = 0.5
    """Chance that a consumable is bought again, after about the interval of its category."""
    cold: Share = 0.25
    """Share of the families that arrive while the shop is open."""
    stock_outs: NonNegativeFloat = Field(default=0.5, le=2.0)
    """Mean number of periods (at most two) in which an item cannot be had."""
    change_day: NonNegativeInt = 80
    """From this day on, treated visitors buy more."""
    treated: Share = 0.5
    """Share of the visitors that the change is for."""
    uplift: float = Field(default=0.1, ge=-1.0, le=2.0)
    """Relative change of `buys` that it brings."""
    dirt: float = Field(default=0.0, ge=0.0, le=0.2)
    """Rate of faulty deliveries: see `endcap.data.synthetic.dirt`; 0 leaves everything clean."""
    block: PositiveInt = Field(default=16_384, le=99_999)
    """Visitors in one file: what bounds memory, and what is made in parallel."""

    @property
    def n_items(self) -> int:
        """How many items the shop sells."""
        return self.items or min(max(self.events // 60, 240), 200_000)
