"""Items as shop systems export them: told by their columns, and what each of them means in our columns."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class CatalogFormat:
    """A way in which shop systems export their items; it goes with events of any other format."""

    name: str
    columns: frozenset[str]
    """Columns that the table must have, at least."""
    catalog_columns: Mapping[str, str | tuple[str, ...]]
    """Our column = theirs."""
    query: str = ""
    """SQL over ``{items}`` that makes one row per item; empty if the rows are items already."""
    defaults: Mapping[str, str] = field(default_factory=dict)
    """Optional columns of the query, each with its default value as SQL."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Column name in the query = column name in the table."""

    def query_over(self, columns: Iterable[str]) -> str:
        """Return the query over a table ``items`` with these columns."""
        there = set(columns)
        names = {name: self.renamed.get(name, name) for name in (*self.renamed, *self.defaults)}
        added = [f'"{theirs}" AS "{name}"' for name, theirs in names.items() if theirs in there and theirs != name]
        added += [f'{self.defaults[name]} AS "{name}"' for name, theirs in names.items() if theirs not in there]
        return self.query.replace("{items}", f"(SELECT *, {', '.join(added)} FROM items)" if added else "items")


SHOPIFY_PRODUCTS = CatalogFormat(
    "Shopify products",
    frozenset({"Handle", "Title", "Variant SKU", "Variant Price"}),
    {"item_id": "Variant SKU", "title": "Title", "brand": "Vendor", "category": "Type", "family": "Handle",
     "price": "Variant Price", "image": "Image Src", "available": "Variant Inventory Qty"},
    """
SELECT coalesce(nullif(i."Variant SKU", ''), i.Handle) AS item_id, p.title, p.brand, p.category,
       i.Handle AS family, coalesce(nullif(i."Image Src", ''), p.image) AS image, i."Variant Price" AS price,
       CASE WHEN lower(p.status) <> 'active' THEN 'no'
            WHEN coalesce(i."Variant Inventory Tracker", '') = '' THEN 'yes'
            WHEN lower(i."Variant Inventory Policy") = 'continue' THEN 'yes'
            ELSE i."Variant Inventory Qty" END AS available
FROM {items} AS i JOIN (
    SELECT Handle, max(nullif("Title", '')) AS title, max(nullif("Vendor", '')) AS brand,
           max(nullif("Type", '')) AS category, max(nullif("Status", '')) AS status,
           min(nullif("Image Src", '')) AS image
    FROM {items} GROUP BY Handle
) AS p ON i.Handle = p.Handle
WHERE i."Variant Price" <> ''
""",
    {"Vendor": "''", "Type": "''", "Image Src": "''", "Status": "'active'", "Variant Inventory Tracker": "'shopify'",
     "Variant Inventory Policy": "'deny'", "Variant Inventory Qty": "'yes'"},
)  # fmt: skip
NEW_NAMES = {
    "Handle": "URL handle", "Variant SKU": "SKU", "Variant Price": "Price", "Image Src": "Product image URL",
    "Variant Inventory Tracker": "Inventory tracker", "Variant Inventory Qty": "Inventory quantity",
    "Variant Inventory Policy": "Continue selling when out of stock",
}  # fmt: skip
"""Column names of Shopify product exports since 2025, by their old names."""
SHOPIFY_PRODUCTS_2025 = CatalogFormat(
    "Shopify products",
    frozenset({"URL handle", "Title", "SKU", "Price"}),
    {ours: NEW_NAMES.get(str(theirs), theirs) for ours, theirs in SHOPIFY_PRODUCTS.catalog_columns.items()},
    SHOPIFY_PRODUCTS.query,
    SHOPIFY_PRODUCTS.defaults,
    NEW_NAMES,
)
MAGENTO_PRODUCTS = CatalogFormat(
    "Magento products",
    frozenset({"sku", "attribute_set_code", "product_type", "categories", "name", "price", "is_in_stock"}),
    {"item_id": "sku", "title": "name", "category": "categories", "price": ("special_price", "price"),
     "image": "base_image", "available": ("is_in_stock", "product_online")},
)  # fmt: skip
CATALOG_FORMATS = (SHOPIFY_PRODUCTS, SHOPIFY_PRODUCTS_2025, MAGENTO_PRODUCTS)


def catalog_format(columns: Iterable[str]) -> CatalogFormat | None:
    """The export of a shop system that a table of items is; None if it is none that we know."""
    there = set(columns)
    return next((known for known in CATALOG_FORMATS if known.columns <= there), None)
