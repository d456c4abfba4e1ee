"""Several retrievers as one: their scores added, each with a weight that was learned.

Each retriever's scores are first put on a common scale within a query (Lee, Analyses of multiple evidence combination,
SIGIR 1997); the weights are those that were best on the latest part of the data, while everything was learned from
what came before. Then every retriever is fitted again on all of it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, PlainSerializer, PositiveInt

from endcap.core.arrays import Array, Codes, Scores, distinct
from endcap.core.candidates import Candidates
from endcap.core.dataset import Dataset
from endcap.core.errors import BadConfig
from endcap.core.part import Part, build
from endcap.core.query import Queries, Query
from endcap.core.tunable import SETTLED, Between, OneOf
from endcap.core.why import Why
from endcap.models.embedded import retrieving
from endcap.models.held_out import Asking
from endcap.models.listing import listed
from endcap.models.rows import TOUCHES, Source
from endcap.models.weighing import Lists, Measure, Weights, learned

Scale = Literal["best", "sum", "rank", "none"]
WIDER = 4
"""Who asks for more than the lists hold has each of them made so many times as long."""
CELLS = 2**24
"""Queries are asked together as long as their lists hold no more than so many items (12 bytes each)."""


def _recipe(use: Any) -> Any:
    """The recipe that a name or a table with ``use`` stands for; a recipe is one already."""
    if not isinstance(use, str | Mapping):
        return use
    options = {"use": use} if isinstance(use, str) else dict(use)
    name = str(options.pop("use", ""))
    try:
        built = build(name, options, "model")
    except BadConfig as error:
        raise BadConfig("\n".join(f"models: {name}: {line}" for line in str(error).splitlines())) from error
    if not isinstance(built, Part) or not hasattr(built, "fit"):
        raise BadConfig(f"models: {name!r} is not a model: it has no `fit`")
    return built


def _told(recipe: Part) -> dict[str, Any]:
    return {"use": f"{type(recipe).__module__}:{type(recipe).__name__}", **recipe.model_dump(mode="json")}


Recipe = Annotated[Part, BeforeValidator(_recipe), PlainSerializer(_told)]
"""A recipe as a field of another: given as a part, by its name, or as a table with the name under ``use``."""


class Blend(Part):
    """Adds up what several models say, each as much as it proved to be worth."""

    models: Annotated[tuple[Recipe, ...], Field(min_length=1), SETTLED]
    """What is blended: names of configured models or of recipes, or tables as those of models."""
    source: Annotated[Source, SETTLED] = "sessions"
    """What weights are fitted to: the next item of a visit, a hidden item of a basket, a user's next purchase."""
    kinds: tuple[str, ...] = TOUCHES
    """Kinds of event that count, where these are sessions."""
    validation: Annotated[float, Field(gt=0.0, lt=1.0), SETTLED] = 0.1
    """The latest share of these is what weights are fitted to."""
    questions: Annotated[PositiveInt, SETTLED] = 10_000
    """At most so many are asked of it."""
    measure: Annotated[Measure, SETTLED] = "MRR"
    """What is to be high …"""
    k: Annotated[PositiveInt, SETTLED] = 20
    """… of lists of this length."""
    scale: Annotated[Scale, OneOf(("best", "sum", "rank", "none"))] = "sum"
    """What a list's scores are divided by: its best, their sum, or nothing (for models whose scores mean the same in
    every list, such as shares); or 1/(10 + rank) stands for the score."""
    width: Annotated[PositiveInt, Between(50, 500, log=True)] = 100
    """How much of each list is looked at."""
    lengths: Annotated[tuple[PositiveInt, ...], SETTLED] = ()
    """Queries of up to so many seeds have weights of their own, ascending: ``[1, 3]`` makes three groups."""

    def fit(self, data: Dataset, rng: np.random.Generator) -> "BlendModel":
        """Every model on all of the data, and how much each counts; all count the same if nothing can be asked."""
        first, again, drawing = rng.spawn(3)
        held = Asking(self.source, self.kinds, self.validation, self.questions).of(data, drawing)
        weights = np.full((len(self.lengths) + 1, len(self.models)), 1.0 / len(self.models), np.float32)
        if len(held) and len(self.models) > 1:
            trial = self._blended(held.before, weights, first)
            lists = Lists.of(trial.lists(held.queries, self.width), held.answers, len(data.catalog))
            groups = trial.groups(held.queries.seeds.lengths)
            if self.scale == "none":
                lists, levels = lists.levelled()
                weights = learned(lists, groups, len(weights), self.measure, self.k) / levels
                weights /= weights.sum(axis=1, keepdims=True)
            else:
                weights = learned(lists, groups, len(weights), self.measure, self.k)
        return self._blended(data, weights, again)

    def _blended(self, data: Dataset, weights: Weights, rng: np.random.Generator) -> "BlendModel":
        models = (
            retrieving(recipe.fit(data, own))  # type: ignore[attr-defined]
            for recipe, own in zip(self.models, rng.spawn(len(self.models)), strict=True)
        )
        return BlendModel(
            tuple(models), _names(self.models), weights, np.array(self.lengths, np.int64), self.scale, self.width
        )


@dataclass(frozen=True)
class BlendModel:
    """The models, and what each counts by the number of seeds there are."""

    models: tuple[Any, ...]
    names: tuple[str, ...]
    """Of their recipes."""
    weights: Weights
    """``[groups, models]``; each row adds up to 1."""
    lengths: NDArray[np.int64]
    """Up to how many seeds a query belongs to each group but the last."""
    scale: Scale
    width: int

    def __call__(self, query: Query, k: int) -> Candidates:
        """The k items with the highest sums, what each model said as a feature column of its name.

        Behind what the lists hold within their width comes what they hold further down, in the same way.
        """
        found = Candidates.none()
        for level, _ in self._levels(query):
            found = found.then(level)
            if len(found) >= k:
                break
        return found.take(slice(0, k))

    def many(self, queries: Queries, k: int) -> tuple[Codes, Scores]:
        """As single calls, compiled: ``codes[n, k]`` (-1: no more) and scores (NaN there).

        Queries whose lists come out short are asked again together, each model for ever longer lists of them.
        """
        from endcap.models.kernels.blending import append  # noqa: PLC0415 — a serving process asks one by one

        codes, scores = np.full((len(queries), k), -1, np.int32), np.full((len(queries), k), np.nan, np.float32)
        rows, width = np.arange(len(queries)), self.width
        while len(rows):
            step, further = max(1, CELLS // (width * len(self.models))), [rows[:0]]
            for start in range(0, len(rows), step):
                some = rows[start : start + step]
                level, sums, more = self._level(queries.take(some), width, 2 * k)
                append(some, level, sums, codes, scores)
                further.append(some[more & (codes[some, -1] < 0)] if k else some[:0])
            rows = np.concatenate(further) if width < len(queries.catalog) else rows[:0]
            width *= WIDER
        return codes, scores

    def _level(self, queries: Queries, width: int, k: int) -> tuple[Codes, Scores, NDArray[np.bool_]]:
        """The best k of the sums of lists of this width, and for which queries some model has more."""
        from endcap.models.kernels.blending import blended  # noqa: PLC0415 — a serving process asks one by one

        lists, weights = self.lists(queries, width), self.weights[self.groups(queries.seeds.lengths)].astype(np.float64)
        values = [values * weights[:, [column]] for column, (_, values) in enumerate(lists)]
        every = np.concatenate([codes for codes, _ in lists], axis=1)
        codes, sums = blended(every, np.concatenate(values, axis=1), len(queries.catalog), k)
        more = np.array([(held >= 0).sum(axis=1) >= width for held, _ in lists]).any(axis=0)
        return codes, sums, np.asarray(more)

    def why(self, query: Query, item: int) -> Why:
        """What each seed adds through each model: a model's reasons, in proportion, make up what its score adds."""
        found, parts = Candidates.none(), list[float]()
        for level, said in self._levels(query):
            before, found = found, found.then(level)
            if (level.items == item).any():
                parts = [float(values[codes == item].sum()) for codes, values in said]
                break
        reasons = [self._reason(place, query, item, part) for place, part in enumerate(parts) if part]
        if parts and len(before):
            lower = float(found.scores[found.items == item][0]) - sum(parts)
            reasons.append(Why.without_seeds(lower, "further down in the lists"))
        if not reasons:
            return Why.without_seeds(0.0, "")
        seeds, adds = (np.concatenate([getattr(why, name) for why in reasons]) for name in ("seeds", "adds"))
        every, words = Why.of(seeds, adds), dict.fromkeys(why.because for why in reasons if why.because)
        return Why(every.seeds, every.adds, sum(why.rest for why in reasons), "; ".join(words))

    def lists(self, queries: Queries, width: int) -> list[tuple[Codes, Array]]:
        """Of each model the first items ``[n, width]`` (-1: no more) and their scores on the common scale."""
        asked = (listed(model, queries, width) for model in self.models)
        return [(codes, scaled(scores, self.scale)) for codes, scores in asked]

    def groups(self, seeds: NDArray[np.int64]) -> NDArray[np.int64]:
        """The row of weights for queries of so many seeds."""
        return np.searchsorted(self.lengths, seeds).astype(np.int64)

    def _levels(self, query: Query) -> Iterator[tuple[Candidates, list[tuple[Codes, Array]]]]:
        """The sums of ever longer lists until no model has more, and by model the items and what it adds to each."""
        weights = self.weights[self.groups(np.array([len(query.seeds)]))[0]].astype(np.float64)
        width, more = self.width, True
        while more:
            lists = [model(query, width) for model in self.models]
            said = [
                (found.items, scaled(found.scores[None], self.scale)[0] * weight)
                for found, weight in zip(lists, weights, strict=True)
            ]
            items, place = distinct(np.concatenate([codes for codes, _ in said]))
            sums = np.bincount(place, np.concatenate([values for _, values in said]), minlength=len(items))
            columns = {name: _column(items, found) for name, found in zip(self.names, lists, strict=True)}
            yield Candidates(items, sums.astype(np.float32), columns).top(len(items)), said
            more = any(len(found) >= width for found in lists) and width < len(query.catalog)
            width *= WIDER

    def _reason(self, place: int, query: Query, item: int, part: float) -> Why:
        """What one model adds to the score of an item, as its own reasons for its own score are in proportion."""
        name, why = self.names[place], getattr(self.models[place], "why", None)
        own = why(query, item) if why is not None else None
        if own is None or not own.score:
            return Why.without_seeds(part, f"found by {name}")
        share = part / own.score
        return Why(own.seeds, own.adds * share, own.rest * share, own.because)


def scaled(scores: Array, scale: Scale) -> NDArray[np.float64]:
    """Scores ``[n, width]``, best first, on a scale that all lists share; 0 where they are NaN.

    Where a list goes below zero, its lowest becomes 0: only then do sums of lists stand for more than chance.
    """
    there = ~np.isnan(scores)
    if scale == "rank":
        return np.where(there, 1.0 / (11.0 + np.arange(scores.shape[1])), 0.0)
    values = np.where(there, scores, 0.0).astype(np.float64)
    values -= np.minimum(values.min(axis=1, initial=0.0), 0.0)[:, None] * there
    if scale == "none":
        return values
    whole = values.sum(axis=1) if scale == "sum" else values.max(axis=1, initial=0.0)
    return values / np.where(whole > 0.0, whole, 1.0)[:, None]


def _names(recipes: tuple[Part, ...]) -> tuple[str, ...]:
    """What each is called in features and reasons: its class, with its place where several are of one."""
    classes = [type(recipe).__name__ for recipe in recipes]
    return tuple(f"{name} {n}" if classes.count(name) > 1 else name for n, name in enumerate(classes, 1))


def _column(items: Codes, found: Candidates) -> Scores:
    """The scores of a list beside the items of all of them, ascending; NaN where it does not have one."""
    column = np.full(len(items), np.nan, np.float32)
    column[np.searchsorted(items, found.items)] = found.scores
    return column
