"""The models and slots of a first settings file."""

from collections.abc import Set
from string import Template

from endcap.core.errors import BadData

TEMPLATE = Template("""\
[models.popular]                        # what everybody wants now
use = "popular"
kinds = ["$kind"]
half_life = 30.0

[models.popular_in_category]
use = "popular_in"
by = "category"
kinds = ["$kind"]

[models.together]                       # what goes together
use = "co_occurrence"
source = "$rows"
similarity = "jaccard"

[models.cosine]                         # the baseline that everything else must beat
use = "co_occurrence"
source = "$rows"
similarity = "cosine"

[models.similar]                        # what is found in the same surroundings
use = "prod2vec"
source = "$rows"

[slots."item/substitutes"]
retrievers = ["similar"]
stages = ["available", "not_in_cart", "same_category", "one_per_family"]
fallback = ["popular_in_category", "popular"]

[slots."item/together"]
retrievers = ["together", "similar"]
stages = ["available", "not_in_cart", "other_families", "one_per_family"]
fallback = ["popular_in_category", "popular"]
task = "item_basket"

[slots."cart/together"]
retrievers = ["together", "similar"]
stages = ["available", "not_in_cart", "other_families", "one_per_family"]
fallback = ["popular"]
task = "basket"

[slots."home/for-you"]
retrievers = ["together", "similar"]
stages = ["available", "not_in_cart", "one_per_family"]
fallback = ["popular"]
task = "next_purchases"

[slots."home/popular"]
retrievers = ["popular"]
stages = ["available", "not_in_cart", "one_per_family"]

[evaluate]
baselines = ["popular", "cosine"]
""")


def models_and_slots(kinds: Set[str], baskets: bool) -> str:
    """Write the models and slots for data that holds events of these kinds, and baskets or none.

    Raises `BadData` if no kind of event says what people want.
    """
    wanted = next((kind for kind in ("purchase", "cart", "click", "view") if kind in kinds), None)
    if wanted is None:
        held = f"only {', '.join(sorted(kinds))}" if kinds else "no event"
        raise BadData(f"the data holds {held}; nothing of that says what people want")
    return TEMPLATE.substitute(kind=wanted, rows="baskets" if baskets else "sessions")
