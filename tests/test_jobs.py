"""What is released must be sound, and what is learned once is not learned again."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from endcap import jobs
from endcap.core.arrays import NO_CODES
from endcap.core.bundle import Bundle, Shelf
from endcap.core.errors import BadBundle
from endcap.core.saving import MANIFEST, load
from endcap.models.popular import PopularModel


@pytest.fixture
def config(released: Path, tmp_path: Path) -> Path:
    """Settings of a copy of a released shop."""
    return Path(shutil.copytree(released, tmp_path / "shop")) / "endcap.toml"


def candidate(config: Path) -> tuple[Shelf, Bundle]:
    """The shelf, and what training put on it."""
    shelf = Shelf(config.parent / "var" / "bundles")
    path = shelf.named("candidate")
    assert path is not None
    return shelf, Bundle.load(path)


def spoilt(bundle: Bundle, **models: Any) -> Bundle:
    """The same bundle under another name with other models."""
    return Bundle("spoilt", bundle.catalog, bundle.histories, {**bundle.models, **models}, bundle.facts)


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_vectors_that_are_no_numbers_are_not_released(config: Path, number: float) -> None:
    config.write_text(f'{config.read_text()}\n[models.similar]\nuse = "prod2vec"\nepochs = 1\n')
    jobs.train(config)
    served = (config.parent / "var" / "bundles" / "current").read_text().strip()
    shelf, bundle = candidate(config)
    index = bundle.models["similar"].index
    columns = index.columns.copy()
    columns[0, 0] = number
    similar = type(bundle.models["similar"])(bundle.models["similar"].model, type(index)(columns, index.codes))
    shelf.put(spoilt(bundle, similar=similar))
    with pytest.raises(BadBundle, match=r"similar\.index\.columns holds a number that is not finite"):
        jobs.release(config)
    assert (shelf.folder / "current").read_text().strip() == served


def test_a_slot_that_would_always_be_empty_is_not_released(config: Path) -> None:
    shelf, bundle = candidate(config)
    counts = {name: model for name, model in bundle.models.items() if isinstance(model, PopularModel)}
    shelf.put(
        spoilt(
            bundle, **{name: replace(model, items=NO_CODES, scores=model.scores[:0]) for name, model in counts.items()}
        )
    )
    with pytest.raises(BadBundle, match="slot 'home/popular' shows nothing"):
        jobs.release(config)
    assert (shelf.folder / "current").read_text().strip() == bundle.name


def test_where_nothing_is_on_sale_the_remedy_is_to_look_at_the_column_that_says_so(config: Path) -> None:
    shelf, bundle = candidate(config)
    catalog = bundle.catalog.with_columns({"available": np.zeros(len(bundle.catalog), bool)})
    shelf.put(spoilt(replace(bundle, catalog=catalog)))
    with pytest.raises(BadBundle, match="shows nothing") as refused:
        jobs.release(config)
    assert f"0 of {len(catalog)} items are on sale, and slots show only what is on sale: look at" in str(refused.value)
    assert "fallback" not in str(refused.value)


def test_the_same_data_and_settings_give_the_same_bundle_byte_by_byte(config: Path) -> None:
    def checksums() -> Any:
        shelf, bundle = candidate(config)
        return json.loads((shelf.folder / bundle.name / MANIFEST).read_text())["files"]

    before = checksums()
    shutil.rmtree(config.parent / "var")
    jobs.train(config)
    assert checksums() == before


def test_other_data_gives_another_bundle(config: Path) -> None:
    _, first = candidate(config)
    with (config.parent / "events.csv").open("a") as file:
        file.write("1900000000,late,purchase,i01,,1.5,late\n")
    assert jobs.train(config).name != first.name
    assert jobs.prepare(config).dataset.now == 1900000001.0
    assert len(load(config.parent / "var" / "dataset").events) == 381
