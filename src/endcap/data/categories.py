"""Categories for a catalog that has none: the noun that a title ends with."""

import re
from collections import Counter

import pyarrow as pa

SIZE = re.compile(
    r"\d|^(no|cm|pc|set|pack|of|the|and|in|with|for|on|to|by|small|large|medium|mini|assorted|asst|design|designs)$"
)
DECORATION = frozenset(
    {
        *(
            "amber",
            "amethyst",
            "antique",
            "aqua",
            "black",
            "blue",
            "brass",
            "bronze",
            "brown",
            "chocolate",
            "clear",
        ),
        *(
            "copper",
            "coral",
            "cream",
            "crystal",
            "emerald",
            "gold",
            "green",
            "grey",
            "ivory",
            "jade",
            "lilac",
            "mint",
        ),
        *(
            "natural",
            "orange",
            "pastel",
            "pearl",
            "pink",
            "purple",
            "red",
            "rose",
            "ruby",
            "silver",
            "turquoise",
        ),
        *(
            "violet",
            "white",
            "yellow",
            "multicolour",
            "colour",
            "flock",
            "gingham",
            "london",
            "paisley",
            "polkadot",
        ),
        *("retrospot", "spaceboy", "spot", "stripe"),
    }
)
"""Colours and patterns stand last too ("EDWARDIAN PARASOL PINK") but name no thing."""
FEWEST = 8
"""A word is a category when at least so many titles end with it …"""
LAST = 0.2
"""… and at least this share of the titles that have it: "LONDON" decorates, "MUG" is the thing."""


def categories_from_titles(catalog: pa.Table) -> pa.Table:
    """The catalog with a `category` column: the last word of the title, among the words many titles end with.

    English titles name the thing last ("RED RETROSPOT CAKE STAND"); sizes, numbers and plurals are looked through.
    An item with no such word gets null: not known.
    """
    words = [_words(title or "") for title in catalog["title"].to_pylist()]
    heads = Counter(line[-1] for line in words if line)
    anywhere = Counter(word for line in words for word in set(line))
    known = {word for word, n in heads.items() if n >= FEWEST and n >= LAST * anywhere[word]}
    found = [next((word for word in reversed(line) if word in known), None) for line in words]
    return catalog.append_column("category", pa.array(found, pa.string()))


def _words(title: str) -> list[str]:
    words = re.findall(r"[a-z][a-z-]*[a-z]|\d+", title.lower().split(",")[0])
    return [_singular(word) for word in words if word not in DECORATION and not SIZE.search(word)]


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "as")) and len(word) > 3 else word
