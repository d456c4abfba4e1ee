"""The encoding of a text file: what its bytes say, where nobody says it."""

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32",
        codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}  # fmt: skip
WESTERN = ("äöüßéèàçñáíóúâêôæøåãœÄÖÜÉ", "ùûîïëõìòÅÆØÈÀÇÑÁÍÓÚÊšžŠŽ")
CYRILLIC = ("абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґ", "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЁІЇЄҐ")
LETTERS = {
    "cp1252": WESTERN,
    "iso-8859-15": WESTERN,
    "cp1250": ("ąćęłńśźżěščřžýáíéúóäöüůőűďťňŁŚŻČŠŽ", "ôľĺŕđășțîĄĆĘŃÓŹÁĎÉĚÍŇŘŤÚŮÝÖŐÜŰ"),
    "cp1251": CYRILLIC,
    "cp1253": ("αβγδεζηθικλμνξοπρστυφχψωάέήίόύώς", "ϊΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΆΈΉΊΌΎΏ"),
    "cp1254": ("çğıöşü", "ÇĞİÖŞÜâîû"),
    "mac-roman": WESTERN,
    "cp850": WESTERN,
    "cp866": CYRILLIC,
    "koi8-r": CYRILLIC,
}
"""Code pages of one byte for each character, the likeliest first, and the usual and the rarer letters in them."""
LATIN = {"cp1252", "iso-8859-15", "cp1250", "cp1254", "mac-roman", "cp850"}
"""Of these, those whose letters stand beside those of ASCII."""
WIDE = {"cp932": (0x81, 0xEA), "cp949": (0xB0, 0xC8), "gb18030": (0xB0, 0xD7), "big5": (0xA4, 0xC6)}
"""Code pages of two bytes for most characters, and the first and the last first byte of the usual ones."""
KANA = "、。・ー　々〇（）"
SIGNS = "€£©®™°²³½¼µ·•–—‘’“”„«»…§º ±×"
"""What stands beside words in any of these languages."""
MAX_WORDS = 2000
"""Words that are looked at."""


@dataclass(frozen=True)
class Guess:
    """A guessed encoding, and words that it gives, for a person to check."""

    encoding: str
    words: tuple[str, ...]


def encoding_of_bom(head: bytes) -> str | None:
    """Look up the encoding that a byte order mark names, or None if a file does not begin with one."""
    return next((name for mark, name in BOMS.items() if head.startswith(mark)), None)


def utf16_without_bom(head: bytes) -> str | None:
    """Name the UTF-16 that a file without byte order mark is in: every second byte of its signs and digits is zero."""
    sample = head[: 1 << 16]
    if len(sample) < 8 or not sample.count(0):
        return None
    even, odd = sample[::2].count(0) / len(sample[::2]), sample[1::2].count(0) / len(sample[1::2])
    if min(even, odd) > 0.02 or max(even, odd) < 0.15:
        return None
    name = "utf-16-be" if even > odd else "utf-16-le"
    try:
        sample[: len(sample) // 2 * 2].decode(name)
    except UnicodeDecodeError as error:
        if error.end < len(sample) - 4:  # other than a character that the sample cuts in two
            return None
    return name


def guess_encoding(lines: Iterable[bytes]) -> Guess:
    """Guess the code page of lines that are not UTF-8 by how many of its characters are letters of its languages."""
    words = list(_words(lines))
    scores = {name: score(words, name) for name in (*LETTERS, *WIDE)}
    best = max(scores, key=lambda name: (round(scores[name], 3), -list(scores).index(name)))
    decoded = dict.fromkeys(text for word in words if (text := word.decode(best, "replace").strip()))
    # A sign such as that of the euro tells a person less than a letter.
    telling = [text for text in decoded if any(letter.isalpha() and not letter.isascii() for letter in text)]
    return Guess(best, tuple(telling or decoded)[:5])


def score(words: Iterable[bytes], encoding: str) -> float:
    """Share, from 0 to 1, of the characters beyond ASCII that are usual in the languages of an encoding."""
    usual = seen = 0.0
    for word in words:
        try:
            text = word.decode(encoding)
        except UnicodeDecodeError:
            seen += sum(byte > 127 for byte in word)
            continue
        for place, character in enumerate(text):
            if character.isascii():
                continue
            # A character of two bytes counts as two, so that each byte has one voice in every encoding.
            weight = len(character.encode(encoding))
            seen += weight
            usual += weight * _plausible(text, place, encoding)
    return usual / seen if seen else 0.0


def _plausible(text: str, place: int, encoding: str) -> float:
    character, before, after = text[place], text[place - 1 : place] if place else "", text[place + 1 : place + 2]
    beside_ascii = any(letter.isascii() and letter.islower() for letter in (before, after))
    if encoding in WIDE:
        return 0.1 if beside_ascii else _plausible_wide(character, encoding)
    usual, rare = LETTERS[encoding]
    if character in usual or character in rare:
        alone = not (before.isalpha() or after.isalpha())
        # A capital behind a small letter is none: by that, text in another code page gives itself away.
        if (character.isupper() and before.islower()) or (encoding not in LATIN and beside_ascii):
            return 0.2
        return (1.0 if character in usual else 0.8) * (0.5 if alone else 1.0)
    if character in SIGNS:
        return 0.1 if before.isalpha() and after.isalpha() and character not in "’·" else 0.99
    return 0.0


def _plausible_wide(character: str, encoding: str) -> float:
    code = character.encode(encoding)
    if encoding == "cp932":
        return float(character in KANA or "぀" <= character <= "ヿ" or "一" <= character <= "鿿")
    first, last = WIDE[encoding]
    usual = first <= code[0] <= last and (encoding == "big5" or code[1] >= 0xA1)
    return float(usual or character in KANA or character in "，：；！？《》“”")


def _words(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Cells that hold bytes beyond ASCII; they stay whole, since a byte of a wide character may look like a sign."""
    count = 0
    for line in lines:
        for cell in re.split(rb'[\t\n\r;,"]+', line):
            if not cell.isascii() and count < MAX_WORDS:
                count += 1
                yield cell


def decode_mixed(line: bytes, encoding: str) -> tuple[str, bool]:
    """Decode a line of a file in UTF-8 that may be in another encoding, and say whether it is.

    In code pages of one byte, only the bytes that are not UTF-8 are taken as that; in others the whole line.
    """
    try:
        return line.decode(), False
    except UnicodeDecodeError:
        pass
    if encoding in WIDE:
        return line.decode(encoding, "replace"), True
    text, rest = "", line
    while rest:
        try:
            return text + rest.decode(), True
        except UnicodeDecodeError as error:
            text += rest[: error.start].decode() + rest[error.start : error.end].decode(encoding, "replace")
            rest = rest[error.end :]
    return text, True
