"""Who is always there to be beaten.

`endcap.jobs.judging` fits them beside the configured models, and judges them on every task.
"""

from endcap.core.arrays import Strings
from endcap.core.catalog import Catalog, Labels
from endcap.core.dataset import DAY, Dataset
from endcap.core.part import Part
from endcap.models.co_occurrence import CoOccurrence
from endcap.models.last_viewed import LastViewed
from endcap.models.popular import Popular, PopularIn
from endcap.models.rows import Source
from endcap.models.same_band import PopularInBand
from endcap.models.text_match import TextMatch

WEEK = 7.0
"""Days: what was wanted in the last of them is hard to beat on later time (Ji et al., A re-visit of the popularity
baseline in recommender systems, SIGIR 2020)."""


def baselines(data: Dataset) -> dict[str, Part]:
    """The baselines that this data can fit, by name: from what is bought, or from what is looked at if nothing is."""
    wanted = (("purchase",), ("cart",), ("view", "click"))
    there = (tuple(kind for kind in kinds if data.counts(kind).any()) for kinds in wanted)
    kinds = next(filter(None, there), ())
    found: dict[str, Part] = {"last_viewed": LastViewed()}
    if data.searches is not None and _described(data.catalog):
        found["text_match"] = TextMatch()
    if not kinds:
        return found
    found["popularity"] = Popular(kinds=kinds)
    if data.between(data.now - WEEK * DAY, float("inf")).counts(*kinds).any():
        found["popularity_7_days"] = Popular(kinds=kinds, days=WEEK)
    if isinstance(data.catalog.columns.get("category"), Labels):
        found["popularity_in_category"] = PopularIn(kinds=kinds)
        if "price" in data.catalog:
            found["same_category_and_price_band"] = PopularInBand(kinds=kinds)
    source: Source = "baskets" if (data.baskets.items.lengths > 1).any() else "sessions"
    found["jaccard"] = CoOccurrence(source=source, similarity="jaccard")
    return found


def _described(catalog: Catalog) -> bool:
    """Whether there are words to be matched."""
    title, category = (catalog.columns.get(name) for name in ("title", "category"))
    return (isinstance(title, Strings) and len(title.data) > 0) or (
        isinstance(category, Labels) and len(category.names) > 0
    )
