"""Rules over events beside the one before: what was delivered twice, and clocks that jump."""

import ibis
from ibis import _

from endcap.data.lint.findings import Severity
from endcap.data.lint.shop import Shop
from endcap.data.lint.suspects import SHOWN, Rule, Suspects

SECONDS = 2.0
"""Nobody does the same thing again so soon."""
HALF_HOUR, TOLERANCE = 1800.0, 5.0
"""Time zones differ by half hours; clocks of one system by seconds."""
SAME = ("price", "quantity", "order_id", "user_id", "slate_id", "query")


def deliveries(shop: Shop) -> ibis.Table:
    """Each event with its distance in time to the same one before (same session, kind and item)."""
    events = shop.events.filter(_.session_id.notnull(), _.time.notnull())
    order = ["time", *SAME, *shop.order]
    window = ibis.window(group_by=["session_id", "kind", "item_id"], order_by=order)
    before = {f"_before_{name}": events[name].lag().over(window) for name in ("time", *SAME)}
    beside = events.mutate(**before)
    alike = ibis.and_(*(beside[name].identical_to(beside[f"_before_{name}"]) for name in SAME))
    return beside.mutate(apart=beside.time - beside._before_time, alike=alike)


def delivered_twice(shop: Shop) -> Suspects:
    """The same line again: an export that overlaps, or a message delivered twice."""
    severity: Severity = "warning"
    repair = '"without_repeats" in [prepare] events keeps one of them'
    if _has_dates_only(shop):
        severity = "note"
        repair = (
            "times are dates, so that two views of an item on one day look the same: nothing is to be done, unless "
            f"the export overlaps; then {repair}"
        )
    return Suspects(severity, (_.apart == 0) & _.alike, "were delivered again, equal in every column", repair)


def _has_dates_only(shop: Shop) -> bool:
    """Return whether all events lie in the hour after midnight (UTC), as dates without a time do."""
    hours = shop.summary.histograms.get("hour", {})
    return hours.get("0", 0) == sum(hours.values())


def repeated_within_seconds(shop: Shop) -> Suspects:
    """The same action on the same item within two seconds: a double click, or a tag that fires twice."""
    wrong = (_.apart <= SECONDS) & ~((_.apart == 0) & _.alike)
    looked = _.kind.isin(("view", "click", "cart"))
    repair = '{ use = "without_echoes", seconds = 2 } in [prepare] events keeps the first'
    return Suspects("warning", wrong, f"repeat the one before within {SECONDS:g} seconds", repair, looked)


def arrivals(shop: Shop) -> ibis.Table | None:
    """Each event with the moment of the one that came before it in its session, or None if the order is not known."""
    if not shop.order:
        return None
    events = shop.events.filter(_.session_id.notnull(), _.time.notnull())
    before = events.time.lag().over(ibis.window(group_by="session_id", order_by=shop.order))
    return events.mutate(before=before).mutate(back=_.before - _.time)


def out_of_order(shop: Shop) -> Suspects:
    """Events that come after later ones of their session."""
    repair = "nothing needs to be done: events are put in order; many of them hint at late deliveries or several clocks"
    looked = _.before.notnull()
    return Suspects(
        "note", _.back > 0, "come after a later one of their session", repair, looked, shown=("before", *SHOWN)
    )


def skewed_clocks(shop: Shop) -> Suspects:
    """Moments that jump back by whole half hours within a session: systems in two time zones."""
    rest = _.back % HALF_HOUR
    near = (rest <= TOLERANCE) | (rest >= HALF_HOUR - TOLERANCE)
    wrong = near & (_.back >= HALF_HOUR - TOLERANCE) & (_.back <= 14 * 2 * HALF_HOUR + TOLERANCE)
    repair = "two systems write in different time zones: convert all moments to UTC where they are exported or mapped"
    says, looked = "that jump back do so by whole half hours", _.back > 0
    shown = ("before", *SHOWN)
    return Suspects("warning", wrong, says, repair, looked, tolerated=0.1, shown=shown, harms=("sessions",))


DELIVERY_RULES: tuple[Rule, ...] = (delivered_twice, repeated_within_seconds)
ARRIVAL_RULES: tuple[Rule, ...] = (out_of_order, skewed_clocks)
