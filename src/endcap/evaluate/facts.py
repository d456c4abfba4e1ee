"""What is known of the items when lists are judged: how popular, how dear, of what kind, and in what words."""

from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Array, Codes, Strings
from endcap.core.bands import price_bands, price_levels
from endcap.core.catalog import Catalog, Labels

THIRDS = ("head", "torso", "tail")
"""Thirds of everything that was bought: the few most popular items, those between, and the many others."""
NEW_DAYS = 30.0
"""An item is new for so long after it was first seen."""
BUCKETS = 256
"""Words of titles are hashed into so many dimensions."""


@dataclass(frozen=True)
class Facts:
    """Columns over the catalog ``[n_items]`` as they stood at the cut; what it lacks is not known of any item."""

    bought: NDArray[np.float64]
    """How often."""
    third: NDArray[np.int8]
    """Place in `THIRDS`."""
    new: NDArray[np.bool_]
    """Seen for the first time in the last `NEW_DAYS`, or never yet."""
    unseen: NDArray[np.bool_]
    """Never seen yet: known from the catalog alone."""
    category: Codes
    """-1: not known."""
    categories: tuple[str, ...]
    """Their names."""
    band: Codes
    """Price band; -1: not known."""
    price: NDArray[np.float64]
    """NaN: not known."""
    margin: NDArray[np.float64]
    """Earned on one piece; NaN: not known."""
    words: NDArray[np.float32]
    """A vector of length one per title ``[n_items, BUCKETS]``, or zero: titles that share rare words lie close."""

    @classmethod
    def of(cls, catalog: Catalog) -> "Facts":
        """The facts of a catalog."""
        bought, age = _column(catalog, "bought", 0.0), _column(catalog, "age_days", np.nan)
        labels = catalog.columns.get("category")
        named = isinstance(labels, Labels)
        category = labels.codes if isinstance(labels, Labels) else np.full(len(catalog), -1, np.int32)
        price = price_levels(catalog)
        return cls(
            bought=bought,
            third=thirds(bought),
            new=(np.isnan(age) | (age <= NEW_DAYS)) & ("age_days" in catalog),
            unseen=np.isnan(age) & ("age_days" in catalog),
            category=category,
            categories=tuple(catalog.labels("category").names.ids) if named else (),
            band=price_bands(price, category),
            price=price,
            margin=_column(catalog, "margin", np.nan),
            words=_words(catalog),
        )


def thirds(bought: Array) -> NDArray[np.int8]:
    """The place in `THIRDS` of each item: the most popular that together make a third of all purchases, and so on."""
    order = np.argsort(-bought, kind="stable")
    before = np.cumsum(bought[order]) - bought[order]
    place = np.empty(len(bought), np.int8)
    place[order] = np.minimum(3 * before / max(bought.sum(), 1.0), 2).astype(np.int8)
    place[bought <= 0] = 2
    return place


def _column(catalog: Catalog, name: str, missing: float) -> NDArray[np.float64]:
    if name not in catalog:
        return np.full(len(catalog), missing)
    return np.asarray(catalog[name], np.float64)


def _words(catalog: Catalog) -> NDArray[np.float32]:
    """Words of the title by hash, each weighted by how rare it is (inverse document frequency)."""
    vectors = np.zeros((len(catalog), BUCKETS), np.float32)
    titles = catalog.columns.get("title")
    if not isinstance(titles, Strings):
        return vectors
    for item, title in enumerate(titles):
        for word in title.casefold().split():
            vectors[item, crc32(word.encode()) % BUCKETS] = 1.0
    vectors *= np.log((1 + len(catalog)) / (1 + vectors.sum(axis=0)))
    lengths = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))
    vectors /= np.maximum(lengths, np.float32(1e-12))[:, None]
    return vectors
