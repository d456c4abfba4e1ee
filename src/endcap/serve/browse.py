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
    currency: str | None
    available: bool


class Item(Struct, frozen=True, kw_only=True):
    """One item as the catalog describes it."""

    item_id: str
    title: str
    category: str | None
    family: str | None
    price: float | None
    """What the shop lists; null where it lists none."""
    currency: str | None
    """Of the price: what the catalog says of the item, else that of the shop; null if neither says it."""
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


def shown_prices(catalog: Catalog) -> list[float | None]:
    """The listed price of each item; None where none is listed."""
    if "price" not in catalog:
        return [None] * len(catalog)
    return [None if np.isnan(price) else price for price in catalog["price"].tolist()]


def shown_currencies(catalog: Catalog, currency: str) -> list[str | None]:
    """The currency of each price: what the catalog says of the item, else that of the shop; None if neither says it."""
    if "currency" not in catalog:
        return [currency or None] * len(catalog)
    labels = catalog.labels("currency")
    return [labels.name(code) or currency or None for code in range(len(catalog))]


class Shelves:
    """The catalog, ready to be looked at."""

    def __init__(self, catalog: Catalog, currency: str = "") -> None:
        """Reads a catalog; `currency` is that of the shop, for items of which the catalog does not say it."""
        self._catalog = catalog
        self._prices = shown_prices(catalog)
        self._currencies = shown_currencies(catalog, currency)
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
            variants=[Variant(v.item_id, v.title, v.price, v.currency, v.available) for v in variants],
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
        return Item(
            item_id=catalog.items.ids[code],
            title=catalog.text("title")[code] or catalog.items.ids[code],
            category=catalog.labels("category").name(code),
            family=catalog.labels("family").name(code),
            price=self._prices[code],
            currency=self._currencies[code],
            available=bool(catalog["available"][code]),
            image=catalog.text("image")[code] or None,
        )
