"""Which spellings of an id mean one thing: the key that they share, by each of three rules.

Every rule gives a text that the rule itself leaves as it is, so a key can be looked up like an id. `Café` and `Cafe`,
`ß` and `ss`, `00123` and `123` share no key by any rule.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final, Literal
from unicodedata import category, normalize

Rule = Literal["exact", "decimal", "canonical"]
"""How far spellings may differ and still mean one id; see `KEYS`."""

INVISIBLE: Final = "\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff"
"""Letters without a shape that come with what is copied from a page; `str.isspace` does not count them as blanks."""
_SEPARATING = frozenset(["Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Zs", "Zl", "Zp", "Cc", "Cf"])
"""Unicode categories of what may stand between the words of an id: punctuation, blanks, invisible letters."""
_DECIMAL = re.compile(r"([0-9]+)\.0+")
_NOT_BETWEEN_DIGITS = re.compile(r"(?<!\d)-|-(?!\d)")
_SEPARATORS = re.compile(r"[\x00-\x20\x7f!\"#%&'()*,\-./:;?@\[\\\]_{}]+")


def without_blanks(text: str) -> str:
    """Remove blanks (no-break and zero-width ones too) around a text."""
    if text.isascii():
        return text.strip()
    before = ""
    while text != before:
        before, text = text, text.strip().strip(INVISIBLE)
    return text


def exact_key(text: str) -> str:
    """Remove blanks around an id and compose its Unicode letters (NFC)."""
    bare = without_blanks(text)
    return bare if bare.isascii() else normalize("NFC", bare)


def decimal_key(text: str) -> str:
    """As `exact_key`, and a whole number with decimals is the number: ``1000.0`` is ``1000``."""
    text = exact_key(text)
    number = _DECIMAL.fullmatch(text)
    return number[1] if number else text


def canonical_key(text: str) -> str:
    """As `decimal_key`, in lower case and without blanks and punctuation: ``Product A`` and ``PRODUCT-A`` are one.

    Between two digits a separator stays, as a hyphen: ``1-11`` is neither ``11-1`` nor ``111``. An id of nothing but
    punctuation is left as it is.
    """
    plain = decimal_key(text)
    lower = plain.lower()
    if lower.isascii():
        words = _SEPARATORS.sub("-", lower)
    else:
        lower = normalize("NFC", lower).replace("ς", "σ")  # the same letter at the end of a word
        words = re.sub("-+", "-", "".join("-" if category(letter) in _SEPARATING else letter for letter in lower))
    joined = _NOT_BETWEEN_DIGITS.sub("", words)
    return normalize("NFC", joined) or plain


KEYS: Mapping[Rule, Callable[[str], str]] = {
    "exact": exact_key,
    "decimal": decimal_key,
    "canonical": canonical_key,
}
"""The key of an id by each rule."""


def is_worn(text: str, rule: Rule) -> bool:
    """Whether a spelling shows the marks of an export: blanks around it or, where a rule joins them, decimals."""
    bare = without_blanks(text)
    return bare != text or (rule != "exact" and bool(_DECIMAL.fullmatch(bare)))
