"""The profile of a dataset: plain values, counted once, that a page shows and a later run is compared with."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

from endcap.core.dataset import DAY, Dataset
from endcap.core.errors import BadData
from endcap.data.describe import on_sale_told
from endcap.data.profile.counting import Counts, counted, every, picked
from endcap.data.profile.drift import Drift, distributions, drift
from endcap.data.profile.goods import Arrivals, Category, Popularity, arrivals, categories, popularity
from endcap.data.profile.known import Known, known
from endcap.data.profile.shapes import date
from endcap.data.profile.together import Together, together
from endcap.data.profile.visits import (
    Again,
    Returns,
    Stage,
    Visitors,
    Visits,
    again,
    funnel,
    returns,
    visitors,
    visits,
)  # fmt: skip
from endcap.data.profile.when import When, when

FORMAT = 1
"""Version of the JSON shape; fields may be added within one version, never changed or removed."""
WINDOW = 28.0
"""Days at the end that are compared with as many before them, as long as there is no earlier run."""


@dataclass(frozen=True)
class Sizes:
    """How much there is."""

    events: int
    sessions: int
    users: int
    """Known users with events."""
    items: int
    """Items with events."""
    catalog: int
    """Items, with events or not."""
    orders: int
    first: str
    last: str
    """Days (UTC) of the first and of the last event."""


@dataclass(frozen=True)
class Profile:
    """What a dataset looks like, in plain values."""

    shop: str
    fingerprint: str
    """Of the dataset."""
    sizes: Sizes
    when: When
    funnel: tuple[Stage, ...]
    visits: Visits
    visitors: tuple[Visitors, ...]
    popularity: Popularity
    categories: tuple[Category, ...]
    again: Again
    arrivals: Arrivals
    on_sale: str
    """How many items are on sale, and how that is known, in a sentence."""
    known: Known
    together: Together
    returns: Returns
    drift: Drift | None
    """None if the data is too short to be compared with itself, and there was no run before."""
    distributions: Mapping[str, Mapping[str, int]]
    """By column and label: what a later run is compared with."""

    def to_json(self) -> dict[str, Any]:
        """The profile in plain values; the shape stays within one `format`.

        ``format``, ``summary`` (a paragraph), ``findings`` (``[{"section", "weight", "words"}]``, the most notable
        first), and then the fields of this class as they are documented: objects for dataclasses, lists for tuples,
        null where nothing is known.
        """
        from endcap.data.profile.words import findings, summary  # noqa: PLC0415 — words are about profiles

        told: list[dict[str, Any]] = [asdict(finding) for finding in findings(self)]
        content = {"format": FORMAT, "summary": summary(self), "findings": told, **asdict(self)}
        plain: dict[str, Any] = _plain(content)
        return plain


def profile_of(data: Dataset, shop: str, previous: Mapping[str, Any] | None = None) -> Profile:
    """The profile of a dataset; `previous` is the JSON of an earlier one, to compare with.

    One pass in blocks counts what can be counted; what needs sorting is done on every m-th user or item once there
    are many events, and says so. Raises `BadData` if there is no event.
    """
    if not len(data.events):
        raise BadData("the dataset has no event: there is nothing to profile")
    counts = counted(data)
    wanted, step = every(counts.users)
    sample = picked(data.events, wanted, "user")
    columns = distributions(data, counts)
    return Profile(
        shop=shop,
        fingerprint=data.fingerprint,
        sizes=_sizes(data, counts),
        when=when(counts),
        funnel=funnel(counts),
        visits=visits(data, counts),
        visitors=visitors(data, counts),
        popularity=popularity(counts),
        categories=categories(data, counts),
        again=again(sample, step),
        arrivals=arrivals(data, counts),
        on_sale=on_sale_told(data),
        known=known(data, counts, sample, step),
        together=together(data, counts),
        returns=returns(data, counts),
        drift=_drift(data, columns, previous),
        distributions=columns,
    )


def _sizes(data: Dataset, counts: Counts) -> Sizes:
    return Sizes(
        events=len(data.events),
        sessions=int((counts.lengths > 0).sum()),
        users=int((counts.users > 0).sum()),
        items=int((counts.per_item() > 0).sum()),
        catalog=len(data.catalog),
        orders=len(data.baskets),
        first=date(float(counts.first_seen.min())),
        last=date(float(data.events.time.max())),
    )


def _drift(data: Dataset, now: Mapping[str, Mapping[str, int]], previous: Mapping[str, Any] | None) -> Drift | None:
    """Against the run before; or, without one, of the latest weeks against those before them."""
    if previous is not None:
        sizes = previous["sizes"]
        run = f"{sizes['events']:,} events from {sizes['first']} to {sizes['last']}"
        return drift(previous["distributions"], now, "since the run before", run)
    middle = data.now - WINDOW * DAY
    before, after = data.between(middle - WINDOW * DAY, middle), data.between(middle, data.now)
    if not len(before.events) or not len(after.events):
        return None
    then, lately = (distributions(side, counted(side)) for side in (before, after))
    days = f"{WINDOW:.0f} days"
    return drift(then, lately, f"in the last {days}", f"the {days} before them, as long as there is no earlier run")


def _plain(value: Any) -> Any:
    """The same with null for numbers that are none, which JSON lacks."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not isfinite(value) else value
