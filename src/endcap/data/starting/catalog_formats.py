"""Items as shop systems export them: told by their columns, and what each of them means in our columns."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class CatalogFormat:
    """A way in which shop systems export their items; it goes with events of any other format."""

    name: str
    columns: frozenset[str]
    """Columns that the table must have, at least."""
    catalog_columns: Mapping[str, str | tuple[str, ...]]
    """Our column = theirs."""
    query: str = ""
    """Where rows are no items yet: the query over the table ``items`` that makes items of them."""


SHOPIFY_PRODUCTS = CatalogFormat(
    "Shopify products",
    frozenset(
        {"Handle", "Title", "Vendor", "Type", "Variant SKU", "Variant Inventory Tracker", "Variant Inventory Qty",
         "Variant Inventory Policy", "Variant Price", "Image Src", "Status"}
    ),
    {"item_id": "Variant SKU", "title": "Title", "brand": "Vendor", "category": "Type", "family": "Handle",
     "price": "Variant Price", "image": "Image Src", "available": "Variant Inventory Qty"},
    """
SELECT coalesce(nullif(i."Variant SKU", ''), i.Handle) AS item_id, p.title, p.brand, p.category,
       i.Handle AS family, coalesce(nullif(i."Image Src", ''), p.image) AS image, i."Variant Price" AS price,
       CASE WHEN lower(p.status) <> 'active' THEN 'no'
            WHEN coalesce(i."Variant Inventory Tracker", '') = '' THEN 'yes'
            WHEN i."Variant Inventory Policy" = 'continue' THEN 'yes'
            ELSE i."Variant Inventory Qty" END AS available
FROM items AS i JOIN (
    SELECT Handle, max(nullif("Title", '')) AS title, max(nullif("Vendor", '')) AS brand,
           max(nullif("Type", '')) AS category, max(nullif("Status", '')) AS status,
           min(nullif("Image Src", '')) AS image
    FROM items GROUP BY Handle
) AS p ON i.Handle = p.Handle
WHERE i."Variant Price" <> ''
""",
)  # fmt: skip
MAGENTO_PRODUCTS = CatalogFormat(
    "Magento products",
    frozenset({"sku", "attribute_set_code", "product_type", "categories", "name", "price", "is_in_stock"}),
    {"item_id": "sku", "title": "name", "category": "categories", "price": ("special_price", "price"),
     "image": "base_image", "available": ("is_in_stock", "product_online")},
)  # fmt: skip
CATALOG_FORMATS = (SHOPIFY_PRODUCTS, MAGENTO_PRODUCTS)


def catalog_format(columns: Iterable[str]) -> CatalogFormat | None:
    """The export of a shop system that a table of items is; None if it is none that we know."""
    there = set(columns)
    return next((known for known in CATALOG_FORMATS if known.columns <= there), None)
