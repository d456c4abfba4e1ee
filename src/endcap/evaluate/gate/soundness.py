"""Is it whole, and does it make sense? What can be seen of a bundle without any query that somebody asked."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from endcap.core.bundle import Bundle, vectors_of
from endcap.core.catalog import Catalog
from endcap.evaluate.gate.evidence import Evidence
from endcap.evaluate.gate.models import DEPTH, SEEDS, Answers, answers, arrays_of
from endcap.evaluate.gate.rules import Finding, Judge
from endcap.evaluate.gate.settings import Golden


def whole(bundle: Bundle, given: Mapping[str, Answers], judge: Judge) -> Iterator[Finding]:
    """Numbers, shapes and answers; what fails here nobody can override."""
    n = len(bundle.catalog)
    for name, model in bundle.models.items():
        for place, array in arrays_of(model, name):
            # One number per item may be NaN ("cannot say"); in a vector it would spoil every distance.
            bad = np.isinf if array.ndim == 1 else lambda numbers: ~np.isfinite(numbers)
            if array.dtype.kind == "f" and (count := int(bad(array).sum())):
                found = f"{place} holds a number that is not finite ({count:,} of {array.size:,})"
                yield judge.find("numbers", name, found, "finite numbers", ok=False)
        if given[name].failure:
            yield judge.find("answers", name, given[name].failure, "a list of items, each once, with scores", ok=False)
    users, bought = bundle.histories.users, bundle.histories.pasts.items.values
    if len(bought) and not 0 <= bought.min() <= bought.max() < n:
        found = f"histories name item {bought.max()}; the catalog has {n}"
        yield judge.find("shapes", "histories", found, "items of the catalog", ok=False)
    if len(bundle.histories.pasts.items) != len(users):
        found = f"{len(bundle.histories.pasts.items)} histories for {len(users)} users"
        yield judge.find("shapes", "histories", found, "one per user", ok=False)


def asked(bundle: Bundle, now: float) -> dict[str, Answers]:
    """What every model answers when it is asked for items spread over the catalog."""
    return {name: answers(model, bundle.catalog, now) for name, model in bundle.models.items()}


def sensible(
    bundle: Bundle, given: Mapping[str, Answers], evidence: Evidence | None, judge: Judge
) -> Iterator[Finding]:
    """Vectors, scores, and how much of the catalog can be found."""
    before = {} if evidence is None else evidence.embedded_in(bundle.catalog)
    for name, model in bundle.models.items():
        vectors = vectors_of(model)
        if vectors is not None:
            yield _vectors(name, vectors, before.get(name), judge)
        yield _scores(name, given[name], bundle.catalog, judge)
    yield _reach(bundle.catalog, given.values(), judge)


def golden(
    questions: Sequence[Golden],
    answer: Callable[[Golden], Sequence[str]],
    judge: Judge,
    fold: Callable[[str], str] = str,
) -> Iterator[Finding]:
    """Questions whose answers are known; `answer` gives the item ids of the slot's list.

    `fold` gives the spelling that answers use of an id, since a question may spell it in another way.
    """
    for question in questions:
        shown = set(answer(question))
        about = ", ".join([question.slot, *filter(None, (question.item, *question.cart, question.user))])
        missing = [item for item in question.expect if fold(item) not in shown]
        wrong = [item for item in question.avoid if fold(item) in shown]
        said = [*(f"no {item}" for item in missing), *wrong]
        wanted = [*question.expect, *(f"no {item}" for item in question.avoid)]
        expected = f"among the first {question.k}: {', '.join(wanted)}"
        yield judge.find("golden", about, ", ".join(said) or "all as it should be", expected, ok=not said)


def _vectors(name: str, vectors: NDArray[np.float32], before: NDArray[np.bool_] | None, judge: Judge) -> Finding:
    lengths = np.sqrt(np.einsum("nd,nd->n", vectors, vectors, dtype=np.float64))
    there = lengths > 0
    expected = f"at most {judge.settings.max_lost:.0%} of the items without a vector that had one in the back-test"
    if before is not None and before.any():
        lost = float((before & ~there).sum() / before.sum())
        if lost > judge.settings.max_lost:
            return judge.find("vectors", name, f"{lost:.0%} are zero now", expected, ok=False)
    if not there.any():
        # Nothing is lost then: there were too few orders to learn a vector from, in the back-test as well.
        return judge.find("vectors", name, "every vector is zero", expected, ok=None)
    longest = float(lengths.max() / np.median(lengths[there]))
    found = f"{int(there.sum()):,} vectors, the longest {longest:,.1f} times the median"
    expected += f"; at most {judge.settings.max_norm:g} times"
    return judge.find("vectors", name, found, expected, ok=longest <= judge.settings.max_norm)


def _scores(name: str, given: Answers, catalog: Catalog, judge: Judge) -> Finding:
    expected = "scores that differ within a list"
    if not given.tied:
        return judge.find("scores", name, "they differ" if given.lists else "nothing was found", expected, ok=True)
    bought = np.asarray(catalog["bought"]) if "bought" in catalog else None
    alike = bought is not None and all(not len(codes) or np.ptp(bought[codes]) == 0 for codes, _ in given.lists)
    found = "every list has one score for all of its items" + (", which were bought equally often" if alike else "")
    return judge.find("scores", name, found, expected, ok=alike)


def _reach(catalog: Catalog, given: Iterable[Answers], judge: Judge) -> Finding:
    on_sale = np.asarray(catalog["available"], bool) if "available" in catalog else np.ones(len(catalog), bool)
    reached = np.zeros(len(catalog), bool)
    for model in given:
        reached[model.items] = True
    # Models are asked as they are, before any stage: of their places, what is no longer on sale takes its share.
    places = int(np.ceil(SEEDS * DEPTH * on_sale.mean())) if len(on_sale) else 0
    possible = min(int(on_sale.sum()), places)
    share = float((reached & on_sale).sum() / possible) if possible else 1.0
    found = f"{int((reached & on_sale).sum()):,} items, {share:.0%} of what {SEEDS} lists of {DEPTH} could hold"
    return judge.find(
        "reach", "", found, f"at least {judge.settings.min_reach:.0%}", ok=share >= judge.settings.min_reach
    )
