"""Text files as shops have them, made ready for the parser: unpacked, decoded, one kind of line end, counted.

A plain file is looked through once and read where it lies. Any other is copied into a scratch folder in UTF-8 and with
one kind of line end; each line of the copy keeps the number that an editor shows for it in the original.
"""

import codecs
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from endcap.core.arrays import Array
from endcap.core.errors import BadData
from endcap.data.sources.decoding import decode_mixed, encoding_of_bom, guess_encoding, utf16_without_bom
from endcap.data.sources.packing import CHUNK, chunks, is_gzip, open_bytes, open_characters, require_text, unpack

LONGEST_LINE = 2 * CHUNK
UTF8 = ("utf-8", "utf-8-sig", "ascii")
MAX_VALID = 0.2
"""Share of the lines beyond ASCII that may be UTF-8 by chance in a file of another encoding."""
MAX_SAMPLE_LINES = 5000


@dataclass(frozen=True)
class Note:
    """Something unusual that was found in a file, and read or left out all the same; for the ledger."""

    step: str
    rows: int
    """How many lines or values it is about."""
    why: str
    dropped: bool = False


@dataclass(frozen=True)
class Cut:
    """How the text of a CSV file is cut into lines and fields."""

    delimiter: str | None = None
    encoding: str | None = None
    quote: str = '"'
    header: tuple[str, ...] = ()
    """Names of the columns of files without a first line of names."""
    skip: int = 0
    """Lines before the one with the names of the columns."""
    any_length: bool = False
    """Whether a line may be of any length."""


@dataclass(frozen=True)
class Text:
    """A text file that can be read to its end, in UTF-8 (or what was said to be UTF-8)."""

    path: Path
    """The file itself, or its copy in the scratch folder."""
    name: str
    """What people call it."""
    gzipped: bool
    lines: int
    """How many there are, those within quotes and blank ones too."""
    skipped: int = 0
    """Lines of the original that are not in the copy: those before the names of the columns."""
    zeros: bool = False
    """Whether it holds a NUL byte."""
    encoding: str = "ascii"
    """What it was decoded from: ``ascii``, ``utf-8``, ``mixed``, or another one."""
    delimiter: str | None = None
    """What a line ``sep=;`` says."""
    notes: tuple[Note, ...] = ()
    places: Array | None = None
    """The line of the original that each line of a copy begins with, where it is another one."""

    def open(self) -> IO[str]:
        """Open its text at the beginning, without a byte order mark; what is not UTF-8 is replaced."""
        return open_characters(self.path, self.gzipped, "utf-8-sig", "replace", "")


def open_text(path: Path, cut: Cut, scratch: Path) -> Text:
    """Make a file ready to be read: unpack it, decode it, give its lines one kind of end, skip what is no table.

    Without an encoding in `cut`, it is UTF-8, or what a byte order mark or the zero bytes of UTF-16 say, or a guess.
    Raises `BadData` if the file is cut off, has lines without end, or is no text.
    """
    file = unpack(path, scratch)
    gzipped = is_gzip(file)
    if path.name.endswith(".gz") and not gzipped and file.stat().st_size:
        raise BadData(f"{path}: ends in .gz but is not compressed with gzip; take .gz off its name, or compress it")
    head = next(chunks(file, gzipped), b"")
    mark = encoding_of_bom(head)
    told = cut.encoding or mark or utf16_without_bom(head)
    require_text(head, path.name, wide=told is not None and codecs.lookup(told).name not in UTF8)
    text = Text(file, path.name, gzipped, 0, encoding=told or "ascii")
    if told and codecs.lookup(told).name not in UTF8:
        text = replace(text, path=_translated(text, told, scratch), gzipped=False)
        if not cut.encoding and not mark:
            text = replace(text, notes=(Note(f"{path.name} read as {told}", 0, "every second byte is zero"),))
    survey = _survey(text, cut.encoding is None, cut.any_length)
    if survey.invalid:
        text = _guessed(text, scratch)
        survey = _survey(text, False, cut.any_length)
    elif not survey.ascii and text.encoding == "ascii":
        text = replace(text, encoding="utf-8")
    text = replace(text, lines=survey.lines, zeros=survey.zeros > 0)
    return _ready(text, survey, cut, scratch)


@dataclass(frozen=True)
class _Survey:
    """What one look through a file says."""

    lines: int
    zeros: int
    mixed: bool
    """Whether it has more than one kind of line end."""
    invalid: bool
    """Whether it is not UTF-8; False if nobody looked."""
    ascii: bool


def _survey(text: Text, decode: bool, any_length: bool) -> _Survey:
    """Look through a file; raises `BadData` if it is no text, or holds a line without an end."""
    feeds = returns = pairs = zeros = 0
    plain, invalid, last = True, False, b""
    decoder = codecs.getincrementaldecoder("utf-8")()
    for chunk in chunks(text.path, text.gzipped):
        if zero := chunk.count(0):
            zeros += zero
            if zero > len(chunk) // 10 and (b"\n" in chunk or any_length):
                raise BadData(f"{text.name}: is not text, it holds NUL bytes; if it is UTF-16, say encoding = 'utf-16'")
        if len(chunk) == CHUNK and not any_length and b"\n" not in chunk and b"\r" not in chunk:
            at = f"{text.name}, line {feeds + returns - pairs + 1}"
            raise BadData(f"{at}: is longer than {CHUNK:,} bytes; is a line ending missing, or is it no text?")
        feeds += chunk.count(b"\n")
        if b"\r" in chunk or last == b"\r":
            returns += chunk.count(b"\r")
            pairs += chunk.count(b"\r\n") + (last == b"\r" and chunk.startswith(b"\n"))
        if decode and not invalid and not (chunk.isascii() and not decoder.getstate()[0]):
            plain = False
            invalid = not _decodes(decoder, chunk)
        last = chunk[-1:]
    invalid = invalid or (decode and not _decodes(decoder, b"", final=True))
    lines = feeds + returns - pairs + (last not in (b"", b"\n", b"\r"))
    kinds = (pairs > 0) + (feeds > pairs) + (returns > pairs)
    return _Survey(lines, zeros, kinds > 1, invalid, plain)


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _ready(text: Text, survey: _Survey, cut: Cut, scratch: Path) -> Text:
    """The text from the line with the names of its columns on, with one kind of line end."""
    blank, delimiter = _preamble(text)
    skip = max(cut.skip, blank)
    text = replace(text, delimiter=delimiter)
    if not survey.mixed and not skip:
        return text
    if skip >= text.lines and cut.skip:
        raise BadData(f"{text.name}: has {text.lines:,} lines, but skip = {cut.skip} leaves none of them")
    target = _target(scratch, text)
    with (
        open_characters(text.path, text.gzipped, "utf-8-sig", "surrogateescape", None) as source,
        target.open("w", encoding="utf-8", errors="surrogateescape", newline="") as copy,
    ):
        for _ in range(skip):
            source.readline()
        while chunk := source.read(CHUNK):
            copy.write(chunk)
    return replace(text, path=target, gzipped=False, skipped=skip, lines=text.lines - skip)


def _preamble(text: Text) -> tuple[int, str | None]:
    """How many lines at the beginning are blank or say ``sep=;``, and the delimiter that is said."""
    skip, delimiter = 0, None
    with open_characters(text.path, text.gzipped, "utf-8-sig", "replace", None) as lines:
        for line in lines:
            said = line.strip("\n").strip('"')
            if said[:4].lower() == "sep=" and len(said) in (5, 6) and delimiter is None:
                delimiter = {"\\t": "\t"}.get(said[4:], said[4])
            elif line.strip("\n\ufeff "):
                break
            skip += 1
        else:
            return 0, delimiter  # nothing else in it
    return skip, delimiter


def _translated(text: Text, encoding: str, scratch: Path, errors: str = "strict") -> Path:
    """A copy in UTF-8; raises `BadData` naming the line if the file is not in the encoding."""
    decode = codecs.getincrementaldecoder(encoding)(errors)
    target = _target(scratch, text)
    line = 1
    with target.open("w", encoding="utf-8", errors="replace", newline="") as file:
        try:
            for chunk in chunks(text.path, text.gzipped):
                part = decode.decode(chunk)
                file.write(part)
                line += part.count("\n")
            file.write(decode.decode(b"", final=True))
        except UnicodeError as error:
            said = getattr(error, "reason", error)
            raise BadData(f"{text.name}, at or after line {line}: is not {encoding}: {said}") from error
    return target


def _guessed(text: Text, scratch: Path) -> Text:
    """A copy of a file that is not UTF-8, decoded by the encoding that its bytes suggest; says so in the notes.

    If most of its lines are UTF-8, only the others are decoded so.
    """
    invalid: list[bytes] = []
    places: list[int] = []
    valid = number = 0
    for number, line in enumerate(_lines(text), 1):
        if line.isascii():
            continue
        try:
            line.decode()
            valid += 1
        except UnicodeDecodeError:
            places.append(number)
            if len(invalid) < MAX_SAMPLE_LINES:
                invalid.append(line)
    guess = guess_encoding(invalid)
    words = ", ".join(map(repr, guess.words))
    if valid <= MAX_VALID * (valid + len(places)):
        many = f"{len(places) + valid:,} of {number:,} lines hold letters beyond ASCII"
        why = f"it is not UTF-8; {many}, such as {words}; if these words are wrong, say encoding = '…'"
        note = Note(f"{text.name} read as {guess.encoding}", len(places), why)
        copy, encoding = _translated(text, guess.encoding, scratch, "replace"), guess.encoding
    else:
        first = ", ".join(f"{place:,}" for place in places[:5]) + (" …" if len(places) > 5 else "")
        why = f"all others are UTF-8 (lines {first}); so their words read {words}"
        note = Note(f"lines of {text.name} read as {guess.encoding}", len(places), why)
        copy, encoding = _target(scratch, text), "mixed"
        with copy.open("w", encoding="utf-8", errors="replace", newline="") as file:
            file.writelines(decode_mixed(line, guess.encoding)[0] for line in _lines(text))
    return replace(text, path=copy, gzipped=False, encoding=encoding, notes=(*text.notes, note))


def _lines(text: Text) -> Iterator[bytes]:
    """The lines of a file with their ends, whatever they end in."""
    rest = b""
    with open_bytes(text.path, text.gzipped) as file:
        while chunk := file.read(CHUNK):
            lines = (rest + chunk).splitlines(keepends=True)
            rest = lines.pop()  # its end may lie in the next chunk
            yield from lines
    if rest:
        yield rest


def _target(scratch: Path, text: Text) -> Path:
    return scratch / f"{os.urandom(4).hex()}-{text.name.removesuffix('.gz')}"
