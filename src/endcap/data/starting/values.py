"""What values say of themselves: moments and how they are written, numbers with fractions, how many are alike."""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import partial

from endcap.data.sources.parsing import EXCEL

PATTERNS = (
    "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y",
    "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %I:%M:%S %p",
    "%d-%m-%Y %H:%M:%S", "%d-%m-%Y %H:%M", "%d-%m-%Y", "%d %b %Y %H:%M:%S", "%d %b %Y %H:%M", "%d %b %Y",
    "%b %d, %Y %I:%M %p", "%b %d, %Y", "%b %d, %Y %H:%M:%S", "%a, %d %b %Y %H:%M:%S %z", "%Y%m%dT%H%M%S",
    "%d/%b/%Y:%H:%M:%S %z", "%Y %m %d", "%Y %m %d %H:%M:%S", "%Y %m %d %H:%M",
)  # fmt: skip
ISO = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}([T ]\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?)? ?(Z|UTC|[+-]\d\d:?\d\d)?$")
EPOCHS = ((9, 10, "s"), (12, 13, "ms"), (15, 16, "us"), (18, 19, "ns"))
EXCEL_DAYS = (33_000, 60_000)
"""Days since the end of 1899, as spreadsheets count them, from 1990 to 2064."""
IN_UTC = "times are taken as UTC; say timezone if they are not"
MOST = 0.9
"""Share of the values that must fit."""


def time_format(values: Sequence[str]) -> tuple[str | None, str] | None:
    """How moments are written (None: as we take them anyway) and what to check; None if they are no moments."""
    if not values:
        return None
    if share_of(values, lambda text: bool(ISO.match(text))) >= MOST:
        return None, "" if share_of(values, _says_zone) >= MOST else IN_UTC
    if all(re.fullmatch(r"\d+(\.\d+)?", text) for text in values):
        return _counted_time([text.partition(".")[0] for text in values])
    shares = {form: share_of(values, partial(_reads, form=form)) for form in PATTERNS}
    best = max(shares.values())
    if best < MOST:
        return None
    fitting = [form for form, share in shares.items() if share == best]
    twins = len({form.replace("%d/%m", "%m/%d") for form in fitting}) < len(fitting)
    return fitting[0], f"day and month may be the other way round; {IN_UTC}" if twins else IN_UTC


def _counted_time(digits: Sequence[str]) -> tuple[str | None, str] | None:
    """The same of whole numbers: dates without signs between, or a count since 1970."""
    longest = max(map(len, digits))
    if longest in (8, 14) and all(text.startswith(("19", "20")) for text in digits):
        return ("%Y%m%d" if longest == 8 else "%Y%m%d%H%M%S"), IN_UTC
    if longest == 5 and all(EXCEL_DAYS[0] <= int(text) <= EXCEL_DAYS[1] for text in digits):
        return EXCEL, f"days since 1900, as a spreadsheet counts them; {IN_UTC}"
    units = {unit for low, high, unit in EPOCHS if any(low <= len(text) <= high for text in digits)}
    if len(units) > 1:
        return None, ""  # without time_format, each value is read by its magnitude
    return next(((None if unit == "s" else unit, "") for low, high, unit in EPOCHS if low <= longest <= high), None)


def _says_zone(text: str) -> bool:
    return ":" in text and bool(re.search(r"(Z|UTC|[+-]\d\d:?\d\d)$", text))


def _reads(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)
    except ValueError:
        return False
    return True


def are_moments(values: Sequence[object]) -> bool:
    """Whether values are dates or moments already, and not text."""
    return all(isinstance(value, date) or value is None for value in values) and any(
        value is not None for value in values
    )


def are_fractions(values: Sequence[str]) -> bool:
    """Whether they are numbers with something behind the point: prices, not ids."""
    return share_of(values, lambda text: bool(re.fullmatch(r"[+-]?\d+[.,](\d*[1-9]\d*)", text))) > 0.3


def share_of(values: Sequence[str], holds: Callable[[str], bool]) -> float:
    """Share of the first thousand values for which something holds."""
    few = values[:1000]
    return sum(map(holds, few)) / len(few) if few else 0.0


def examples_of(values: Sequence[str]) -> tuple[str, ...]:
    """The first three different values, as people are shown them."""
    return tuple(value[:30] for value in dict.fromkeys(values))[:3]
