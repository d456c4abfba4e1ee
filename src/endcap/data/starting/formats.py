"""Public formats: told by the columns of their tables, and what each of them means in our columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from endcap.data.starting.looking import Seen, together


@dataclass(frozen=True)
class Format:
    """A way in which many shops' data lies about."""

    name: str
    tables: Mapping[str, frozenset[str]]
    """Columns that a table of each name must have, at least."""
    sources: str
    """The settings of its sources; ``{name}`` stands for the place of a table."""
    optional: frozenset[str] = frozenset()
    """Tables that may be missing; with them goes the source that names them."""
    steps: tuple[str, ...] = ()
    """Preparation of events, as it stands in the settings."""
    checks: tuple[str, ...] = ()
    currency: str = ""


SESSIONS = '{ use = "sessionized", minutes = 30 }'

RETAILROCKET = Format(
    "RetailRocket",
    {
        "events": frozenset({"timestamp", "visitorid", "event", "itemid", "transactionid"}),
        "properties": frozenset({"timestamp", "itemid", "property", "value"}),
    },
    """\
[[sources]]
use = "csv"
events = "{events}"
time_format = "ms"
columns = { time = "timestamp", session_id = "visitorid", user_id = "visitorid", kind = "event", item_id = "itemid", \
order_id = "transactionid" }
kinds = { view = "view", addtocart = "cart", transaction = "purchase" }
---
[[sources]]
use = "sql"
files = { properties = "{properties}" }
catalog = \"\"\"
SELECT itemid AS item_id, arg_max(value, timestamp::BIGINT) FILTER (WHERE property = 'categoryid') AS category,
       arg_max(value, timestamp::BIGINT) FILTER (WHERE property = 'available') AS available
FROM properties WHERE property IN ('categoryid', 'available') GROUP BY itemid
\"\"\"
""",
    optional=frozenset({"properties"}),
    steps=(SESSIONS,),
)
REES46 = Format(
    "REES46 eCommerce",
    {
        "events": frozenset(
            {"event_time", "event_type", "product_id", "category_code", "brand", "user_id", "user_session"}
        ),
    },
    """\
[[sources]]
use = "{use:events}"
events = "{events}"
catalog = "{events}"
one_per_item = true
columns = { time = "event_time", kind = "event_type", item_id = "product_id", session_id = "user_session" }
catalog_columns = { item_id = "product_id", category = ["category_code", "category_id"] }
kinds = { remove_from_cart = "uncart" }
""",
    steps=('"basketed"',),
    checks=("prices are taken as US dollars",),
    currency="USD",
)
DIGINETICA = Format(
    "Diginetica",
    {
        "views": frozenset({"sessionId", "userId", "itemId", "timeframe", "eventdate"}),
        "purchases": frozenset({"sessionId", "userId", "itemId", "timeframe", "eventdate", "ordernumber"}),
        "categories": frozenset({"itemId", "categoryId"}),
        "products": frozenset({"itemId", "pricelog2", "product.name.tokens"}),
    },
    """\
[[sources]]
use = "csv"
events = "{views}"
time_format = "%Y-%m-%d"
plus_milliseconds = "timeframe"
columns = { time = "eventdate", session_id = "sessionId", user_id = "userId", item_id = "itemId" }
constants = { kind = "view" }
---
[[sources]]
use = "csv"
events = "{purchases}"
time_format = "%Y-%m-%d"
plus_milliseconds = "timeframe"
columns = { time = "eventdate", session_id = "sessionId", user_id = "userId", item_id = "itemId", \
order_id = "ordernumber" }
constants = { kind = "purchase" }
---
[[sources]]
use = "sql"
files = { categories = "{categories}" }
catalog = \"\"\"
SELECT itemId AS item_id, max(categoryId) AS category FROM categories GROUP BY itemId
\"\"\"
""",
    optional=frozenset({"purchases", "categories", "products"}),
)
YOOCHOOSE = Format(
    "YooChoose",
    {
        "clicks": frozenset({"session_id", "time", "item_id", "category"}),
        "buys": frozenset({"session_id", "time", "item_id", "price", "quantity"}),
    },
    """\
[[sources]]
use = "csv"
events = "{clicks}"
header = ["session_id", "time", "item_id", "category"]
catalog = "{clicks}"
one_per_item = true
constants = { kind = "click" }
---
[[sources]]
use = "csv"
events = "{buys}"
header = ["session_id", "time", "item_id", "price", "quantity"]
constants = { kind = "purchase" }
columns = { order_id = "session_id" }
""",
    optional=frozenset({"buys"}),
)
ONLINE_RETAIL = Format(
    "UCI Online Retail",
    {
        "orders": frozenset(
            {"InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"}
        )
    },
    """\
[[sources]]
use = "{use:orders}"
events = "{orders}"
catalog = "{orders}"
one_per_item = true
returns = true
currency = "GBP"
timezone = "Europe/London"
{time_format:orders.InvoiceDate}
columns = { time = "InvoiceDate", session_id = "InvoiceNo", order_id = "InvoiceNo", user_id = "CustomerID", \
item_id = "StockCode", quantity = "Quantity", price = "UnitPrice" }
catalog_columns = { item_id = "StockCode", title = "Description", price = "UnitPrice" }
constants = { kind = "purchase" }
""",
    steps=('"without_cancelled_purchases"',),
    currency="GBP",
)
ONLINE_RETAIL_2 = Format(
    "UCI Online Retail II",
    {"orders": frozenset({"Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID"})},
    ONLINE_RETAIL.sources.replace("InvoiceNo", "Invoice")
    .replace("UnitPrice", "Price")
    .replace("CustomerID", "Customer ID"),
    steps=ONLINE_RETAIL.steps,
    currency="GBP",
)
INSTACART = Format(
    "Instacart",
    {
        "orders": frozenset(
            {"order_id", "user_id", "order_number", "order_dow", "order_hour_of_day", "days_since_prior_order"}
        ),
        "lines": frozenset({"order_id", "product_id", "add_to_cart_order", "reordered"}),
        "products": frozenset({"product_id", "product_name", "aisle_id", "department_id"}),
        "aisles": frozenset({"aisle_id", "aisle"}),
    },
    """\
# Instacart tells no dates: each customer's first order is put on 1 January 2015, and days are counted from there.
[[sources]]
use = "sql"
files = { orders = "{orders}", lines = "{lines}", products = "{products}", aisles = "{aisles}" }
events = \"\"\"
SELECT epoch(TIMESTAMP '2015-01-01') + day * 86400 + order_hour_of_day::INT * 3600 + add_to_cart_order::INT AS time,
       'purchase' AS kind, product_id AS item_id, user_id, order_id AS session_id, order_id
FROM lines JOIN (
    SELECT *, sum(coalesce(try_cast(days_since_prior_order AS DOUBLE), 0))
              OVER (PARTITION BY user_id ORDER BY order_number::INT) AS day
    FROM orders
) USING (order_id)
\"\"\"
catalog = \"\"\"
SELECT product_id AS item_id, product_name AS title, aisle AS category FROM products LEFT JOIN aisles USING (aisle_id)
\"\"\"
""",
    checks=("dates are not in the data: what depends on seasons or on one calendar means nothing here",),
    currency="USD",
)
GA4 = Format(
    "GA4 export to BigQuery",
    {"events": frozenset({"event_date", "event_timestamp", "event_name", "user_pseudo_id", "event_params", "items"})},
    """\
[[sources]]
use = "sql"
files = { ga4 = "{events}" }
events = \"\"\"
SELECT event_timestamp::BIGINT / 1e6 AS time, event_name AS kind, item.item_id AS item_id,
       coalesce(user_id, user_pseudo_id) AS user_id,
       user_pseudo_id || '.' || coalesce(
           list_filter(event_params, lambda p: p.key = 'ga_session_id')[1].value.int_value::VARCHAR, '') AS session_id,
       ecommerce.transaction_id AS order_id, item.price AS price, coalesce(item.quantity, 1) AS quantity,
       device.category AS device, geo.country AS country
FROM (SELECT *, unnest(items) AS item FROM ga4)
WHERE event_name IN
      ('view_item', 'select_item', 'add_to_cart', 'remove_from_cart', 'purchase', 'refund', 'view_item_list')
\"\"\"
kinds = { view_item = "view", select_item = "click", add_to_cart = "cart", remove_from_cart = "uncart", \
purchase = "purchase", refund = "return", view_item_list = "impression" }
catalog = \"\"\"
SELECT item.item_id AS item_id, arg_max(item.item_name, event_timestamp) AS title,
       arg_max(item.item_category, event_timestamp) AS category, arg_max(item.item_brand, event_timestamp) AS brand,
       arg_max(item.price, event_timestamp) FILTER (WHERE item.price > 0) AS price
FROM (SELECT *, unnest(items) AS item FROM ga4) WHERE item.item_id IS NOT NULL GROUP BY ALL
\"\"\"
""",
    checks=("prices are in the currency of the property",),
)
SHOPIFY = Format(
    "Shopify orders",
    {
        "orders": frozenset(
            {"Name", "Email", "Created at", "Lineitem quantity", "Lineitem name", "Lineitem price", "Lineitem sku"}
        )
    },
    """\
[[sources]]
use = "csv"
events = "{orders}"
catalog = "{orders}"
one_per_item = true
fill_down = "Name"
{exclude:orders}
columns = { time = "Created at", session_id = "Name", order_id = "Name", user_id = "Email", \
item_id = ["Lineitem sku", "Lineitem name"], quantity = "Lineitem quantity", price = "Lineitem price", \
currency = "Currency" }
catalog_columns = { item_id = ["Lineitem sku", "Lineitem name"], title = "Lineitem name", brand = "Vendor", \
price = "Lineitem price", currency = "Currency" }
constants = { kind = "purchase" }
""",
    checks=("user_id is an e-mail address: take a customer number instead if you have one",),
)
HM = Format(
    "H&M (Kaggle)",
    {
        "transactions": frozenset({"t_dat", "customer_id", "article_id", "price", "sales_channel_id"}),
        "articles": frozenset({"article_id", "product_code", "prod_name", "product_type_name"}),
    },
    """\
[[sources]]
use = "{use:articles}"
catalog = "{articles}"
catalog_columns = { item_id = "article_id", title = "prod_name", category = "product_type_name", \
family = "product_code" }
---
[[sources]]
use = "{use:transactions}"
events = "{transactions}"
columns = { time = "t_dat", item_id = "article_id", user_id = "customer_id", session_id = "customer_id" }
constants = { kind = "purchase" }
""",
    optional=frozenset({"articles"}),
    steps=(SESSIONS, '"basketed"'),
    checks=("prices are in a unit of their own: only their order means anything",),
)
OLIST = Format(
    "Olist",
    {
        "orders": frozenset({"order_id", "customer_id", "order_status", "order_purchase_timestamp"}),
        "lines": frozenset({"order_id", "order_item_id", "product_id", "seller_id", "price"}),
        "customers": frozenset({"customer_id", "customer_unique_id"}),
        "products": frozenset({"product_id", "product_category_name"}),
    },
    """\
[[sources]]
use = "sql"
files = { orders = "{orders}", lines = "{lines}", customers = "{customers}" }
events = \"\"\"
SELECT order_purchase_timestamp AS time, 'purchase' AS kind, product_id AS item_id, customer_unique_id AS user_id,
       order_id AS session_id, order_id, price
FROM lines JOIN orders USING (order_id) JOIN customers USING (customer_id)
WHERE order_status NOT IN ('canceled', 'unavailable')
\"\"\"
timezone = "America/Sao_Paulo"
currency = "BRL"
---
[[sources]]
use = "sql"
files = { products = "{products}" }
catalog = "SELECT product_id AS item_id, product_category_name AS category FROM products"
""",
    optional=frozenset({"products"}),
    currency="BRL",
)
FORMATS = (
    RETAILROCKET, REES46, DIGINETICA, YOOCHOOSE, ONLINE_RETAIL, ONLINE_RETAIL_2, INSTACART, GA4, SHOPIFY, HM, OLIST,
)  # fmt: skip


def recognised(tables: Sequence[Seen], folder: Path) -> tuple[Format, dict[str, Seen]] | None:
    """The public format that the tables are in, and which table is which; None if they are in none."""
    for known in FORMATS:
        found: dict[str, Seen] = {}
        taken: set[str] = set()
        # What asks for most columns chooses first: a table of purchases has all that one of views has.
        for name, columns in sorted(known.tables.items(), key=lambda item: -len(item[1])):
            fitting = [table for table in tables if columns <= set(table.columns) and table.place not in taken]
            if fitting:
                least = min(fitting, key=lambda table: len(table.columns))
                found[name] = together([table for table in fitting if set(table.columns) == set(least.columns)], folder)
                taken |= {table.place for table in fitting if set(table.columns) == set(least.columns)}
        if set(known.tables) - set(found) <= known.optional:
            return known, found
    return None
