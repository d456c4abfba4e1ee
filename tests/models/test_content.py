"""Items that are alike by what the catalog says of them lie close to each other, also those that nobody met."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from endcap.core.arrays import Strings
from endcap.core.catalog import Column, Labels
from endcap.core.dataset import Dataset
from endcap.core.errors import BadConfig, BadData
from endcap.index.exact import Exact
from endcap.index.nearest import Nearest, targets_of
from endcap.models.content.axes import axes_of
from endcap.models.content.columns import Scale, Tags, Words
from endcap.models.content.model import ContentModel
from endcap.models.content.recipe import Content
from endcap.models.content.sparse import Sparse, beside
from endcap.models.words import words_of
from endcap.testing import RetrieverContract, ask, orders, same


class TestContentContract(RetrieverContract):
    recipe = Content()


class TestTypedContentContract(RetrieverContract):
    recipe = Content(attributes=("category", "family"), weights={"category": 1.0, "family": 3.0}, recency=0.5)


GOODS = {
    "red mug": ("a red mug", "kitchen", 4.0),
    "blue mug": ("a blue mug", "kitchen", 5.0),
    "red pen": ("a red pen", "desk", 1.0),
    "blue pen": ("a blue pen", "desk", 2.0),
    "green mug": ("a green mug", "kitchen", 4.5),
    "green pen": ("a green pen", "desk", 1.5),
    "unspoken": ("", None, np.nan),
}


def goods(*baskets: tuple[str, ...]) -> Dataset:
    world = orders(*(baskets or [("red mug", "blue mug")]), items={name: {} for name in GOODS})
    titles, categories, prices = zip(*GOODS.values(), strict=True)
    columns: dict[str, Column] = {
        "title": Strings.of(titles),
        "category": Labels.of(categories),
        "price": np.array(prices),
    }
    return replace(world, catalog=world.catalog.with_columns(columns))


def fitted(world: Dataset, **settings: Any) -> ContentModel:
    return Content(**settings).fit(world, np.random.default_rng(0))


def nearest(model: ContentModel, world: Dataset, item: str, k: int) -> list[str]:
    found = Nearest(model, Exact().build(targets_of(model)))(ask(world.catalog, context=[item]), k)
    return world.catalog.items.decode(found.items)


def test_words_labels_and_prices_each_say_who_is_alike() -> None:
    world = goods()
    for weights, wanted in (
        ({"title": 1.0}, {"red pen", "green mug", "blue mug"}),
        ({"category": 1.0}, {"blue mug", "green mug"}),
        ({"price": 1.0}, {"green mug"}),
    ):
        model = fitted(world, attributes=("category", "price"), weights=weights)
        assert set(nearest(model, world, "red mug", len(wanted))) == wanted
        assert not model.vectors[world.catalog.items.code("unspoken")].any()


def test_a_price_is_compared_within_its_category() -> None:
    rng = np.random.default_rng(0)
    near = rng.permutation(np.linspace(0.8, 1.2, 60))
    world = orders(["i0"], items={f"i{i}": {"category": ("pens", "tables")[i % 2]} for i in range(121)})
    prices = np.append(np.where(np.arange(120) % 2, 200.0, 2.0) * np.repeat(near, 2), np.nan)
    world = replace(world, catalog=world.catalog.with_columns({"price": prices}))
    scale = Scale.of(world.catalog, "price")
    rows = scale.of_catalog(world.catalog).dense()
    assert np.allclose(np.linalg.norm(rows[:120], axis=1), 1.0)
    assert not rows[120].any()
    pens, tables = (
        rows[:120:2],
        rows[1:120:2],
    )  # of each pair of neighbours the one is as dear among its like as the other
    assert (np.einsum("nd,nd->n", pens, tables) > 0.95).all()
    assert pens[near.argmin()] @ tables[near.argmax()] < 0.1
    told = scale.of_told({"price": float(prices[1]), "category": "tables"})
    assert told.dense()[0] == pytest.approx(rows[1])


def test_weights_are_learned_from_what_is_found_together() -> None:
    colors = ("red", "blue", "green")
    pairs = [(one, two) for one in colors for two in colors if one != two]
    by_color = [(f"{color} mug", f"{color} pen") for color in colors] * 20
    by_kind = [(f"{one} {kind}", f"{two} {kind}") for kind in ("mug", "pen") for one, two in pairs] * 10
    shares = []
    for baskets in (by_color, by_kind):
        world = goods(*baskets)
        named = Labels.of([name.split()[0] for name in GOODS])
        world = replace(world, catalog=world.catalog.with_columns({"color": named}))
        model = fitted(world, text=(), attributes=("color", "category"), source="baskets")
        assert model.names == ("color", "category")
        shares.append(float(model.weights[0]))
    assert shares[0] >= 0.5
    assert shares[1] < 0.25


def test_a_shop_where_nothing_happened_yet_has_vectors_and_equal_weights() -> None:
    world = goods()
    world = replace(world, events=world.events.take(np.zeros(len(world.events), bool)))
    model = fitted(world, attributes=("category",))
    assert model.weights.tolist() == [0.5, 0.5]
    assert len(nearest(model, world, "red mug", 9)) == 5


def test_an_item_that_is_not_in_the_catalog_is_placed_by_what_the_page_says_of_it() -> None:
    world = goods()
    model = fitted(world, attributes=("category", "price"))
    told: dict[str, str | float] = {"title": "a red mug", "category": "kitchen", "price": 4.0}
    query = replace(ask(world.catalog), attributes=told)
    own = model.vectors[world.catalog.items.code("red mug")]
    assert model.embed(query) == pytest.approx(own, abs=1e-5)
    in_cart = replace(ask(world.catalog, context=["blue pen"], cart=["blue pen"]), attributes=told)
    assert model.embed(in_cart) == pytest.approx(own, abs=1e-5)
    shown = replace(ask(world.catalog, context=["blue pen"]), attributes=told)
    assert same(model.embed(shown), model.vectors[world.catalog.items.code("blue pen")])
    nonsense = replace(ask(world.catalog, session=["blue pen"]), attributes={"title": "zyx", "category": "garden"})
    assert same(model.embed(nonsense), model.vectors[world.catalog.items.code("blue pen")])


def test_runs_of_letters_find_words_within_words() -> None:
    assert words_of("Tee-Tasse") == ["tee", "tasse"]
    assert words_of("Tee", 3) == ["tee", " te", "tee", "ee "]
    titles = {"a": "Teetasse", "b": "Kaffeetasse", "c": "Bleistift", "d": "Rotstift"}
    world = orders(["a", "b"], items={name: {"title": title} for name, title in titles.items()})
    assert nearest(fitted(world, attributes=(), pieces=4), world, "a", 1) == ["b"]
    with pytest.raises(BadData, match="no content to learn from"):
        fitted(world, attributes=())


def test_rare_words_count_more_and_words_of_one_item_only_in_its_length() -> None:
    world = orders(["a"], items={"a": {"title": "mug red"}, "b": {"title": "mug red lid"}, "c": {"title": "mug"}})
    words = Words.of(world.catalog, "title", 0)
    assert sorted(words.words.ids) == ["mug", "red"]
    rows = words.of_catalog(world.catalog).dense()
    red = words.words.code("red")
    assert rows[0, red] == pytest.approx(1.0)  # everybody has a mug
    assert 0.0 < rows[1, red] < 1.0
    assert not rows[2].any()


def test_a_label_that_the_catalog_lacks_says_nothing() -> None:
    world = goods()
    tags = Tags.of(world.catalog, "category")
    assert not len(tags.of_told({"category": "garden"}).values)
    assert same(tags.of_told({"category": "desk"}).values, tags.of_catalog(world.catalog).take(np.array([2])).values)


def test_axes_keep_products_and_are_exact_where_there_is_room() -> None:
    rng = np.random.default_rng(0)
    dense = (rng.random((200, 60)) * (rng.random((200, 60)) < 0.1)).astype(np.float32)
    rows, columns = np.nonzero(dense)
    sparse = Sparse.of(rows, columns, dense[rows, columns], dense.shape)
    assert same(sparse.dense(), dense)
    assert same(axes_of(sparse, 60, rng), np.eye(60, dtype=np.float32))
    axes = axes_of(sparse, 40, rng)
    assert axes.shape == (60, 40)
    _, _, right = np.linalg.svd(dense)
    assert np.linalg.norm(right[:10] @ axes[:, :20], axis=1) == pytest.approx(np.ones(10), abs=0.1)
    kept, whole = sparse.times(axes) @ sparse.times(axes).T, dense @ dense.T
    alone = (dense @ right[:20].T) @ (dense @ right[:20].T).T
    assert np.corrcoef(kept.ravel(), whole.ravel())[0, 1] > 0.8
    assert np.abs((kept - whole).mean()) < np.abs((alone - whole).mean())


def test_sparse_rows_are_those_of_the_dense_matrix() -> None:
    rng = np.random.default_rng(1)
    parts = [(rng.integers(0, 3, (7, width))).astype(np.float32) for width in (4, 3)]
    sparse = []
    for part in parts:
        rows, columns = np.nonzero(part)
        sparse.append(Sparse.of(rows, columns, part[rows, columns], (7, part.shape[1])))
    whole, both = np.concatenate(parts, axis=1), beside(sparse, 7)
    assert same(both.dense(), whole)
    assert same(both.transposed().dense(), np.ascontiguousarray(whole.T))
    assert same(both.take(np.array([5, 0, 5])).dense(), whole[[5, 0, 5]])
    assert np.allclose(both.times(np.eye(7, dtype=np.float32)), whole)
    assert np.allclose(both.lengths, np.linalg.norm(whole, axis=1))
    assert beside([], 3).dense().shape == (3, 0)


def write_vectors(folder: Path, ids: list[str], vectors: np.ndarray[Any, Any]) -> dict[str, Path]:
    import pyarrow as pa
    from pyarrow import parquet

    np.savez(folder / "looks.npz", ids=np.array(ids), vectors=vectors)
    np.save(folder / "shape.npy", vectors)
    (folder / "shape.txt").write_text("\n".join(ids) + "\n")
    parquet.write_table(pa.table({"item_id": ids, "vector": vectors.tolist()}), folder / "sound.parquet")
    return {name: folder / name for name in ("looks.npz", "shape.npy", "sound.parquet")}


def test_vectors_from_files_make_items_alike(tmp_path: Path) -> None:
    world = goods()
    ids, vectors = (
        ["red mug", "green pen", "blue pen", "elsewhere"],
        np.array([[2, 0], [1, 0.1], [0, 3], [9, 9]], float),
    )
    files = write_vectors(tmp_path, ids, vectors)
    for file in files.values():
        model = fitted(world, text=(), attributes=(), vectors=(file,))
        assert nearest(model, world, "red mug", 5) == ["green pen", "blue pen"]
        assert not model.vectors[world.catalog.items.code("blue mug")].any()
    both = fitted(world, attributes=("category",), vectors=tuple(files.values()))
    assert both.names == ("title", "category", "looks", "shape", "sound")


def test_wide_vectors_are_squeezed(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    kinds = rng.normal(size=(2, 60))
    vectors = kinds[[0, 0, 1, 1, 0, 1]] + 0.1 * rng.normal(size=(6, 60))
    file = write_vectors(tmp_path, list(GOODS)[:6], vectors)["looks.npz"]
    world = goods()
    model = fitted(world, text=(), attributes=(), vectors=(file,), size=8)
    assert model.vectors.shape[1] == 8
    assert set(nearest(model, world, "red mug", 2)) == {"blue mug", "green mug"}


def test_what_is_wrong_with_a_file_of_vectors_is_said(tmp_path: Path) -> None:
    files = write_vectors(tmp_path, ["x", "y"], np.eye(2))
    with pytest.raises(
        BadData, match="knows no item of the catalog; its ids: 'x', 'y'; those of the catalog: 'red mug'"
    ):
        fitted(goods(), vectors=(files["looks.npz"],))
    with pytest.raises(BadData, match=r"nothing at .*gone\.npz"):
        fitted(goods(), vectors=(tmp_path / "gone.npz",))
    (tmp_path / "shape.txt").write_text("x\n")
    with pytest.raises(BadData, match=r"found 1 ids and vectors of shape \(2, 2\)"):
        fitted(goods(), vectors=(files["shape.npy"],))
    np.savez(tmp_path / "holes.npz", ids=np.array(["red mug"]), vectors=np.array([[np.nan]]))
    with pytest.raises(BadData, match="the vector of 'red mug' has a NaN"):
        fitted(goods(), vectors=(tmp_path / "holes.npz",))
    (tmp_path / "notes.csv").write_text("item_id,vector\n")
    with pytest.raises(BadData, match=r"\.csv is no file of vectors"):
        fitted(goods(), vectors=(tmp_path / "notes.csv",))
    (tmp_path / "broken.npz").write_text("nothing of the kind")
    with pytest.raises(BadData, match="cannot be read as vectors"):
        fitted(goods(), vectors=(tmp_path / "broken.npz",))


def test_a_file_that_changed_is_another_recipe(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    file = write_vectors(tmp_path, ["red mug"], np.eye(1))["looks.npz"]
    recipe = Content(vectors=(file,), images=tmp_path / "pictures")
    before = recipe.model_dump_json()
    assert recipe.model_dump_json() == before
    np.savez(file, ids=np.array(["red mug"]), vectors=np.eye(1) * 2.0)
    changed = recipe.model_dump_json()
    (tmp_path / "pictures" / "red mug.png").write_bytes(b"picture")
    assert len({before, changed, recipe.model_dump_json()}) == 3
    assert "missing" in Content(vectors=(tmp_path / "gone.npz",)).model_dump_json()


@pytest.mark.parametrize(
    ("settings", "error", "says"),
    [
        ({"text": ("story",)}, BadData, "no column 'story'; there are: title"),
        ({"attributes": ("brand",)}, BadData, "no column 'brand'"),
        ({"text": ("price",)}, BadData, "'price' holds numbers: name it among the attributes"),
        (
            {"weights": {"smell": 1.0}},
            BadConfig,
            "'smell' is no kind of content here; there are: title, category, price",
        ),
        ({"weights": {"title": 0.0}}, BadConfig, "nothing counts"),
        ({"images": Path()}, BadConfig, "one is no use without the other"),
    ],
)
def test_settings_that_cannot_be_are_explained(settings: dict[str, Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        fitted(goods(), **settings)
