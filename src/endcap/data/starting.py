"""A first settings file for a shop's own data."""

import os
from pathlib import Path
from string import Template

import ibis

from endcap.core.errors import BadConfig, BadData
from endcap.data.ledger import Ledger
from endcap.data.sources import Csv, Parquet

TEMPLATE = Template("""\
# Every table below is a thing you can change; `use` names a part, the other keys are its settings.

[shop]
name = "shop"

[[sources]]
use = "$use"
events = "$events"
$catalog
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


def settings_for(events: Path, catalog: Path | None, folder: Path) -> str:
    """The text of a settings file in `folder` that reads the given files; what it learns from is what they hold.

    Raises `BadData` naming file, line and field if the files are not in our columns, `BadConfig` for another format.
    """
    use = _format(events)
    if catalog is not None and _format(catalog) != use:
        raise BadConfig(f"{events} and {catalog}: both must be CSV or both Parquet")
    happening, sold = _relative(events, folder), _relative(catalog, folder) if catalog else None
    source = (Csv if use == "csv" else Parquet)(events=happening, catalog=sold)
    happened, _ = source.tables(ibis.duckdb.connect(), folder, Ledger())
    kinds = set(happened.select("kind").distinct().to_pyarrow()["kind"].to_pylist())
    baskets = happened.filter(happened.kind == "purchase", happened.order_id.notnull()).count().to_pyarrow().as_py()
    wanted = next((kind for kind in ("purchase", "cart", "click", "view") if kind in kinds), None)
    if wanted is None:
        raise BadData(f"{events}: holds only {', '.join(sorted(kinds))}; nothing of that says what people want")
    return TEMPLATE.substitute(
        use=use,
        events=happening,
        catalog=f'catalog = "{sold}"\n' if sold else "",
        kind=wanted,
        rows="baskets" if baskets else "sessions",
    )


def _format(path: Path) -> str:
    name = path.name.removesuffix(".gz")
    for suffix, use in ((".csv", "csv"), (".parquet", "parquet")):
        if name.endswith(suffix):
            return use
    raise BadConfig(f"{path}: expected a .csv, .csv.gz or .parquet file")


def _relative(path: Path, folder: Path) -> str:
    return os.path.relpath(path.resolve(), folder.resolve())
