"""A profile in words: one sentence per section, weighed by how much a person should know it, and a summary."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from endcap.data.describe import INFERRED
from endcap.data.profile.drift import MUCH, SOME
from endcap.data.profile.facts import Profile
from endcap.data.profile.goods import NO_CATEGORY
from endcap.data.profile.shapes import percent, share

NOTABLE = 3
"""So many findings are in the summary."""


@dataclass(frozen=True)
class Finding:
    """What a section says, in a sentence."""

    section: str
    weight: float
    """From 0, as one would expect, to 1, must be known."""
    words: str


def findings(profile: Profile) -> tuple[Finding, ...]:
    """What can be said of each section, the most notable first."""
    told = [finding for say in SAYERS for finding in say(profile)]
    return tuple(sorted(told, key=lambda finding: -finding.weight))


def summary(profile: Profile) -> str:
    """What there is, and the three most notable things in it."""
    sizes = profile.sizes
    guests = " and guests" if profile.visitors[1].events else ""
    there = ", ".join(
        (
            f"{_many(sizes.users, 'known user')}{guests}",
            _many(sizes.sessions, "session"),
            _many(sizes.orders, "order"),
            _many(sizes.items, "item"),
        )
    )
    what = f"{_many(sizes.events, 'event')} from {sizes.first} to {sizes.last}: {there}."
    return " ".join([what, *(finding.words for finding in islice(findings(profile), NOTABLE))])


def _when(profile: Profile) -> Iterator[Finding]:
    when = profile.when
    days = len(when.starts) * (7 if when.step == "week" else 1)
    if when.silent_weekdays:
        silent = " and ".join(f"{day}s" for day in when.silent_weekdays)
        yield Finding("when", 0.7, f"Next to nothing happens on {silent}.")
    elif when.silent_days > 0.1 * days:
        yield Finding("when", 0.75, f"On {when.silent_days} days there is no event at all: is the data complete?")
    busiest = f"week began on {when.peak_at}" if when.step == "week" else f"day was {when.peak_at}"
    words = f"The busiest {busiest}, with {when.peak:.1f} times the usual events."
    yield Finding("when", 0.55 if when.peak >= 3 else 0.2, words)


def _funnel(profile: Profile) -> Iterator[Finding]:
    stages = {stage.kind: stage for stage in profile.funnel}
    absent = [kind for kind, stage in stages.items() if not stage.events]
    if absent == ["impression", "view", "cart"]:
        words = (
            "what is looked at instead of something else, and how often a list is clicked, cannot be learned from it"
        )
        yield Finding("funnel", 0.9, f"There are purchases only, no impressions, views or carts: {words}.")
    elif absent:
        yield Finding("funnel", 0.8, f"There are no {_or([f'{kind}s' for kind in absent])} in this data.")
    if stages["view"].sessions and stages["purchase"].sessions:
        bought = percent(share(stages["purchase"].sessions, profile.sizes.sessions), 1)
        yield Finding("funnel", 0.3, f"In {bought} of the sessions something is bought.")


def _visits(profile: Profile) -> Iterator[Finding]:
    visits = profile.visits
    if visits.at_once > 0.9:
        words = "they are single moments, such as orders, and have no order of events to learn from"
        yield Finding("visits", 0.5, f"In {percent(visits.at_once)} of the sessions all has the same time: {words}.")
    if visits.events.median and visits.longest > max(1000, 200 * visits.events.median):
        yield Finding("visits", 0.6, f"The longest session has {visits.longest:,} events: a bot, or ids that repeat.")
    if visits.basket.median:
        many = f"Half of the orders have {int(visits.basket.median)} different items or more."
        yield Finding("visits", 0.25, many if visits.basket.median >= 2 else "Most orders have a single item.")


def _visitors(profile: Profile) -> Iterator[Finding]:
    users, guests = profile.visitors
    part = share(guests.sessions, guests.sessions + users.sessions)
    yield Finding("visitors", 0.25 + 0.45 * part, f"{percent(part)} of the sessions are those of guests.")


def _popularity(profile: Profile) -> Iterator[Finding]:
    head, gini = profile.popularity.thirds[0], profile.popularity.gini
    words = f"{_many(head.items, 'item')}, {percent(head.share, 1)} of those that have any (Gini {gini:.2f})"
    yield Finding("popularity", 0.35 + 0.4 * max(gini - 0.7, 0) / 0.3, f"A third of all events is about {words}.")


def _categories(profile: Profile) -> Iterator[Finding]:
    bare = next((group for group in profile.categories if group.name == NO_CATEGORY), None)
    if bare:
        part = share(bare.items, profile.sizes.catalog)
        words = "No item has a category." if part == 1 else f"{percent(part)} of the items have no category."
        yield Finding("categories", 0.3 + 0.5 * part, words)
    named = [group for group in profile.categories if group.name != NO_CATEGORY]
    if named:
        part = share(named[0].events, profile.sizes.events)
        words = f"The largest category, “{named[0].name}”, has {percent(part)} of the events."
        yield Finding("categories", 0.2 + 0.3 * part, words)


def _again(profile: Profile) -> Iterator[Finding]:
    again = profile.again
    if again.same_item.median is None:
        yield Finding("again", 0.3, "No known user ever bought the same item twice.")
        return
    words = f"had bought before, half of it within {_many(round(again.same_item.median), 'day')}"
    yield Finding("again", 0.3 + again.repeats / 2, f"{percent(again.repeats)} of what known users buy they {words}.")


def _arrivals(profile: Profile) -> Iterator[Finding]:
    came = profile.arrivals
    if not came.total:
        yield Finding("arrivals", 0.1, f"No item came after {came.since}.")
        return
    part = share(came.total, profile.sizes.items)
    wait = "fewer than half of them had a tenth event since"
    if came.median is not None:
        wait = f"half of them had their tenth event within {_many(came.median, 'day')}"
    words = f"{_many(came.total, 'item')} ({percent(part)}) first appeared after {came.since}; {wait}."
    yield Finding("arrivals", 0.3 + 0.4 * part, words)


def _on_sale(profile: Profile) -> Iterator[Finding]:
    words = profile.on_sale
    yield Finding("categories", 0.6 if words.startswith(INFERRED) else 0.2, f"{words[0].upper()}{words[1:]}.")


def _known(profile: Profile) -> Iterator[Finding]:
    users = profile.known.users
    if users[0].share > 0.5:
        words = f"{percent(users[0].share)} of the known users have a single event."
        yield Finding("known", 0.5 + 0.3 * users[0].share, words)
    elif sum(some.count for some in users):
        few = percent(users[0].share + users[1].share)
        yield Finding("known", 0.25, f"{few} of the known users have fewer than five events.")
    names = {"price": "the events have no price", "order": "the purchases belong to no order"}
    for column in profile.known.missing:
        if column.table == "events" and column.column in names and column.share >= 0.01:
            words = f"{percent(column.share)} of {names[column.column]}."
            yield Finding("known", 0.4 + 0.5 * column.share, words)


def _together(profile: Profile) -> Iterator[Finding]:
    graph = profile.together
    if not graph.edges:
        yield Finding("together", 0.6, "No two of the popular items are together often enough to say anything.")
        return
    edge = graph.edges[0]
    a, b = (graph.nodes[place].title for place in (edge.a, edge.b))
    words = f"The strongest tie: “{a}” and “{b}”, together {edge.lift:.1f} times as often as by chance."
    yield Finding("together", 0.15, words)


def _returns(profile: Profile) -> Iterator[Finding]:
    back = profile.returns
    if not back.events:
        yield Finding("returns", 0.05, "There are no returns in this data.")
        return
    amount = "" if back.amount is None else f", {percent(back.amount, 1)} of the amount"
    words = f"{percent(back.share, 1)} of the purchases come back{amount}."
    yield Finding("returns", 0.2 + 2 * min(back.share, 0.3), words)


def _drift(profile: Profile) -> Iterator[Finding]:
    if profile.drift is None or not profile.drift.columns:
        yield Finding("drift", 0.0, "There is nothing to compare with yet.")
        return
    far = max(profile.drift.columns, key=lambda column: column.psi)
    if far.psi < SOME:
        yield Finding("drift", 0.1, f"No column moved by much {profile.drift.since}.")
        return
    how, weight = ("much", 0.85) if far.psi >= MUCH else ("somewhat", 0.6)
    words = f"The {far.column} moved {how} {profile.drift.since} (PSI {far.psi:.2f}): {far.words}."
    yield Finding("drift", weight, words)


SAYERS: tuple[Callable[[Profile], Iterator[Finding]], ...] = (
    _when,
    _funnel,
    _visits,
    _visitors,
    _popularity,
    _categories,
    _again,
    _arrivals,
    _on_sale,
    _known,
    _together,
    _returns,
    _drift,
)


def _many(count: int, name: str) -> str:
    return f"{count:,} {name}" if count == 1 else f"{count:,} {name}s"


def _or(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
