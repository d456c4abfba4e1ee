"""What the values of columns say of settings: cells with several items, dates apart from times, decimal signs."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from endcap.data.sources.parsing import UNITS

SEPARATORS = ("|", ";", ",", "/", " ")
MIN_SHARE = 0.5
"""Share of the cells that hold more than one item in a column that is packed."""
MAX_DISTINCT_SHARE = 0.5
"""Share of the parts that may differ from all others: items recur, words of titles do not."""
MIN_PARTS = 8
PART = re.compile(r"[\w.:#-]{1,60}")
DAY = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/. ]\s?(\d{1,2}|\w{3,9})[-/. ]\s?(\d{4}|\d{2})|\d{8}")
CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?(\s?[AaPp]\.?[Mm]\.?)?")
COMMA = re.compile(r"(^|\D)\d*,(\d{1,2}|\d{4,})\D*$|\d\.\d{3},|(^|\D)0,\d|\d\.\d{3}\.\d{3}|,[-–]")
POINT = re.compile(r"(^|\D)\d*\.(\d{1,2}|\d{4,})\D*$|\d,\d{3}\.|(^|\D)0\.\d|\d,\d{3},\d{3}|\.[-–]")
EITHER = re.compile(r"(^|\D)\d{1,3}[.,]\d{3}\D*$")
AMOUNT = re.compile(r"\D{0,6}\d[\d.,' \u00a0\u202f\u2009’]*([.,][-–]{1,2})?\D{0,6}$|\D{0,4}[.,]\d{1,2}\D{0,6}$")
CALENDAR = (
    ("year yyyy jahr ano año annee année anno jaar rok", 1990, 2100),
    ("month mm monat mes mois mese maand miesiac miesiąc", 1, 12),
    ("day dd tag dia día jour giorno dag dzien dzień", 1, 31),
)
"""What columns of years, months and days are called, and the least and greatest of their values."""
MOST = 0.9
FEW = 2000
"""Values that are looked at."""


def find_packed(columns: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Find columns most of whose cells hold several short values that recur, and what stands between those."""
    found = {}
    for name, values in columns.items():
        separator = next((mark for mark in SEPARATORS if _packed(values[:FEW], mark)), None)
        if separator:
            found[name] = separator
    return found


def _packed(values: Sequence[str], separator: str) -> bool:
    cells = [[part.strip() for part in value.strip(f"{separator} ").split(separator)] for value in values]
    if not cells or sum(len(parts) > 1 for parts in cells) < MIN_SHARE * len(cells):
        return False
    parts = [part for cell in cells for part in cell]
    if len(parts) < MIN_PARTS or len(set(parts)) > MAX_DISTINCT_SHARE * len(parts):
        return False
    if sum(bool(PART.fullmatch(part)) for part in parts) < MOST * len(parts):
        return False
    if _share(values, lambda value: bool(DAY.match(value) or CLOCK.match(value))) > 1 - MOST:
        return False
    if separator == " ":  # words have no digits, ids mostly have
        return sum(any(letter.isdigit() for letter in part) for part in parts) >= MOST * len(parts)
    # 12,50 is a price, and so may be 1,234; three parts of any length, or letters, are none.
    numeric = all(part.replace(".", "").isdigit() for part in parts)
    return not (separator == "," and numeric and max(map(len, cells)) < 3)


def find_time_columns(columns: Mapping[str, Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """Find columns that make a time together: a date and the time of day nearest behind it, or year, month and day."""
    names = list(columns)
    days = [name for name in names if _share(columns[name], lambda value: bool(DAY.fullmatch(value))) >= MOST]
    clocks = [name for name in names if _share(columns[name], lambda value: bool(CLOCK.fullmatch(value))) >= MOST]
    pairs = []
    for clock in clocks:
        place = names.index(clock)
        nearest = sorted(days, key=lambda day: (names.index(day) > place, abs(names.index(day) - place)))
        pairs += [(nearest[0], clock)] if nearest else []
    return (*pairs, *_calendar(columns))


def _calendar(columns: Mapping[str, Sequence[str]]) -> list[tuple[str, ...]]:
    """The columns of year, month and day, if there are all three."""
    parts = []
    for words, least, most in CALENDAR:
        named = (name for name in columns if name.strip().lower() in words.split())
        part = next((name for name in named if _share(columns[name], partial(_between, (least, most))) >= MOST), None)
        parts += [part] if part is not None else []
    return [tuple(parts)] if len(parts) == len(CALENDAR) else []


def _between(limits: tuple[int, int], value: str) -> bool:
    return bool(re.fullmatch(r"\d{1,4}", value)) and limits[0] <= int(value) <= limits[1]


def find_decimals(columns: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Find the decimal sign of columns of numbers with points or commas; ``?`` if each could be read either way."""
    found = {}
    for name, values in columns.items():
        marked = [value for value in values[:FEW] if "," in value or "." in value]
        if not marked or _share(values, lambda value: bool(AMOUNT.match(value) and not DAY.match(value))) < MOST:
            continue
        commas, points = (sum(bool(sign.search(value)) for value in marked) for sign in (COMMA, POINT))
        if commas or points:
            found[name] = "," if commas > points else "."
        elif any(EITHER.search(value) for value in marked):
            found[name] = "?"
    return found


def find_units(values: Sequence[str]) -> dict[str, int]:
    """Count the values of a column by their unit since 1970, if all are numbers that are moments of 1990 to 2100."""
    counts: dict[str, int] = {}
    for value in values[:FEW]:
        if not re.fullmatch(r"\d{9,19}(\.\d+)?", value):
            return {}
        unit = next((unit for unit, factor in UNITS.items() if 6.3e8 <= float(value) / factor < 4.11e9), None)
        if unit is None:
            return {}
        counts[unit] = counts.get(unit, 0) + 1
    return counts


def _share(values: Sequence[str], holds: Callable[[str], bool]) -> float:
    few = values[:FEW]
    return sum(map(holds, few)) / len(few) if few else 0.0
