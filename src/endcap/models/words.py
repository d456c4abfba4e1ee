"""The words of items and of what is typed, cut in the same way wherever they are compared."""

import re
from collections.abc import Sequence

from endcap.core.arrays import Strings
from endcap.core.catalog import Catalog, Labels

WORD = re.compile(r"\w+")


def words_of(text: str, pieces: int = 0) -> list[str]:
    """The words of a text in lower case; and after them, if asked for, all runs of so many letters within each.

    Runs are for languages that glue words together, and for spelling mistakes; a word has a blank at either end.
    """
    words: list[str] = WORD.findall(text.casefold())
    if not pieces:
        return words
    ended = [f" {word} " for word in words]
    return words + [word[at : at + pieces] for word in ended for at in range(len(word) - pieces + 1)]


def texts_of(catalog: Catalog, name: str) -> Sequence[str]:
    """What a text or label column says of each item; empty where it says nothing, or holds numbers."""
    column = catalog.columns.get(name)
    if isinstance(column, Strings):
        return column
    if isinstance(column, Labels):
        names = [*column.names.ids, ""]
        return [names[code] for code in column.codes.tolist()]
    return [""] * len(catalog)
