"""Who is always there to be beaten."""

from endcap.core.catalog import Labels
from endcap.core.dataset import Dataset
from endcap.core.part import Part
from endcap.models.co_occurrence import CoOccurrence
from endcap.models.last_viewed import LastViewed
from endcap.models.popular import Popular, PopularIn
from endcap.models.rows import Source
from endcap.models.same_band import PopularInBand


def baselines(data: Dataset) -> dict[str, Part]:
    """The baselines that this data can fit, by name: from what is bought, or from what is looked at if nothing is."""
    kinds = next((kinds for kinds in (("purchase",), ("cart",), ("view", "click")) if data.counts(*kinds).any()), ())
    found: dict[str, Part] = {"last_viewed": LastViewed()}
    if not kinds:
        return found
    found["popularity"] = Popular(kinds=kinds)
    if isinstance(data.catalog.columns.get("category"), Labels):
        found["popularity_in_category"] = PopularIn(kinds=kinds)
        if "price" in data.catalog:
            found["same_category_and_price_band"] = PopularInBand(kinds=kinds)
    source: Source = "baskets" if len(data.baskets) else "sessions"
    found["jaccard"] = CoOccurrence(source=source, similarity="jaccard")
    return found
