"""Which models and slots suit the data: what each slot starts with, and what else may fill it better."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from endcap.core.errors import BadData
from endcap.data.starting.facts import Facts

Settings = Mapping[str, object]
Names = tuple[str, ...]

MIN_DAILY = 20.0
"""What counts the last week alone is proposed where so many events a day may be counted."""
MIN_ROWS = 1000
"""A blend, which fits its models twice, is proposed where it can learn from so many rows."""
MAX_LINEAR = 6000
"""A linear model of all items at once is proposed for so many items, or rows to learn from, whichever are fewer."""
MIN_SHARE = 0.05
MIN_EVENTS = 100
"""Purchases (or carts) alone say what is popular if they are so many, or such a share of all that visitors do."""


@dataclass(frozen=True)
class Model:
    """One table ``[models.NAME]``."""

    settings: Settings
    note: str
    """What it is good for, as a comment."""
    cost: int
    """How dear it is to fit and to ask, or slow to follow the time, from 0: of what is as good, the least is taken."""


@dataclass(frozen=True)
class SlotProposal:
    """One table ``[slots."NAME"]``, and what may fill it instead."""

    name: str
    task: str | None
    """None: nothing in the data says what would be right."""
    retrievers: Names
    """What fills it as long as nothing was tried."""
    candidates: tuple[Names, ...]
    """Other retrievers that may be better."""
    stages: Names
    fallback: Names
    """Names of models, best first; those among the retrievers are left out when it is written."""
    optional: Names = ()
    """Stages that can be left out if the slot is better without them."""
    note: str = ""


@dataclass(frozen=True)
class Proposal:
    """Models and slots for the data at hand."""

    models: Mapping[str, Model]
    slots: tuple[SlotProposal, ...]
    facts: Facts


def propose(facts: Facts) -> Proposal:
    """Propose models and slots for the data; raises `BadData` if no kind of event says what people want."""
    if not facts.touched:
        held = f"only {', '.join(sorted(facts.kinds))}" if facts.kinds else "no event"
        raise BadData(f"the data holds {held}; nothing of that says what people want")
    models = _popularity(facts) | _relations(facts) | _visits(facts) | _visitors(facts)
    slots = [_substitutes(facts), _together(facts), _cart(facts), _for_you(facts), _next(facts), _popular(facts)]
    written = [_with_models(slot, models) for slot in (*slots, _new(facts)) if slot is not None]
    return Proposal(models, tuple(written), facts)


def _with_models(slot: SlotProposal, models: Mapping[str, Model]) -> SlotProposal:
    """The slot with only such models as there are."""
    tried = [names for names in slot.candidates if all(name in models for name in names)]
    ladder = tuple(name for name in slot.fallback if name in models)
    first = slot.retrievers if all(name in models for name in slot.retrievers) else (*tried, ladder[:1])[0]
    optional = tuple(name for name in slot.optional if name in slot.stages)
    others = tuple(names for names in dict.fromkeys(tried) if names != first)
    return replace(slot, retrievers=first, candidates=others, fallback=ladder, optional=optional)


def _popularity(facts: Facts) -> dict[str, Model]:
    wanted, touched = list(facts.wanted), list(facts.touched)
    few = sum(facts.kinds.get(kind, 0) for kind in wanted)
    acted = sum(facts.kinds[kind] for kind in touched)
    base = touched if few < MIN_EVENTS and few < MIN_SHARE * acted else wanted
    # Where enough happens every day, what follows the time most comes first of what is as good: seasons turn.
    busy = facts.days > 0 and few / facts.days >= MIN_DAILY
    found = {
        "popular": Model({"use": "popular", "kinds": base, "half_life": 14.0}, "what everybody wants now", 1),
        "popular_lately": Model(
            {"use": "popular", "kinds": base, "half_life": 7.0}, "the same, of the last days", 0 if busy else 1
        ),
        "bestsellers": Model({"use": "popular", "kinds": wanted}, "what everybody wanted in the whole time", 1 + busy),
    }
    if busy:
        found["week"] = Model({"use": "popular", "kinds": wanted, "days": 7.0}, "what everybody wanted last week", 1)
    if touched != base:
        found["attention"] = Model({"use": "popular", "kinds": touched, "half_life": 14.0}, "what gets attention", 2)
    if facts.categories:
        by = {"use": "popular_in", "by": "category"}
        note = "the same within the category of what is shown"
        found["popular_in_category"] = Model(by | {"kinds": base, "half_life": 14.0}, note, 1)
        found["bestsellers_in_category"] = Model(by | {"kinds": wanted}, "of the whole time, within the category", 2)
        if touched != base:
            looked = by | {"kinds": touched, "half_life": 14.0}
            found["attention_in_category"] = Model(looked, "what gets attention within the category", 2)
        if facts.priced:
            banded: Settings = {"use": "popular_in_band", "kinds": wanted}
            found["popular_in_band"] = Model(banded, "of the same category, at about the same price", 2)
    return found


def _relations(facts: Facts) -> dict[str, Model]:
    """What is learned from orders of several items."""
    found: dict[str, Model] = {}
    if facts.titled or facts.categories:
        found["content"] = Model({"use": "content", "source": _rows(facts)}, "what is described alike", 6)
    if not facts.baskets:
        return found
    counts = {"use": "co_occurrence", "source": "baskets"}
    wide: dict[str, object] = {"shrink": 10.0, "neighbours": 2000}
    linear: dict[str, object] = {"use": "ease", "source": "baskets", "l2": 30.0}
    vectors: Settings = {"use": "prod2vec", "source": "baskets", "epochs": 8, "exponent": 0.5}
    found |= {
        "together": Model(counts | {"similarity": "jaccard"} | wide, "what is bought together", 3),
        "cosine": Model(counts | {"similarity": "cosine"} | wide, "the same, by the cosine", 3),
        "similar": Model(vectors, "what is bought in the same surroundings", 7),
    }
    if min(facts.items, facts.baskets) <= MAX_LINEAR:
        found["completing"] = Model(linear, "what else belongs to all that is in a cart", 5)
    if facts.compared:
        settings = {"use": "complements", "substitutes": {"kinds": list(facts.looked)}}
        found["along"] = Model(settings, "what is bought along, and is not more of the same", 5)
    if facts.baskets >= MIN_ROWS and "completing" in found:
        steep = counts | {"similarity": "cosine", "idf": True} | wide
        how = {"measure": "NDCG", "k": 10, "questions": 2000}
        blended = {"use": "blend", "source": "baskets", "models": [linear, steep]} | how
        found["blended"] = Model(blended, "two of them added, each as much as it proved to be worth", 8)
    return found


def _visits(facts: Facts) -> dict[str, Model]:
    """What is learned from visits, where there are any."""
    if not facts.browsed:
        return {}
    found = {
        "viewed": Model(
            {"use": "co_occurrence", "source": "sessions", "similarity": "cosine", "neighbours": 1000},
            "what is looked at in one visit", 3,
        ),
        "next": Model({"use": "session_knn"}, "what visits like this one went on to", 5),
        "rules": Model({"use": "sequential_rules"}, "what came next, after what was seen last", 4),
        "surroundings": Model(
            {"use": "prod2vec", "source": "sessions", "epochs": 8}, "what is looked at in the same surroundings", 7
        ),
    }  # fmt: skip
    if not facts.baskets:
        counts = {"use": "co_occurrence", "source": "sessions", "similarity": "jaccard"}
        found["jaccard"] = Model(counts, "the same as `viewed`, by the share of visits that have both", 3)
    if facts.compared:
        note = "what serves the same need: looked at in the same visits, and alike"
        found["instead"] = Model({"use": "substitutes", "kinds": list(facts.looked)}, note, 4)
    if facts.visits >= MIN_ROWS:
        several = ["session_knn", "sequential_rules", "last_viewed"]
        blended = {"use": "blend", "source": "sessions", "models": several, "questions": 2000}
        found["next_of_several"] = Model(blended, "several of them, each as much as it proved to be worth", 8)
    return found


def _visitors(facts: Facts) -> dict[str, Model]:
    found: dict[str, Model] = {}
    if facts.returning:
        counts = {"use": "co_occurrence", "source": "histories", "similarity": "cosine"}
        found["same_customers"] = Model(counts, "what the same customers buy, in one order or several", 3)
        if min(facts.items, facts.returning) <= MAX_LINEAR:
            linear: Settings = {"use": "ease", "source": "histories"}
            found["tastes"] = Model(linear, "what belongs to all that a customer has bought", 5)
    if facts.new or facts.unsold:
        found["new_arrivals"] = Model({"use": "new_arrivals"}, "what came in lately, the promising first", 1)
    return found


POPULARITY: tuple[Names, ...] = (("popular",), ("popular_lately",), ("week",), ("bestsellers",), ("attention",))
IN_CATEGORY: tuple[Names, ...] = tuple(
    (name,) for name in ("popular_in_category", "bestsellers_in_category", "attention_in_category", "popular_in_band")
)
FROM_VISITS: tuple[Names, ...] = (("next",), ("rules",), ("viewed",), ("jaccard",), ("next_of_several",))
THREE: Names = ("completing", "together", "popular_in_category")
FROM_BASKETS: tuple[Names, ...] = (("together",), ("cosine",), ("completing",), ("blended",), ("similar",))


def _substitutes(facts: Facts) -> SlotProposal:
    stages = _stages(facts, *(["same_category"] if facts.categories else []))
    ladder = (*_for_unsold(facts), "attention_in_category", "popular_in_category", "popular")
    fused = tuple((one, shelf) for one in ("instead", "viewed") for (shelf,) in IN_CATEGORY[:3])
    if facts.compared:
        candidates = (*IN_CATEGORY, *FROM_VISITS[:4], ("surroundings",), ("content",), *fused)
        return SlotProposal(
            "item/substitutes", "similar", ("instead",), candidates, stages, ("viewed", *ladder), ("same_category",)
        )
    if facts.categories:
        fused = tuple(("popular_in_category", one) for one in ("cosine", "similar", "same_customers"))
        candidates = (*IN_CATEGORY, ("cosine",), ("together",), ("similar",), ("same_customers",), *fused)
        task = "switched" if facts.returning else None
        note = "" if task else "nobody comes back, so nothing in the data says what is taken instead"
        return SlotProposal(
            "item/substitutes", task, ("popular_in_category",), candidates, stages, ladder, ("same_category",), note
        )
    note = "neither views nor categories: nothing in the data says what can be taken instead"
    first = "content" if facts.titled else "similar" if facts.baskets else "popular"
    return SlotProposal("item/substitutes", None, (first,), (), stages, ("popular",), (), note)


def _together(facts: Facts) -> SlotProposal:
    stages = _stages(facts, *(["other_families"] if facts.families else []))
    ladder = ("viewed", "same_customers", *_for_unsold(facts), "popular_in_category", "popular")
    other = (*POPULARITY, *IN_CATEGORY)
    if facts.baskets:
        fused = (("along", "together"), ("together", "viewed"), ("together", "popular"), ("completing", "together"))
        candidates = (*FROM_BASKETS, ("along",), ("viewed",), *fused, *other)
        task, first = "item_basket", "together"
    elif facts.browsed:
        candidates, task, first = (*FROM_VISITS, *other), "next_item", "viewed"
    elif facts.returning:
        candidates, task, first = (("tastes",), *other), "next_purchases", "same_customers"
    else:
        candidates, task, first = POPULARITY, "anybody", "popular"
    note = "" if facts.baskets else "no order holds two items: learned from what else there is"
    return SlotProposal("item/together", task, (first,), candidates, stages, ladder, ("other_families",), note)


def _cart(facts: Facts) -> SlotProposal:
    item = _together(facts)
    if not facts.baskets:
        return SlotProposal(
            "cart/together", item.task, item.retrievers, item.candidates, item.stages, item.fallback, item.optional,
            item.note,
        )  # fmt: skip
    candidates = (*item.candidates, ("completing", "viewed"), ("completing", "popular"))
    return SlotProposal(
        "cart/together", "basket", ("completing",), candidates, item.stages, ("together", *item.fallback), item.optional
    )


def _for_you(facts: Facts) -> SlotProposal:
    other = (*POPULARITY, *IN_CATEGORY)
    if facts.returning:
        fused = tuple((one, two) for one in ("completing", "tastes") for two in ("popular", "popular_lately"))
        candidates = (("tastes",), ("same_customers",), *FROM_BASKETS[:4], ("viewed",), *fused, THREE, *other)
        stages, first, task = _stages(facts, "not_bought"), "tastes", "next_purchases"
        ladder = ("next", "completing", "popular")
        return SlotProposal("home/for-you", task, (first,), candidates, stages, ladder, ("not_bought",))
    if facts.browsed:
        candidates, first, task = (*FROM_VISITS, *other), "next", "next_item"
    elif facts.baskets:
        candidates, first, task = (*FROM_BASKETS, *other), "completing", "basket"
    else:
        candidates, first, task = POPULARITY, "popular", "anybody"
    ladder = ("completing", "popular_in_category", "popular")
    return SlotProposal("home/for-you", task, (first,), candidates, _stages(facts), ladder)


def _next(facts: Facts) -> SlotProposal | None:
    if not facts.browsed:
        return None
    candidates = (*FROM_VISITS, *IN_CATEGORY, *POPULARITY)
    ladder = ("viewed", "attention_in_category", "popular_in_category", "attention", "popular")
    return SlotProposal("home/next", "next_item", ("next",), candidates, _stages(facts), ladder)


def _popular(facts: Facts) -> SlotProposal:
    return SlotProposal(
        "home/popular", "anybody", ("popular",), POPULARITY, _stages(facts), ("attention", "bestsellers")
    )


def _new(facts: Facts) -> SlotProposal | None:
    if not (facts.new or facts.unsold):
        return None
    note = "not judged: what is new has no past to be judged by"
    return SlotProposal("home/new", None, ("new_arrivals",), (), _stages(facts), ("popular",), (), note)


def _for_unsold(facts: Facts) -> Names:
    """Return the fallback for items without events, where the shop lists such items: the content model."""
    return ("content",) if facts.unsold else ()


def _rows(facts: Facts) -> str:
    return (
        "sessions" if facts.browsed else "baskets" if facts.baskets else "histories" if facts.returning else "sessions"
    )


def _stages(facts: Facts, *more: str) -> Names:
    return ("available", "not_in_cart", *more, *(["one_per_family"] if facts.families else []))
