"""Several ids in one cell, such as ``SKU1|SKU2``: told from parts that come again in other cells."""

import re
from collections.abc import Iterable, Sequence

SEPARATORS = ("|", ";", ",", "\n", "\t", " + ", " / ", "/", "+", " ")
"""Tried in this order; a blank last, since ids with blanks are not rare."""
MIN_CELLS = 3
"""Fewer cells with a separator say nothing."""
MAX_DISTINCT = 0.7
"""Parts of cells are ids of their own if so few of them are different; the halves of a composed id seldom come again
with others."""


def separator_of(cells: Sequence[str], known: Iterable[str] = ()) -> str | None:
    """What stands between several ids in one cell; None if each cell holds one id.

    `known` are ids that stand alone: of the catalog, or in cells of their own.
    """
    alone = set(known)
    alone |= {cell.strip() for cell in cells}
    for mark in SEPARATORS:
        parts = [split for cell in cells if len(split := _split(cell, mark)) > 1]
        if len(parts) < MIN_CELLS:
            continue
        flat = [part for split in parts for part in split]
        if sum(part in alone for part in flat) > 0.5 * len(flat) or _are_ids(parts, mark):
            return mark
    return None


def _split(cell: str, mark: str) -> list[str]:
    bare = re.sub(r"^[\[({]\s*|\s*[\])}]$", "", cell.strip())
    return [part for part in (part.strip().strip("'\"") for part in bare.split(mark)) if part]


def _are_ids(parts: Sequence[Sequence[str]], mark: str) -> bool:
    """Whether the parts come again at other places, look alike, and cells hold different numbers of them or many."""
    flat = [part for split in parts for part in split]
    if any(" " in part or len(part) > 40 for part in flat) or (mark == " " and not all(_numbered(p) for p in flat)):
        return False
    if len(set(flat)) > MAX_DISTINCT * len(flat):
        return False
    # Composed ids (article/colour) have kinds of parts by place: no part stands at two places.
    by_place = [{split[place] for split in parts if len(split) > place} for place in range(max(map(len, parts)))]
    return any(by_place[0] & later for later in by_place[1:])


def _numbered(part: str) -> bool:
    return any(letter.isdigit() for letter in part)
