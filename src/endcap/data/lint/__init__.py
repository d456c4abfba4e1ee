"""What is wrong with events and a catalog as they come, before anything is cleaned: rules, findings, a score."""

from collections.abc import Sequence

from endcap.data.lint import deliveries, events, groups, items, offers, whole
from endcap.data.lint.findings import Finding, Health
from endcap.data.lint.needs import Needs
from endcap.data.lint.repairs import filled_columns, without_repaired
from endcap.data.lint.shop import Tables, opened
from endcap.data.lint.suspects import judged


def linted(
    tables: Tables,
    needs: Needs,
    now: float,
    files: tuple[str, ...] = (),
    canonical: Sequence[str] = (),
    steps: tuple[str, ...] = (),
) -> Health:
    """The health of the tables of one source or several, of any columns and types; `now` in seconds since 1970 (UTC).

    `canonical` names the columns of ids that the settings join by `canonical_ids`: of these nothing is said any more.

    Every table (events, sessions, orders, slates, items) is scanned once for all its rules, and once more for the
    examples of each finding. What one of the configured preparation steps (named in `steps`) repairs is no finding.
    """
    shop = opened(tables, needs, now, files, canonical, filled_columns(steps))
    found: list[Finding] = [finding for rule in (*whole.RULES, *offers.SHOP_RULES) for finding in rule(shop)]
    looked_at = [
        ("events", shop.events, events.RULES),
        ("events", deliveries.deliveries(shop), deliveries.DELIVERY_RULES),
        ("events", deliveries.arrivals(shop), deliveries.ARRIVAL_RULES),
        ("sessions", groups.sessions(shop), groups.SESSION_RULES),
        ("orders", groups.orders(shop), groups.ORDER_RULES),
        ("users", groups.users(shop), groups.USER_RULES),
        ("slates", groups.slates(shop), groups.SLATE_RULES),
        ("items", items.items(shop), items.ITEM_RULES),
        ("items of the catalog", shop.catalog, (*offers.RULES, *items.CATALOG_RULES)),
    ]
    for unit, table, rules in looked_at:
        if table is not None:
            found += judged(shop, unit, table, rules)
    left, repaired = without_repaired(found, steps)
    return Health.of(left, shop.summary.rows, shop.summary.items, repaired)
