"""Stages that only take away; each is a function from query and candidates to candidates."""

import numpy as np
from pydantic import PositiveInt

from endcap.core.arrays import among
from endcap.core.candidates import Candidates
from endcap.core.part import Part
from endcap.core.query import Query


def available(query: Query, candidates: Candidates) -> Candidates:
    """Only what the shop can sell now."""
    return candidates.take(query.catalog["available"][candidates.items])


def not_in_cart(query: Query, candidates: Candidates) -> Candidates:
    """Nothing that lies in the cart or is shown on the page already."""
    return candidates.take(~among(candidates.items, np.concatenate([query.cart, query.context])))


def not_excluded(query: Query, candidates: Candidates) -> Candidates:
    """Nothing that the caller asked not to see; every slot runs this first."""
    return candidates.take(~among(candidates.items, query.exclude))


def not_bought(query: Query, candidates: Candidates) -> Candidates:
    """Nothing that this user bought before."""
    return candidates.take(~among(candidates.items, query.history))


def same_category(query: Query, candidates: Candidates) -> Candidates:
    """Only items that share a category with a seed; all of them if no seed has a category."""
    category = query.catalog["category"]
    wanted = category[query.seeds]
    wanted = wanted[wanted >= 0]
    return candidates.take(among(category[candidates.items], wanted)) if len(wanted) else candidates


def other_families(query: Query, candidates: Candidates) -> Candidates:
    """No variants of what is shown: another colour of the same thing does not go *with* it."""
    family = query.catalog["family"]
    shown = family[query.context]
    return candidates.take(~among(family[candidates.items], shown[shown >= 0]))


class MaxPer(Part):
    """At most n items of each label (brand, category, family, …), the best ones."""

    by: str
    """A label column of the catalog."""
    n: PositiveInt = 1

    def __call__(self, query: Query, candidates: Candidates) -> Candidates:
        """The candidates, best first, without those that come after n others of their label."""
        labels = query.catalog[self.by][candidates.items]
        order = labels.argsort(kind="stable")
        ordered = labels[order]
        fresh = np.ones(len(labels), bool)
        np.not_equal(ordered[1:], ordered[:-1], out=fresh[1:])
        if self.n > 1:
            starts = np.flatnonzero(fresh)
            place = np.arange(len(labels)) - np.repeat(starts, np.diff(np.append(starts, len(labels))))
            fresh = place < self.n
        keep = labels < 0
        keep[order[fresh]] = True
        return candidates.take(keep)


one_per_family = MaxPer(by="family")
"""One item of each family: variants stand behind one tile."""
