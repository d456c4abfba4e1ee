"""Numbers as people write them, with currencies, groups, signs and digits of many scripts; in DuckDB."""

import re
from collections.abc import Mapping

import ibis

from endcap.data.columns import said

Problem = tuple[ibis.Value, ibis.Value | str]
"""Which rows are wrong, and what is said of them."""
NUMBERS = ("price", "quantity", "position")
SPELLINGS = (
    "０１２３４５６７８９٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹．，−﹣－–—‒\u00a0\u202f\u2009\u2007\u2008\u2002\u2003\u3000\t’‘ʼ´`٫٬",
    "012345678901234567890123456789.,------         '''''",
)
"""Characters that stand for others in numbers, and these; the last two are signs of decimals and of groups."""
UNSEEN = "[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\u061c\ufeff]"
"""Marks of direction and blanks of no width."""
NAMES = """
kr zł zl kč kc rs ft lei лв руб р грн din дин km kn tl r rm rp s/ bs fr sfr dm euro euros dollar dollars pound pounds
rouble roubles franc francs 円 元 원 د.إ ر.س دج د.م тг ден eur usd gbp chf sek nok dkk pln czk huf ron bgn try rub uah
inr jpy cny krw aud cad nzd brl mxn zar aed sar sgd hkd thb idr myr php vnd
pc pcs piece pieces stk stück stuck st unit units ea pz pzs pzas ud uds szt ks шт stuk stuks pièce pièces ex x
"""
"""Currencies and pieces by their names, in small letters, without the point behind them."""
COMMON = "€$£¥ \u00a0\u202f"
"""What stands at the ends of most prices that are not plain: these need no more than to be left out."""
SYMBOL = r"^[A-Za-z]{0,3} ?\p{Sc}$|^[A-Z]{3}$"
"""A currency that is a sign, maybe with a country, or an ISO code."""
NAMED = rf"^[ .]*(?:{'|'.join(sorted(map(re.escape, NAMES.split())))})[ .]*$"
"""One of `NAMES`; a pattern is looked for once, where a list is compared word by word."""
AROUND = r"((?:[^\d.,'()+-]+\.?)?)"
FRAME = rf"^'?(\(?) ?([-+]?) ?{AROUND} ?([-+]?) ?([\d.,' ]*\d)(?:[.,]-{{1,2}}|[.,])? ?(-?) ?{AROUND} ?(\)?)$"
"""What may stand around the digits: brackets, signs, a currency, and the stroke for no cents."""
FREE = (
    r"(?i)^(?:(?:for )?free(?: of charge)?|gratis|kostenlos|umsonst|gratuite?s?|gratuito|gratuita|za darmo|"
    r"бесплатно|免费|無料)!?$"
)
"""Words for a price of zero."""
LEAST = r"(?i)^(?:from|ab|von|starting at|à partir de|desde|vanaf|od|a partire da) +"
"""Words before the lowest of several prices."""
RANGE = (
    r"^([^\d]*\d[\d.,']*(?: \d{3})*(?:[.,]\d+)?(?: ?[^\d.,'()+-]*[^\d.,'()+ -])?)"
    r" (?:-|to|bis|do|tot|à|a) [^\d]*\d[\d.,' ]*[^\d-]*$"
)
"""A price range; the first, lower price is used."""
PARTS = r"\1\8\2\4\6|\5|\3|\7"
"""Of what `FRAME` finds: all signs, the digits, and what stands before and behind them."""
SIGNS = {"": 1, "+": 1, "-": -1, "()": -1}
GROUPED = {
    ".": r"^(?:\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d{2})+,\d{3}|\d{1,3}(?:'\d{3})+|\d{1,3}(?: \d{3})+)(?:\.\d*)?$",
    ",": r"^(?:\d{1,3}(?:\.\d{3})+|\d{1,2}(?:\.\d{2})+\.\d{3}|\d{1,3}(?:'\d{3})+|\d{1,3}(?: \d{3})+)(?:,\d*)?$",
}
"""By the decimal sign: digits in groups, of three or as in India."""
PLAIN = {".": r"^(?:\d+(?:\.\d*)?|\.\d+)$", ",": r"^(?:\d+(?:,\d*)?|,\d+|\d+\.\d{1,2}|\d+\.\d{4,})$"}
"""By the decimal sign: digits without groups. Where the sign is a comma, a point that can end no group is one too."""


def numbers(
    table: ibis.Table, columns: Mapping[str, ibis.Value], decimal: str
) -> tuple[ibis.Table, dict[str, ibis.Value], list[Problem]]:
    """Read prices and quantities that came as text as numbers.

    Returns the table with more columns, each of our columns of numbers in it, and for which rows one is none.
    """
    texts = {name: columns[name] for name in NUMBERS if name in columns and columns[name].type().is_string()}
    if not texts:
        return table, {}, []
    table = with_numbers(table, texts, decimal)
    found = {name: table[f"_number_{name}_"] for name in texts}
    problems: list[Problem] = []
    for name, value in found.items():
        text = table[f"_text_{name}_"]
        none = ibis.ifelse(value.isnull() | value.isnan(), text.notnull(), False)
        problems.append((none, no_number(name, text, decimal)))
    return table, found, problems


def with_numbers(table: ibis.Table, texts: Mapping[str, ibis.Value], decimal: str) -> ibis.Table:
    """Add ``_number_NAME_`` for each of some texts, ``.`` or ``,`` being the decimal sign; null for what is no number.

    Each stage is a projection of its own, so that DuckDB computes it once, however often the next one looks at it.
    """
    table = table.mutate(**{f"_text_{name}_": filled(text) for name, text in texts.items()})
    table = table.mutate(**{f"_bare_{name}_": _plain(table[f"_text_{name}_"], decimal) for name in texts})
    table = table.mutate(
        **{
            f"_plain_{name}_": ibis.ifelse(
                table[f"_bare_{name}_"].isnull(),
                _plain(_trim(table[f"_text_{name}_"], COMMON), decimal),
                table[f"_bare_{name}_"],
            )
            for name in texts
        }
    )
    table = table.mutate(
        **{
            f"_framed_{name}_": ibis.ifelse(
                table[f"_plain_{name}_"].isnull(),
                _framed(table[f"_text_{name}_"], decimal, price=name == "price"),
                ibis.null("string"),
            )
            for name in texts
        }
    )
    parts = {
        f"_{part}_{name}_": _part(table[f"_framed_{name}_"], "|", place)
        for name in texts
        for place, part in enumerate(("sign", "digits", "before", "behind"), 1)
    }
    table = table.mutate(**parts)
    return table.mutate(
        **{
            f"_number_{name}_": ibis.ifelse(
                table[f"_framed_{name}_"].isnull(), table[f"_plain_{name}_"], _assembled(table, name, decimal)
            )
            for name in texts
        }
    )


def no_number(name: str, text: ibis.Value, decimal: str) -> ibis.Value:
    """What is said of a text that is no number."""
    other = "," if decimal == "." else "."
    expected = said(f"{name} must be a number", text.strip())
    hint = f'; if {other} is the decimal sign, say decimal = "{other}"'
    return ibis.ifelse(text.re_search(rf"\d\{other}\d{{1,2}}(\D|$)"), expected + hint, expected)


def filled(text: ibis.Value) -> ibis.Value:
    """The text, or null if it is blank. Only what begins with a blank is looked through: it is slow."""
    return ibis.ifelse(text < "!", text.strip().nullif(""), text)


def _plain(text: ibis.Value, decimal: str) -> ibis.Value:
    """The number that a text is without further ado; null for most others, and for those with a sign of the groups."""
    if decimal == ".":
        return text.try_cast("float64")
    return ibis.ifelse(_contains(text, "."), ibis.null("float64"), text.replace(",", ".").try_cast("float64"))


def _framed(text: ibis.Value, decimal: str, *, price: bool) -> ibis.Value:
    """Cut a number into its parts, bars between them; a text that `FRAME` does not know gets no bars.

    Of a range of prices the lower one counts, and a word such as `gratis` is 0.
    """
    groups = "." if decimal == "," else ","
    bare = _replace(_translate(text, SPELLINGS[0], SPELLINGS[1] + decimal + groups), UNSEEN, "", "g").strip()
    if price:
        lower = _replace(_replace(bare, LEAST, "", ""), RANGE, r"\1", "")
        bare = ibis.ifelse(bare.re_search(FREE), "0", lower)
    return _replace(bare.replace("|", "?"), FRAME, PARTS, "")


def _assembled(table: ibis.Table, name: str, decimal: str) -> ibis.Value:
    """The number that the parts of a text make; null if one of them is not known."""
    sign, digits, *around = (table[f"_{part}_{name}_"] for part in ("sign", "digits", "before", "behind"))
    groups = "." if decimal == "," else ","
    grouped = ibis.ifelse(digits.re_search(GROUPED[decimal]), _replace(digits, f"[{groups}' ]", "", "g"), "")
    plain = ibis.ifelse(digits.re_search(PLAIN[decimal]), digits, grouped)
    value = (plain.replace(",", ".") if decimal == "," else plain).try_cast("float64")
    known = [(part == "") | part.strip().re_search(SYMBOL) | part.lower().re_search(NAMED) for part in around]
    factor = ibis.cases(*((sign == known, factor) for known, factor in SIGNS.items()), else_=None)
    return ibis.ifelse(known[0] & known[1], value * factor, ibis.null("float64"))


@ibis.udf.scalar.builtin(name="contains")  # type: ignore[untyped-decorator]
def _contains(text: str, part: str) -> bool:  # type: ignore[empty-body]
    """Whether a text holds another."""


@ibis.udf.scalar.builtin(name="translate")  # type: ignore[untyped-decorator]
def _translate(text: str, these: str, those: str) -> str:  # type: ignore[empty-body]
    """The text with each of these characters replaced by the one of those in its place."""


@ibis.udf.scalar.builtin(name="regexp_replace")  # type: ignore[untyped-decorator]
def _replace(text: str, pattern: str, instead: str, flags: str) -> str:  # type: ignore[empty-body]
    """The text with what fits a pattern replaced."""


@ibis.udf.scalar.builtin(name="split_part")  # type: ignore[untyped-decorator]
def _part(text: str, separator: str, place: int) -> str:  # type: ignore[empty-body]
    """The part in a place, from 1, of a text that a separator cuts."""


@ibis.udf.scalar.builtin(name="trim")  # type: ignore[untyped-decorator]
def _trim(text: str, characters: str) -> str:  # type: ignore[empty-body]
    """The text without these characters at its ends."""
