"""What a table holds and what its columns mean, told from their names and, more surely, from their values."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import partial

from endcap.core.records import KINDS
from endcap.data.columns import CATALOG, EVENTS, REQUIRED_EVENTS
from endcap.data.starting.guess import Guessed, Match
from endcap.data.starting.looking import Seen
from endcap.data.starting.names import CATALOG_NAMES, CURRENCIES, EVENT_NAMES, kind_of, likeness
from endcap.data.starting.offers import with_offers

PATTERNS = (
    "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y",
    "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %I:%M:%S %p",
    "%d-%m-%Y %H:%M:%S", "%d-%m-%Y %H:%M", "%d-%m-%Y", "%d %b %Y %H:%M:%S", "%d %b %Y %H:%M", "%d %b %Y",
    "%b %d, %Y %I:%M %p", "%b %d, %Y", "%b %d, %Y %H:%M:%S", "%a, %d %b %Y %H:%M:%S %z", "%Y%m%dT%H%M%S",
    "%d/%b/%Y:%H:%M:%S %z",
)  # fmt: skip
ISO = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}([T ]\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?)? ?(Z|UTC|[+-]\d\d:?\d\d)?$")
EPOCHS = ((9, 10, "s"), (12, 13, "ms"), (15, 16, "us"), (18, 19, "ns"))
NUMBER = re.compile(r"^(\D{0,3}\s?)?([+-]?[\d.,]*\d)(\s?\D{0,3})?$")
IN_UTC = "times are taken as UTC; say timezone if they are not"
MOST = 0.9
"""Share of the values that must fit."""
FEW = {"device": 50, "country": 250, "price_list": 50}
"""A column with more different values names single devices or places, not kinds of them."""


def time_format(values: Sequence[str]) -> tuple[str | None, str] | None:
    """How moments are written (None: as we take them anyway) and what to check; None if they are no moments."""
    if not values:
        return None
    if _share(values, lambda text: bool(ISO.match(text))) >= MOST:
        return None, "" if _share(values, _says_zone) >= MOST else IN_UTC
    if all(re.fullmatch(r"\d+(\.\d+)?", text) for text in values):
        digits = [text.partition(".")[0] for text in values]
        longest = max(map(len, digits))
        if longest in (8, 14) and all(text.startswith(("19", "20")) for text in digits):
            return ("%Y%m%d" if longest == 8 else "%Y%m%d%H%M%S"), IN_UTC
        return next(((None if unit == "s" else unit, "") for low, high, unit in EPOCHS if low <= longest <= high), None)
    shares = {form: _share(values, partial(_reads, form=form)) for form in PATTERNS}
    best = max(shares.values())
    if best < MOST:
        return None
    fitting = [form for form, share in shares.items() if share == best]
    twins = len({form.replace("%d/%m", "%m/%d") for form in fitting}) < len(fitting)
    return fitting[0], f"day and month may be the other way round; {IN_UTC}" if twins else IN_UTC


def _says_zone(text: str) -> bool:
    return ":" in text and bool(re.search(r"(Z|UTC|[+-]\d\d:?\d\d)$", text))


def _reads(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)
    except ValueError:
        return False
    return True


def guessed(table: Seen) -> Guessed:
    """What the table holds, and which of its columns stand for ours."""
    events, catalog = _matches(table, EVENTS, EVENT_NAMES), with_offers(table, _matches(table, CATALOG, CATALOG_NAMES))
    if set(REQUIRED_EVENTS) <= set(table.columns):
        return _as_events(table, {name: _own(table, name) for name in EVENTS if name in table.columns}, own=True)
    acted = {"kind", "user_id", "session_id", "order_id"} & set(events)
    if "time" in events and "item_id" in events and acted:
        return _as_events(table, events)
    if "item_id" in catalog and set(catalog) & {"title", "category", "brand", "family", "image"}:
        return Guessed(table.place, "catalog", tuple(catalog.values()))
    return Guessed(table.place, "unused")


def _own(table: Seen, name: str) -> Match:
    return Match(name, name, 1.0, _examples(table.text[name]))


def _as_events(table: Seen, found: dict[str, Match], own: bool = False) -> Guessed:
    """With our own names, a value that we do not know is a mistake; with others, it is something else of theirs."""
    options: dict[str, object] = {}
    checks: dict[str, str] = {}
    form, check = time_format(table.text[found["time"].theirs]) or (None, "")
    if _stamped(table.columns[found["time"].theirs]):
        form, check = None, ""
    if form:
        options["time_format"] = form
    if check:
        checks["time_format" if form else "columns.time"] = check
    if "session_id" not in found:
        # In an order log, an order is a visit; elsewhere the step `sessionized` makes visits of what a visitor did.
        wanted = ("user_id", "order_id") if "kind" in found else ("order_id", "user_id")
        instead = next(found[name] for name in (*wanted, "kind") if name in found)
        found["session_id"] = Match("session_id", instead.theirs, 0.7, instead.examples, "no visit is told apart")
    if "kind" in found:
        kinds, unsure = _kinds(table.text[found["kind"].theirs])
        if own:
            kinds, unsure = {theirs: ours for theirs, ours in kinds.items() if theirs not in unsure}, []
        options["kinds"] = kinds
        checks |= {f"kinds.{theirs}": "is a kind that we do not know" for theirs in unsure}
    else:
        options["constants"] = {"kind": "purchase" if "order_id" in found else "view"}
        checks["constants"] = "no column says what happened"
    options |= _money(table, found, checks)
    return Guessed(table.place, "events", tuple(found.values()), options, checks)


def _kinds(values: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Their kinds in ours; those that nothing is known of are left out."""
    theirs = sorted(set(values))
    known = {value: kind_of(value) for value in theirs}
    mapped = {value: kind or "ignore" for value, kind in known.items() if kind != value or value not in KINDS}
    return mapped, [value for value, kind in known.items() if kind is None]


def _money(table: Seen, found: Mapping[str, Match], checks: dict[str, str]) -> dict[str, object]:
    options: dict[str, object] = {}
    if "price" in found:
        prices = table.text[found["price"].theirs]
        if _share(prices, lambda text: bool(re.search(r"\d,\d{1,2}\D*$", text))) > 0.3:
            options["decimal"] = ","
        sign = next((code for mark, code in CURRENCIES.items() if any(mark in text for text in prices)), None)
        if sign and "currency" not in found:
            options["currency"] = sign
            checks["currency"] = "told from the sign beside the prices"
    if "quantity" in found and any(text.startswith("-") for text in table.text[found["quantity"].theirs]):
        options["returns"] = True
    return options


def _matches(table: Seen, ours: Mapping[str, object], names: Mapping[str, str]) -> dict[str, Match]:
    """For each of our columns the one of theirs that fits best; no column stands for two of ours."""
    scored = [
        (_score(our, theirs, table, names[our]), our, theirs)
        for our in ours
        for theirs in table.columns
        if our in names
    ]
    found: dict[str, Match] = {}
    taken: set[str] = set()
    for score, our, theirs in sorted(scored, key=lambda entry: -entry[0]):
        if score >= 0.4 and our not in found and theirs not in taken:
            check = "" if score >= 0.8 else "guessed from few signs"
            found[our] = Match(our, theirs, round(score, 2), _examples(table.text[theirs]), check)
            taken.add(theirs)
    return {our: found[our] for our in ours if our in found}


def _score(our: str, theirs: str, table: Seen, names: str) -> float:
    """From 0 to 1; what the values say outweighs what the name says."""
    like, values, raw = likeness(theirs, names), table.text[theirs], table.columns[theirs]
    score = like
    if not values or any(isinstance(value, dict | list) for value in raw):
        score = 0.0
    elif our == "time":
        told = 0.5 if _stamped(raw) or not values[0].isdigit() else 0.4
        score = max(like, told) if _stamped(raw) or time_format(values) else 0.0
    elif our == "kind":
        words = set(values)
        known = sum(kind_of(word) is not None for word in words) / len(words)
        score = max(like * known, 0.85 * known) if len(words) <= 50 else 0.0
    elif our in ("price", "quantity", "position"):
        score = like if _share(values, lambda text: bool(NUMBER.match(text))) >= MOST else 0.0
    elif our == "currency":
        codes = _share(values, lambda text: bool(re.fullmatch(r"[A-Z]{3}", text)))
        score = max(like, 0.3) if codes >= MOST else 0.0
    elif our in FEW:
        score = like if len(set(values)) <= FEW[our] else 0.0
    elif our.endswith("_id") and (_stamped(raw) or _fractions(values)):
        score = 0.0
    return score


def _stamped(values: Sequence[object]) -> bool:
    return all(isinstance(value, date) or value is None for value in values) and any(
        value is not None for value in values
    )


def _fractions(values: Sequence[str]) -> bool:
    """Whether they are numbers with something behind the point: prices, not ids."""
    return _share(values, lambda text: bool(re.fullmatch(r"[+-]?\d+[.,](\d*[1-9]\d*)", text))) > 0.3


def _share(values: Sequence[str], holds: Callable[[str], bool]) -> float:
    few = values[:1000]
    return sum(map(holds, few)) / len(few) if few else 0.0


def _examples(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(value[:30] for value in dict.fromkeys(values))[:3]
