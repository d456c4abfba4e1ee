"""Vectors of a refit lie where those of the last fit lay."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from endcap import jobs
from endcap.core.arrays import NO_CODES
from endcap.models.aligning import Previous, Vectors, rotation, widest
from endcap.models.prod2vec import Prod2Vec, Prod2VecModel
from endcap.testing import START, checkerboard, same

SMALL = Prod2Vec(size=8, epochs=10, subsample=0.0, learning_rate=0.1)
SAME_ITEMS = np.arange(20, dtype=np.int32)


def fitted(seed: int, previous: Previous | None = None, **settings: Any) -> Prod2VecModel:
    recipe = SMALL.model_copy(update=settings)
    return recipe.fit_after(checkerboard(), np.random.default_rng(seed), previous)


def moved(model: Prod2VecModel, onto: Prod2VecModel) -> float:
    """The mean cosine of each item's vector with what it was."""
    return float(np.mean(np.sum(unit(model.vectors) * unit(onto.vectors), axis=1)))


def unit(vectors: Vectors) -> Vectors:
    found: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return found


def test_a_rotation_is_found_again() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(50, 6)).astype(np.float32)
    turn = np.linalg.qr(rng.normal(size=(6, 6)))[0].astype(np.float32)
    assert np.allclose(rotation(vectors @ turn, vectors), turn.T, atol=1e-5)


def test_a_refit_keeps_its_products_and_lies_near_the_last_one() -> None:
    last = fitted(1)
    apart, aligned = fitted(2), fitted(2, Previous(last, SAME_ITEMS))
    assert moved(apart, last) < 0.7
    assert moved(aligned, last) > 0.85
    assert np.allclose(aligned.vectors @ aligned.outputs.T, apart.vectors @ apart.outputs.T, atol=1e-4)


def test_it_may_start_from_the_last_one_and_is_nearer_still() -> None:
    last = fitted(1, metadata=("category",))
    aligned, started = (
        fitted(2, Previous(last, SAME_ITEMS), metadata=("category",), epochs=1, learning_rate=0.01, follow=follow)
        for follow in ("align", "start")
    )
    assert moved(aligned, last) < 0.9
    assert moved(started, last) > 0.95
    earlier, labels = (unit(model.labels["category"].outputs) for model in (last, started))
    assert np.sum(earlier * labels, axis=1).min() > 0.95


def test_items_are_matched_by_their_codes_and_new_ones_start_afresh() -> None:
    last = fitted(1)
    turned_round = Prod2VecModel(last.vectors[::-1].copy(), last.outputs[::-1].copy())
    codes = np.where(SAME_ITEMS < 18, 19 - SAME_ITEMS, -1).astype(np.int32)
    started = fitted(2, Previous(turned_round, codes), epochs=1, learning_rate=1e-6, follow="start")
    assert np.allclose(started.vectors[:18], last.vectors[:18], atol=1e-3)
    assert np.abs(started.vectors[18:]).max() < 0.1


@pytest.mark.parametrize(
    "previous",
    [
        None,
        Previous(fitted(1, size=4), SAME_ITEMS),
        Previous(fitted(1), np.full(20, -1, np.int32)),
        Previous(Prod2VecModel(np.zeros((20, 8), np.float32), np.zeros((20, 8), np.float32)), SAME_ITEMS),
    ],
    ids=["none", "of another size", "of other items", "that knows nothing"],
)
@pytest.mark.parametrize("follow", ["align", "start"])
def test_what_cannot_be_followed_changes_nothing(previous: Previous | None, follow: str) -> None:
    assert same(fitted(2, previous, follow=follow), fitted(2))


def test_who_does_not_want_to_follow_does_not() -> None:
    assert same(fitted(2, Previous(fitted(1), SAME_ITEMS), follow="no"), fitted(2))


def test_the_widest_axes_come_first_and_keep_every_cosine_they_can() -> None:
    rng = np.random.default_rng(0)
    vectors = (rng.normal(size=(200, 6)) * [0.001, 3, 0.001, 1, 2, 0.001]).astype(np.float32)
    kept = vectors @ widest(vectors, 3)
    spread = np.square(unit(kept)).sum(axis=0)
    assert (np.diff(spread) < 0).all()
    assert np.allclose(unit(kept) @ unit(kept).T, unit(vectors) @ unit(vectors).T, atol=0.01)


def test_codes_may_be_none() -> None:
    previous = Previous(fitted(1), NO_CODES)
    assert len(previous.known) == len(previous.places) == len(previous.vectors) == 0


TOML = """
seed = {seed}

[[sources]]
use = "csv"
events = "events.csv"

[models.similar]
use = "prod2vec"
size = 8
epochs = 10
subsample = 0.0
learning_rate = 0.1
follow = "{follow}"

[models.popular]
use = "popular"
"""


@pytest.mark.parametrize("follow", ["align", "no"])
def test_training_follows_what_is_served_once_the_data_is_new(csv_shop: Path, tmp_path: Path, follow: str) -> None:
    events = (csv_shop / "events.csv").read_text()
    (tmp_path / "events.csv").write_text(events)
    config = tmp_path / "endcap.toml"
    config.write_text(TOML.format(follow=follow, seed=1))
    first = jobs.train(config)
    jobs.release(config, override="a test")
    assert same(jobs.train(config).models["similar"].model, first.models["similar"].model)
    late = f"{START + 86400 * 9},late,purchase,i{{:02}},u1,1.5,late"
    (tmp_path / "events.csv").write_text("\n".join([events.strip(), late.format(0), late.format(2), ""]))
    config.write_text(TOML.format(follow=follow, seed=2))
    again = jobs.train(config)
    assert again.name != first.name
    near = moved(again.models["similar"].model, first.models["similar"].model)
    assert near > 0.8 if follow == "align" else near < 0.6
