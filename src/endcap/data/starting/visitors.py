"""Who acted, as the columns of a log tell it: accounts, browsers and devices, and the visits that are made of them."""

import re
from collections import Counter
from collections.abc import Mapping

from endcap.data.placeholders import BELOW, NUMBERS, PLACEHOLDERS, SMALL, stands_out
from endcap.data.starting.guess import Match
from endcap.data.starting.looking import Seen
from endcap.data.starting.names import COOKIE_NAMES, is_person, plain
from endcap.data.starting.values import examples_of

FILLED = 0.02
"""Share of the rows that a second column of people must tell where the first says nothing."""
NO_ID = frozenset(PLACEHOLDERS)


def add_visits(table: Seen, found: dict[str, Match]) -> str:
    """Find what stands for a visit where no column is one, and say what it is: ``visitor`` or ``order``.

    In an order log, an order is a visit; elsewhere the step `sessionized` makes visits of what a visitor did, known
    by a cookie if there is one beside the account.
    """
    cookie = _cookie(table, found)
    if cookie:
        found["session_id"] = Match(
            "session_id",
            cookie,
            0.9,
            examples_of(table.text[cookie]),
            then=_filling(table, cookie, found, ("user_id", "order_id", "time")),
        )
        return "visitor"
    wanted = ("user_id", "order_id") if "kind" in found else ("order_id", "user_id")
    instead = next((found[name] for name in (*wanted, "kind") if name in found), None)
    if instead is None:
        return ""
    then = _filling(table, instead.theirs, found, (*wanted, "time"))
    visits = {"order_id": ", so each order is one visit", "user_id": ", so a pause of 30 minutes ends one"}
    check = f"no column names a visit{visits.get(instead.ours, '')}"
    found["session_id"] = Match("session_id", instead.theirs, 0.7, instead.examples, check, then)
    return "order" if instead.ours == "order_id" else "visitor"


def add_people(table: Seen, found: dict[str, Match]) -> list[str]:
    """Use further columns of people where the first is empty, and say of those that are not used that they are not."""
    taken = {name for match in found.values() for name in (match.theirs, *match.then)}
    left = [name for name in table.columns if name not in taken and is_person(name) and table.text[name]]
    notes = []
    user = found.get("user_id")
    for name in left:
        if user and _fills(table, user.theirs, name):
            user = Match(
                "user_id", user.theirs, user.confidence, user.examples,
                f"where {user.theirs!r} is empty, {name!r} says who it was", (*user.then, name),
            )  # fmt: skip
            found["user_id"] = user
        elif user:
            notes.append(f"column {name!r} looks like ids of people and is not used: {user.theirs!r} is taken for them")
        else:
            notes.append(
                f"column {name!r} looks like ids of people and is not used: say user_id = {name!r} if it is one"
            )
    if user and any("@" in text for text in user.examples):
        notes.append(f"user_id is an e-mail address (column {user.theirs!r}): take a customer number if you have one")
    return notes


def _cookie(table: Seen, found: Mapping[str, Match]) -> str | None:
    """A column of ids of browsers or devices beside one of users; not one that numbers the rows."""
    if "user_id" not in found:
        return None
    taken = {match.theirs for match in found.values()}
    known = [name for name in table.columns if plain(name) in COOKIE_NAMES.split() and name not in taken]
    return next((name for name in known if len(set(table.text[name])) < max(len(table.text[name]), 2)), None)


def _filling(table: Seen, first: str, found: Mapping[str, Match], names: tuple[str, ...]) -> tuple[str, ...]:
    """Of the columns that stand for ours, those that say something where the first is empty.

    Of guests of whom nothing else is known, what was done at one moment is one visit: so the time may be among them.
    """
    theirs = [found[name].theirs for name in names if name in found and found[name].theirs != first]
    return tuple(name for name in theirs if _fills(table, first, name))


def _fills(table: Seen, first: str, second: str) -> bool:
    """Whether the second column often says something where the first holds nothing, or what stands for nothing."""
    pairs = list(zip(map(_plain, table.columns[first]), map(_plain, table.columns[second]), strict=True))
    counts = Counter(one for one, _ in pairs if one and one not in NO_ID)
    ids = {word: n for word, n in counts.items() if word not in NUMBERS}
    facts = {
        "ids": len(ids),
        "most": max(ids.values(), default=0),
        "small": sum(bool(re.search(SMALL, word)) for word in ids),
        "below": sum(bool(re.search(BELOW, word)) for word in ids),
    }
    none = {
        "",
        *NO_ID,
        *(word for word in NUMBERS if counts[word] and stands_out(word, counts[word], facts, "user_id")),
    }
    empty = sum(one in none and two not in none for one, two in pairs)
    return empty > FILLED * len(pairs)


def _plain(value: object) -> str:
    return "" if value is None else str(value).strip().lower()
