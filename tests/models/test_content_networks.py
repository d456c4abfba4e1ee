"""Texts and pictures read by small networks that lie on disk."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from endcap.core.arrays import Strings
from endcap.core.dataset import Dataset
from endcap.core.errors import BadData, MissingExtra
from endcap.models.content.pictures import pictured
from endcap.models.content.recipe import Content
from endcap.models.content.texts import encoded
from endcap.testing import orders

WORDS = ("[UNK]", "red", "blue", "mug", "pen")
MEANS = np.array([[0, 0, 0], [4, 0, 0], [0, 4, 0], [0, 0, 2], [0, 0, -2]], np.float32)
"""What the network for texts gives for each word."""


def saved(folder: Path, name: str, nodes: list[Any], inputs: list[Any], output: Any, weights: dict[str, Any]) -> Path:
    """A network as an ONNX file."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    graph = onnx.helper.make_graph(
        nodes, "small", inputs, [output], [onnx.numpy_helper.from_array(array, key) for key, array in weights.items()]
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(model, folder / name)
    return folder / name


def text_network(folder: Path, name: str = "model.onnx", **tokens: int) -> Path:
    """One vector for each token, with a tokenizer that splits at blanks."""
    tokenizers = pytest.importorskip("tokenizers")
    onnx = pytest.importorskip("onnx")
    whole, kind = onnx.TensorProto.INT64, onnx.TensorProto.FLOAT
    names = ("input_ids", "attention_mask")
    path = saved(
        folder,
        name,
        [onnx.helper.make_node("Gather", ["means", "input_ids"], ["last_hidden_state"])],
        [onnx.helper.make_tensor_value_info(each, whole, ["n", "length"]) for each in names],
        onnx.helper.make_tensor_value_info("last_hidden_state", kind, ["n", "length", 3]),
        {"means": MEANS},
    )
    words = tokenizers.models.WordLevel({word: code for code, word in enumerate(WORDS)}, unk_token="[UNK]")
    cut = tokenizers.Tokenizer(words)
    cut.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    cut.save(str(folder / "tokenizer.json"))
    return path


def picture_network(folder: Path) -> Path:
    """The mean of each colour over 2 × 2 pixels."""
    onnx = pytest.importorskip("onnx")
    kind = onnx.TensorProto.FLOAT
    return saved(
        folder,
        "eye.onnx",
        [onnx.helper.make_node("GlobalAveragePool", ["pixels"], ["colours"])],
        [onnx.helper.make_tensor_value_info("pixels", kind, ["n", 3, 2, 2])],
        onnx.helper.make_tensor_value_info("colours", kind, ["n", 3, 1, 1]),
        {},
    )


def painted(folder: Path, colours: dict[str, tuple[int, int, int]]) -> Path:
    pillow = pytest.importorskip("PIL.Image")
    folder.mkdir()
    for name, colour in colours.items():
        pillow.new("RGB", (6, 4), colour).save(folder / f"{name}.png")
    return folder


def titled(*titles: str) -> Dataset:
    names = [f"i{place}" for place in range(len(titles))]
    world = orders(names, items={name: {} for name in names})
    return replace(world, catalog=world.catalog.with_columns({"title": Strings.of(titles)}))


def test_a_text_is_the_mean_of_its_tokens_however_long_the_others_are(tmp_path: Path) -> None:
    file = text_network(tmp_path)
    texts = ["red mug", "", "blue", "red mug red mug red mug", "red mug"]
    expected = [[2, 0, 1], [0, 0, 0], [0, 4, 0], [2, 0, 1], [2, 0, 1]]
    for path in (file, tmp_path):
        assert encoded(path, texts).tolist() == expected


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        ({"pooling_mode_cls_token": True}, [[4, 0, 0], [0, 0, 2]]),
        ({"pooling_mode_max_tokens": True}, [[4, 0, 2], [0, 4, 2]]),
        ({"pooling_mode_mean_tokens": True}, [[2, 0, 1], [0, 2, 1]]),
    ],
)
def test_a_folder_of_sentence_transformers_says_how_tokens_become_a_text(
    tmp_path: Path, says: dict[str, bool], expected: list[list[float]]
) -> None:
    text_network(tmp_path / "onnx")
    (tmp_path / "onnx" / "tokenizer.json").rename(tmp_path / "tokenizer.json")
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text(json.dumps(says))
    (tmp_path / "sentence_bert_config.json").write_text('{"max_seq_length": 2}')
    assert encoded(tmp_path, ["red mug pen", "mug blue"]).tolist() == expected


def test_what_a_folder_lacks_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadData, match=r"no model\.onnx, and no modules\.json"):
        encoded(tmp_path, ["red"])
    with pytest.raises(BadData, match="no item has a text to read"):
        encoded(tmp_path, ["", ""])
    file = text_network(tmp_path)
    (tmp_path / "tokenizer.json").unlink()
    with pytest.raises(BadData, match=r"no tokenizer\.json beside it"):
        encoded(file, ["red"])


def test_a_file_that_is_no_network_is_named(tmp_path: Path) -> None:
    text_network(tmp_path)
    (tmp_path / "broken.onnx").write_bytes(b"nothing of the kind")
    with pytest.raises(BadData, match=r"broken\.onnx: is not an ONNX network"):
        encoded(tmp_path / "broken.onnx", ["red"])


def test_a_library_that_is_missing_is_named_with_its_extra(tmp_path: Path) -> None:
    (tmp_path / "modules.json").write_text("[]")
    with pytest.raises(MissingExtra, match=r"pip install 'endcap\[sentences\]'"):
        encoded(tmp_path, ["red"])


def test_a_picture_is_what_the_network_sees_in_its_middle(tmp_path: Path) -> None:
    eye = picture_network(tmp_path / "network")
    folder = painted(tmp_path / "pictures", {"i1": (255, 0, 0), "i0": (0, 0, 255), "else": (9, 9, 9)})
    (eye.parent / "preprocessor_config.json").write_text('{"image_mean": [0, 0, 0], "image_std": [1, 1, 0.5]}')
    items = titled("a", "b", "c").catalog.items
    assert pictured(eye, folder, items).tolist() == [[0, 0, 2], [1, 0, 0], [0, 0, 0]]


def test_pictures_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    eye = picture_network(tmp_path / "network")
    items = titled("a").catalog.items
    with pytest.raises(BadData, match="no file is named after an item; ids are like i0"):
        pictured(eye, painted(tmp_path / "others", {"x": (0, 0, 0)}), items)
    folder = painted(tmp_path / "pictures", {})
    (folder / "i0.jpg").write_text("nothing of the kind")
    with pytest.raises(BadData, match=r"i0\.jpg: is no picture"):
        pictured(eye, folder, items)


def test_networks_add_to_what_columns_say(tmp_path: Path) -> None:
    text_network(tmp_path / "reader")
    eye = picture_network(tmp_path / "network")
    folder = painted(tmp_path / "pictures", {"i0": (255, 0, 0), "i1": (250, 0, 0), "i2": (0, 255, 0)})
    world = titled("red mug", "blue pen", "red pen", "nothing known")
    settings: dict[str, Any] = {
        "attributes": (),
        "encoder": tmp_path / "reader",
        "images": folder,
        "image_encoder": eye,
    }
    by_look = Content(**settings, weights={"images": 1.0}).fit(world, np.random.default_rng(0))
    assert by_look.names == ("title", "encoder", "images")
    assert by_look.vectors[0] @ by_look.vectors[1] > 0.99 > by_look.vectors[0] @ by_look.vectors[2]
    assert not by_look.vectors[3].any()
    by_text = Content(**settings, weights={"encoder": 1.0}).fit(world, np.random.default_rng(0))
    assert by_text.vectors[0] @ by_text.vectors[2] > by_text.vectors[1] @ by_text.vectors[2] > 0
