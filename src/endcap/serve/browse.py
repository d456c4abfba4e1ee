"""Looking at the catalog itself: one item with its variants, and search by name."""

import numpy as np
from msgspec import Struct

from endcap.core.arrays import Codes
from endcap.core.catalog import Catalog


class Variant(Struct, frozen=True):
    """Another item of the same family."""

    item_id: str
    title: str
    price: float | None
    available: bool


class Item(Struct, frozen=True, kw_only=True):
    """One item as the catalog describes it."""

    item_id: str
    title: str
    category: str | None
    family: str | None
    price: float | None
    available: bool
    image: str | None
    variants: list[Variant] = []


class Page(Struct, frozen=True):
    """A part of what a search found."""

    total: int
    items: list[Item]


class Category(Struct, frozen=True):
    """A category and how many items it has."""

    name: str
    items: int


class Shelves:
    """The catalog, ready to be looked at."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._titles = [title.lower() for title in catalog.text("title")]
        popularity = catalog["bought"] if "bought" in catalog else np.zeros(len(catalog))
        self._order = np.lexsort((-popularity, ~catalog["available"])).astype(np.int32)

    def item(self, item_id: str) -> Item | None:
        """One item with the others of its family; None if there is no such item."""
        code = self._catalog.items.code(item_id)
        if code < 0:
            return None
        family = self._catalog["family"]
        others = np.flatnonzero((family == family[code]) & (family >= 0)).astype(np.int32)
        described = self._described(code)
        variants = [self._described(other) for other in others.tolist() if other != code]
        return Item(
            **{name: getattr(described, name) for name in Item.__struct_fields__ if name != "variants"},
            variants=[Variant(v.item_id, v.title, v.price, v.available) for v in variants],
        )

    def search(self, words: str, category: str, offset: int, limit: int) -> Page:
        """Items whose title has every word, on sale and most bought first; before all the item of that id."""
        wanted, inside = words.lower().split(), self._inside(category).tolist()
        named = self._catalog.items.code(words)
        found = [code for code in inside if code != named and all(word in self._titles[code] for word in wanted)]
        if named >= 0 and (not category or named in inside):
            found.insert(0, named)
        return Page(len(found), [self._described(code) for code in found[offset : offset + limit]])

    def categories(self) -> list[Category]:
        """All categories, the largest first."""
        labels = self._catalog.labels("category")
        counts = np.bincount(labels.codes[labels.codes >= 0], minlength=len(labels.names))
        order = np.argsort(-counts, kind="stable")
        return [Category(labels.names.ids[label], int(counts[label])) for label in order]

    def _inside(self, category: str) -> Codes:
        if not category:
            return self._order
        labels = self._catalog.labels("category")
        wanted = labels.names.code(category)
        inside: Codes = self._order[(labels.codes[self._order] == wanted) & (wanted >= 0)]
        return inside

    def _described(self, code: int) -> Item:
        catalog = self._catalog
        price = float(catalog["price"][code])
        return Item(
            item_id=catalog.items.ids[code],
            title=catalog.text("title")[code] or catalog.items.ids[code],
            category=catalog.labels("category").name(code),
            family=catalog.labels("family").name(code),
            price=None if np.isnan(price) else price,
            available=bool(catalog["available"][code]),
            image=catalog.text("image")[code] or None,
        )
