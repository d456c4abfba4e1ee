"""Rules over sessions, orders, users and slates."""

import ibis
from ibis import _

from endcap.core.dataset import DAY
from endcap.data.columns import ROW
from endcap.data.engines import arrow
from endcap.data.lint.events import HOUR
from endcap.data.lint.shop import Shop
from endcap.data.lint.suspects import Rule, Suspects
from endcap.data.plausible import MAX_USER_SHARE, MAX_USER_TIMES, MIN_USER_ORDERS

SESSION = ("session_id", "events", "first", "last")
ORDER = ("order_id", "sessions", "users", "first", "last")
SLATE = ("slate_id", "shown_at", "clicked_at")
HOURS, CROWD = 12, 1000
"""A visit is shorter, and has fewer events."""
BUSY, FASTEST = 100, 1.0
"""A visitor who looks at so many things needs more seconds for each."""
TIRELESS = 500
"""Nobody looks at so many items and puts none into the cart."""
ACTIONS = ("view", "click", "cart", "uncart", "search")


def sessions(shop: Shop) -> ibis.Table:
    """One row per session: its events, span, users, and what was done in it."""
    events = shop.events.filter(_.session_id.notnull())
    acted = events.kind.isin(ACTIONS)
    return events.group_by("session_id").agg(
        events=_.count(),
        first=_.time.min(),
        last=_.time.max(),
        users=_.user_id.nunique(),
        acted=events.count(where=acted),
        began=events.time.min(where=acted),
        ended=events.time.max(where=acted),
        looked_at=events.item_id.nunique(where=acted),
        **{ROW: events[ROW].min()},
        wanted=events.count(where=events.kind.isin(("cart", "purchase"))),
    )


def endless_sessions(shop: Shop) -> Suspects:
    """A visit of half a day is several visits, or a session id that never changes."""
    repair = '{ use = "sessionized", minutes = 30 } in [prepare] events cuts them where nothing happened for so long'
    wrong = (_.last - _.first) > HOURS * HOUR
    return Suspects("warning", wrong, f"last longer than {HOURS} hours", repair, shown=SESSION, harms=("sessions",))


def crowded_sessions(shop: Shop) -> Suspects:
    """A visit of a thousand views, clicks and carts is no visit of one person."""
    repair = '"without_bots" in [prepare] events, or a session id that is made for each visit'
    says = f"have more than {CROWD:,} actions"
    return Suspects("warning", _.acted > CROWD, says, repair, shown=SESSION, harms=("sessions",))


def bots(shop: Shop) -> Suspects:
    """Visitors that act faster than people can, or look at everything and want nothing."""
    fast = (_.acted >= BUSY) & ((_.ended - _.began) < FASTEST * _.acted)
    tireless = (_.looked_at >= TIRELESS) & (_.wanted == 0)
    repair = '"without_bots" in [prepare] events takes them out'
    says = "look like bots: an action a second, or hundreds of items without a cart"
    return Suspects("warning", fast | tireless, says, repair, _.acted > 0, shown=SESSION, harms=("sessions", "view"))


def shared_sessions(shop: Shop) -> Suspects:
    """A session of several users: a shared device, or an id that is used again."""
    repair = 'look whether session ids are used again; "sessionized" in [prepare] events builds new ones for each user'
    return Suspects("warning", _.users > 1, "belong to several users", repair, shown=("session_id", "users", "events"))


def lonely_events(shop: Shop) -> Suspects:
    """Sessions of one event each tell nothing of what belongs together."""
    repair = 'session_id may number events and not visits; "sessionized" in [prepare] events builds visits'
    wrong, says = _.events == 1, "have one event only"
    return Suspects("warning", wrong, says, repair, tolerated=0.95, shown=SESSION, harms=("sessions",))


def orders(shop: Shop) -> ibis.Table:
    """One row per order: its sessions, users and span."""
    bought = shop.events.filter(_.kind == "purchase", _.order_id.notnull())
    return bought.group_by("order_id").agg(
        sessions=_.session_id.nunique(),
        users=_.user_id.nunique(),
        first=_.time.min(),
        last=_.time.max(),
        **{ROW: _[ROW].min()},
    )


def orders_in_several_sessions(shop: Shop) -> Suspects:
    """An order is placed once; lines in several sessions are two orders of one number, or late deliveries."""
    repair = "look whether order numbers are used again; lines that are added later should keep the first session"
    return Suspects("warning", _.sessions > 1, "spread over several sessions", repair, shown=ORDER, harms=("baskets",))


def orders_over_days(shop: Shop) -> Suspects:
    """Lines of one order that lie more than a day apart."""
    repair = "use the moment of the order for all its lines, not that of the dispatch"
    return Suspects(
        "warning", (_.last - _.first) > DAY, "span more than a day", repair, shown=ORDER, harms=("baskets",)
    )


def orders_of_several_users(shop: Shop) -> Suspects:
    """One order number for several users makes baskets that nobody bought."""
    repair = "put shop or year before order numbers that are used again"
    return Suspects("error", _.users > 1, "belong to several users", repair, shown=ORDER, harms=("baskets",))


def users(shop: Shop) -> ibis.Table | None:
    """One row per user: the orders (or visits, where no order is known), beside those of all and of the middle user.

    None where nobody is known.
    """
    if shop.summary.null_share("user_id") == 1:
        return None
    known = shop.events.filter(_.user_id.notnull())
    what = "order_id" if shop.summary.null_share("order_id") < 1 else "session_id"
    counted = known.group_by("user_id").agg(orders=known[what].nunique(), events=_.count(), **{ROW: known[ROW].min()})
    facts = counted.aggregate(all=counted.orders.sum(), typical=counted.orders.quantile(0.5))
    total = arrow(facts).to_pylist()[0]
    guests = arrow(shop.events.filter(_.user_id.isnull()).aggregate(n=_[what].nunique()))["n"][0].as_py()
    return counted.mutate(
        all=ibis.literal(int(total["all"] or 0) + int(guests or 0), "int64"),
        typical=ibis.literal(float(total["typical"] or 0.0), "float64"),
    )


def users_of_many_people(shop: Shop) -> Suspects:
    """A user with a share of the orders that no person has: guests, a till, a test account, or a reseller."""
    wrong = (
        (_.orders >= MIN_USER_ORDERS) & (_.orders > MAX_USER_SHARE * _["all"]) & (_.orders > MAX_USER_TIMES * _.typical)
    )
    what = "orders" if shop.summary.null_share("order_id") < 1 else "visits"
    repair = (
        'placeholders = ["the id"] in the source makes guests of them (a till, test or guest account); '
        "leave a real wholesale customer as it is"
    )
    says = f"have more {what} than one person has (over {MAX_USER_SHARE:.0%} of all)"
    shown = ("user_id", "orders", "all")
    return Suspects("warning", wrong, says, repair, shown=shown, harms=("histories",))


def slates(shop: Shop) -> ibis.Table:
    """One row per shown list: when it was shown and when first clicked. Without slate ids, a session is one list."""
    linked = shop.summary.null_share("slate_id") < 1
    key = "slate_id" if linked else "session_id"
    seen = shop.events.filter(_[key].notnull(), _.kind.isin(("impression", "click")))
    return seen.group_by(slate_id=seen[key]).agg(
        shown_at=seen.time.min(where=seen.kind == "impression"),
        clicked_at=seen.time.min(where=seen.kind == "click"),
        **{ROW: seen[ROW].min()},
    )


def slates_without_click(shop: Shop) -> Suspects | None:
    """Lists that were shown and never clicked. Most are; if all are, clicks are not linked to what was shown."""
    if not shop.kinds("impression"):
        return None
    repair = "nothing is wrong with most of them; if it is all, write the slate_id of the list into each click on it"
    return Suspects(
        "note", _.clicked_at.isnull(), "were shown and never clicked", repair, _.shown_at.notnull(), shown=SLATE
    )


def clicks_without_impression(shop: Shop) -> Suspects | None:
    """Clicks on lists that nobody was shown: what was not clicked cannot be learned from."""
    if not shop.kinds("impression"):
        return None
    repair = "log the impression when the list is shown, with the slate_id that the click has"
    looked, says = _.clicked_at.notnull(), "were clicked and never shown"
    return Suspects("warning", _.shown_at.isnull(), says, repair, looked, shown=SLATE, harms=("impression", "click"))


def clicks_before_impression(shop: Shop) -> Suspects:
    """A click before its list was shown: two clocks that differ."""
    looked = _.clicked_at.notnull() & _.shown_at.notnull()
    repair = "write both moments with the clock of the server, not of the browser"
    return Suspects(
        "warning", _.clicked_at < _.shown_at, "were clicked before they were shown", repair, looked, shown=SLATE
    )


SESSION_RULES: tuple[Rule, ...] = (endless_sessions, crowded_sessions, bots, shared_sessions, lonely_events)
USER_RULES: tuple[Rule, ...] = (users_of_many_people,)
ORDER_RULES: tuple[Rule, ...] = (orders_in_several_sessions, orders_over_days, orders_of_several_users)
SLATE_RULES: tuple[Rule, ...] = (slates_without_click, clicks_without_impression, clicks_before_impression)
