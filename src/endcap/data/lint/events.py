"""Rules over single events. The first paragraph of each is what people read about it."""

import math
from datetime import UTC, datetime

import ibis
from ibis import _

from endcap.core.dataset import DAY
from endcap.core.records import KINDS
from endcap.core.spelling import INVISIBLE
from endcap.data.aliases import IDS, NUMBERED
from endcap.data.columns import EVENTS, WHY
from endcap.data.lint.findings import Severity
from endcap.data.lint.offers import MAX_BAD
from endcap.data.lint.shop import SAID, Shop, trimmed
from endcap.data.lint.suspects import SHOWN, Rule, Suspects
from endcap.data.placeholders import PLACEHOLDERS
from endcap.data.plausible import FIRST_DAY, LAST_DAY, epoch, implausible, implausible_days, likely_cause
from endcap.data.summary import BINS_PER_E, Histogram

HOUR = 3600.0
MILLISECONDS = 1e11
"""Later than this no shop has sold anything; read as milliseconds it is 1973."""
NOTHING = ("", *PLACEHOLDERS)
"""Texts that stand for no id, in small letters."""
FAR = 8.0
"""Robust standard deviations (of the logarithm) from the median at which a price or quantity is extreme."""
DECIMAL = r"^[0-9]+\.0+$"
REFUSED_DAYS = ("1970-01-01", "2100-01-01")
"""Sources put events before the first day, and from the second day on, into the quarantine."""
BLANKS = f" \t\r\n\u00a0\u2007\u202f\u3000{INVISIBLE}"
"""What may stand around an id without being a part of it."""
NUMBERS = tuple(name for name, kind in EVENTS.items() if kind(nullable=True).is_numeric())


def refused_rows(shop: Shop) -> Suspects | None:
    """Rows that go into the quarantine for a reason that no other finding gives."""
    if WHY not in shop.there:
        return None
    told = [rule(shop) for rule in SAY_WHY]
    others = [one.wrong if one.among is None else one.wrong & one.among for one in told if one is not None]
    unknown_kind = _.kind.notnull() & ~_.kind.isin(KINDS)
    wrong = _[WHY].notnull() & ~ibis.or_(unknown_kind, *others).fill_null(False)
    repair = "mend in the export what `why` says; until then they are kept aside in the quarantine"
    return Suspects("warning", wrong, "cannot be used and go into the quarantine", repair, shown=(WHY, *SHOWN))


def unreadable_values(shop: Shop) -> Suspects:
    """Numbers and moments that are none."""
    said = [f"{SAID}{name}" for name in NUMBERS]
    wrong = ibis.or_(*(_[name].notnull() for name in said))
    repair = "write moments as 2024-01-31 10:00:00 or seconds since 1970, numbers with a point and no unit or grouping"
    return Suspects(
        "error",
        wrong,
        "hold text where a number or a moment is expected",
        repair,
        shown=(*said, *SHOWN),
        quarantined=True,
    )


def without_time(shop: Shop) -> Suspects | None:
    """An event without a moment belongs nowhere."""
    if "time" not in shop.there:
        return None
    wrong = _.time.isnull() & _[f"{SAID}time"].isnull()
    repair = "they go into the quarantine; look why the export lost them"
    return Suspects("error", wrong, "have no time", repair, quarantined=True)


def without_session(shop: Shop) -> Suspects | None:
    """An event without a session is connected with no other."""
    if "session_id" not in shop.there:
        return None
    repair = (
        'name a second column: session_id = ["your_session", "your_user"] in the columns of the source; '
        '{ use = "sessionized", minutes = 30 } in [prepare] events then tells the visits of a user apart'
    )
    return Suspects(
        "error", _nothing(_.session_id), "have no session_id", repair, harms=("sessions",), quarantined=True
    )


def without_item(shop: Shop) -> Suspects | None:
    """Only a search is about no item."""
    if "item_id" not in shop.there:
        return None
    repair = "they go into the quarantine; give events that are about no item the kind `search`, or leave them out"
    looked = _.kind.isnull() | (_.kind != "search")
    return Suspects("error", _nothing(_.item_id), "have no item_id", repair, looked, quarantined=True)


def padded_ids(shop: Shop) -> Suspects:
    """Blanks before or after an id are no part of it."""
    wrong = ibis.or_(*(_padded(_[name]) for name in IDS))
    repair = "nothing is to be done: the id is known with and without them; a mended export would spare a step"
    shown = (*SHOWN, "user_id", "order_id")
    return Suspects("note", wrong, "have blanks around an id", repair, shown=shown)


def ids_like_decimals(shop: Shop) -> Suspects | None:
    """An id such as 17850.0 was a number with gaps in somebody's table, and is another id than 17850."""
    names = [name for name in NUMBERED if shop.joined.rules.get(name) == "exact"]
    if not names:
        return None
    columns = ", ".join(f'"{name}"' for name in names)
    repair = (
        "export ids as text (numbers with gaps become decimals in pandas and in spreadsheets); where 1000 and 1000.0 "
        f'mean one, {{ use = "canonical_ids", columns = [{columns}] }} in [prepare] events joins them'
    )
    wrong = ibis.or_(*(_[name].re_search(DECIMAL) for name in names)).fill_null(False)
    says = "have an id that is a number with a decimal point"
    return Suspects("warning", wrong, says, repair, shown=(*SHOWN, "user_id"))


def decimals_understood(shop: Shop) -> Suspects | None:
    """Where all numbers of one table have decimals, 1000.0 is taken for 1000."""
    names = [name for name in NUMBERED if shop.joined.rules.get(name) == "decimal"]
    if not names:
        return None
    wrong = ibis.or_(*(_[name].re_search(DECIMAL) for name in names)).fill_null(False)
    repair = "nothing is to be done: 1000.0 and 1000 are taken for one; export ids as text to be sure"
    says = f"have a number with a decimal point as {' and '.join(names)}"
    return Suspects("note", wrong, says, repair, shown=(*SHOWN, "user_id"))


def rounded_ids(shop: Shop) -> Suspects:
    """An id such as 4.00638E+12 was a long number in a spreadsheet, which has dropped its last digits."""
    wrong = ibis.or_(*(_[name].re_search(r"^[0-9]\.[0-9]+[eE]\+[0-9]+$") for name in IDS)).fill_null(False)
    repair = "the digits are lost in this file: export again, with ids as text"
    return Suspects("error", wrong, "have an id whose last digits are lost", repair, shown=(*SHOWN, "user_id"))


def milliseconds(shop: Shop) -> Suspects:
    """Times in milliseconds (or smaller units) are read as moments thousands of years ahead."""
    repair = "times are in milliseconds: divide them by 1000 where they are exported or mapped"
    return Suspects("error", _.time > MILLISECONDS, "have a time that is not in seconds", repair)


def future_events(shop: Shop) -> Suspects:
    """Events later than now: a wrong clock, a wrong time zone, or a test."""
    wrong = (_.time > shop.now + HOUR) & (_.time < max(epoch(LAST_DAY), shop.now))
    repair = (
        "check the time zone of the export; everything after the present moment would be learned from as the newest"
    )
    return Suspects("error", wrong, "lie in the future", repair)


def implausible_times(shop: Shop) -> Suspects | None:
    """Events of 1970 or 2038 were read in a wrong unit, or hold a date that stands for none."""
    counts = shop.summary.histograms.get("day", {})
    days = implausible_days(counts)
    if not days:
        return None
    cause = likely_cause(days, max((day for day in counts if day not in days), default=""))
    repair = (
        "correct time_format (s, ms, us, ns); where it is right, "
        '"within_dates" in [prepare] events leaves such events out; `endcap prepare` stops at them'
    )
    severity: Severity = "error"
    if not any(REFUSED_DAYS[0] <= day < REFUSED_DAYS[1] for day in days):
        few = sum(counts[day] for day in days) <= MAX_BAD * shop.summary.rows
        severity = "warning" if few else "error"
        repair = "they go into the quarantine; correct their time in the export, or time_format (s, ms, us, ns)"
    span = days[0] if len(days) == 1 else f"{days[0]} … {days[-1]}"
    says = f"lie on implausible days ({span}): {cause}"
    return Suspects(severity, (_.time <= MILLISECONDS) & implausible(_.time, days), says, repair)


def ancient_events(shop: Shop) -> Suspects | None:
    """Events long before all others: a clock that was never set, or an old test."""
    start = _beginning(shop.summary.histograms.get("day", {}), shop.summary.rows)
    if start is None:
        return None
    repair = "leave them out, or read only the years that you want to learn from"
    wrong = (_.time < start) & (_.time >= epoch(FIRST_DAY))  # what lies before is no moment at all: `implausible_times`
    return Suspects("warning", wrong, "lie long before all others", repair)


def dates_without_time(shop: Shop) -> Suspects:
    """Moments that are all midnight are dates: what came first on a day is not known."""
    repair = "export the moment and not only the date, or do not use models that learn from the order in a session"
    wrong = (_.time % DAY) == 0
    return Suspects("warning", wrong, "happened exactly at midnight", repair, tolerated=0.5, harms=("sessions",))


def negative_prices(shop: Shop) -> Suspects:
    """No item costs less than nothing."""
    repair = "write what was given back as kind `return` with a positive price; such rows go into the quarantine"
    shown = (*SHOWN, "price")
    return Suspects(
        "error", _.price < 0, "have a negative price", repair, _.price.notnull(), shown=shown, quarantined=True
    )


def free_purchases(shop: Shop) -> Suspects:
    """Purchases for nothing are often gifts, samples or corrections of stock."""
    looked = (_.kind == "purchase") & _.price.notnull()
    repair = "leave gifts and stock corrections out of the export, or leave the price empty where it is not known"
    return Suspects("warning", _.price == 0, "are for nothing", repair, looked, shown=(*SHOWN, "price"))


def extreme_prices(shop: Shop) -> Suspects | None:
    """Prices far from all others: a wrong unit (cents), a fee, or a correction."""
    limits = _limits(shop.summary.histograms.get("price", {}))
    if limits is None:
        return None
    low, high = limits
    wrong = (_.price > high) | ((_.price > 0) & (_.price < low))
    repair = 'look whether a unit is wrong (cents, packs); "without_outliers" in [prepare] events takes them out'
    says = f"have a price below {low:.3g} or above {high:,.0f}, far from all others"
    return Suspects("warning", wrong, says, repair, _.price.notnull(), shown=(*SHOWN, "price"))


def wrong_quantities(shop: Shop) -> Suspects:
    """A quantity below zero is a return, not a purchase."""
    repair = "returns = true in the source reads such rows as returns; as they are, they go into the quarantine"
    looked, shown = _.quantity.notnull(), (*SHOWN, "quantity")
    says = "have a quantity below zero"
    return Suspects("error", _.quantity < 0, says, repair, looked, shown=shown, quarantined=True)


def zero_quantities(shop: Shop) -> Suspects:
    """Lines of which nothing was sold are cancelled lines, gifts or corrections of stock."""
    repair = (
        'such rows go into the quarantine; zero_quantity = "ignore" in the source leaves them out, '
        '"one" counts each as one piece (for gifts)'
    )
    looked, shown = _.quantity.notnull(), (*SHOWN, "quantity")
    says = "have quantity 0: cancelled lines, gifts, or corrections of stock"
    return Suspects("warning", _.quantity == 0, says, repair, looked, shown=shown)


def extreme_quantities(shop: Shop) -> Suspects | None:
    """Quantities far above all others: wholesale, a correction, or a bar code in the wrong field."""
    limits = _limits(shop.summary.histograms.get("quantity", {}))
    if limits is None:
        return None
    repair = 'look whether it is wholesale; "without_outliers" in [prepare] events takes them out'
    says, shown = f"have a quantity above {limits[1]:,.0f}, far from all others", (*SHOWN, "quantity")
    return Suspects("warning", _.quantity > limits[1], says, repair, _.quantity.notnull(), shown=shown)


def other_currencies(shop: Shop) -> Suspects | None:
    """Prices in several currencies cannot be compared."""
    counts = shop.summary.histograms.get("currency", {})
    if len(counts) < 2:
        return None
    main = max(sorted(counts), key=lambda name: counts[name])
    repair = f"convert prices to {main} before they are exported, or make each currency a shop of its own"
    says = f"are in another currency than {main}: {', '.join(sorted(set(counts) - {main}))}"
    return Suspects(
        "warning", _.currency != main, says, repair, _.currency.notnull(), shown=(*SHOWN, "price", "currency")
    )


def purchases_without_order(shop: Shop) -> Suspects:
    """A purchase without an order was bought together with nothing."""
    repair = (
        'map the order number to order_id; "basketed" in [prepare] events makes an order of what one session bought'
    )
    looked, shown = _.kind == "purchase", (*SHOWN, "order_id")
    return Suspects(
        "warning", _nothing(_.order_id), "have no order_id", repair, looked, shown=shown, harms=("baskets",)
    )


def guests(shop: Shop) -> Suspects:
    """Events of visitors who are not known."""
    share = shop.summary.null_share("user_id")
    repair = (
        'nothing is wrong with guests; where they log in later, "identity_merged" in [prepare] events joins their past'
    )
    harms = ("histories",) if share > 0.9 else ()
    return Suspects("note", _nothing(_.user_id), "are by guests (no user_id)", repair, shown=(), harms=harms)


SAY_WHY: tuple[Rule, ...] = (
    unreadable_values, without_time, without_session, without_item, milliseconds, implausible_times, negative_prices,
    wrong_quantities, zero_quantities,
)  # fmt: skip
"""Rules that explain why a row goes into the quarantine."""
RULES: tuple[Rule, ...] = (
    refused_rows, unreadable_values, without_time, without_session, without_item, padded_ids, ids_like_decimals,
    decimals_understood, rounded_ids, milliseconds, future_events, implausible_times, ancient_events,
    dates_without_time, negative_prices, free_purchases, extreme_prices, wrong_quantities, zero_quantities,
    extreme_quantities, other_currencies, purchases_without_order, guests,
)  # fmt: skip


def _nothing(value: ibis.Deferred) -> ibis.Deferred:
    return value.isnull() | trimmed(value).lower().isin(NOTHING)


def _padded(value: ibis.Deferred) -> ibis.Deferred:
    return value.re_search(f"^[{BLANKS}]|[{BLANKS}]$").fill_null(False)


def _beginning(days: Histogram, rows: int) -> float | None:
    """The moment before which events are ancient: by more than the span of the middle 98 % (and a year) before it."""
    if not days or rows < 100:
        return None
    names = sorted(days)
    moments = [_moment(day) for day in names]
    low, high = (moments[_place([days[day] for day in names], share)] for share in (0.01, 0.99))
    return low - max(high - low, 365 * DAY)


def _limits(bins: Histogram) -> tuple[float, float] | None:
    """Least and greatest value that are not extreme: `FAR` robust deviations of the logarithm around the median."""
    if sum(bins.values()) < 20:
        return None
    numbers = sorted(map(int, bins))
    counts = [bins[str(number)] for number in numbers]
    low, middle, high = ((numbers[_place(counts, share)] + 0.5) / BINS_PER_E for share in (0.25, 0.5, 0.75))
    # The distance of the quartiles is 1.349 standard deviations; a shop with one price has a spread too.
    deviation = max((high - low) / 1.349, 0.25)
    return math.exp(middle - FAR * deviation), math.exp(middle + FAR * deviation)


def _place(counts: list[int], share: float) -> int:
    """Where in the list the given share of the total is reached."""
    wanted, seen = share * sum(counts), 0
    for place, count in enumerate(counts):
        seen += count
        if seen >= wanted:
            return place
    return len(counts) - 1


def _moment(day: str) -> float:
    return datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
