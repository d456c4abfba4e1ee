"""Texts as vectors, by a network that lies on disk: an ONNX file with its tokenizer, or a sentence-transformers folder.

Reimers and Gurevych, Sentence-BERT: sentence embeddings using siamese BERT-networks, EMNLP 2019.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from endcap.core.arrays import Array
from endcap.core.errors import BadData
from endcap.core.part import needs
from endcap.models.content.local import present
from endcap.models.content.networks import EXTRA, Network, beside, settings
from endcap.models.content.sparse import Matrix

BATCH = 32
"""So many texts are read at a time, those of about the same length together."""
LONGEST = 256
"""Of longer texts so many tokens are read, if the folder does not say it."""
WHOLE = ("sentence_embedding", "text_embeds")
"""Outputs that are vectors of whole texts already."""
Pooling = Literal["mean", "first", "max"]


def encoded(path: Path, texts: Sequence[str]) -> Matrix:
    """A vector of each text ``[n, size]``; zero where there is no text.

    `path` is an ONNX file with ``tokenizer.json`` beside it, or a folder of these; a folder of sentence-transformers
    without an ONNX file is read by that library. Raises `BadData` if it is none of these.
    """
    present(path, "encoder")
    different = list(dict.fromkeys(filter(None, texts)))
    if not different:
        raise BadData(f"encoder {path}: no item has a text to read")
    file = path if path.is_file() else _network(path)
    if file is None and not (path / "modules.json").is_file():
        raise BadData(f"{path}: has no model.onnx, and no modules.json of sentence-transformers; expected one of them")
    vectors = _by_library(path, different) if file is None else _by_network(file, different)
    place = {text: row for row, text in enumerate(different)}
    out = np.zeros((len(texts), vectors.shape[1]), np.float32)
    for row, text in enumerate(texts):
        if text:
            out[row] = vectors[place[text]]
    return out


def _network(folder: Path) -> Path | None:
    files = (folder / "model.onnx", folder / "onnx" / "model.onnx")
    return next((file for file in files if file.is_file()), None)


def _by_library(folder: Path, texts: Sequence[str]) -> Matrix:
    library: Any = needs("sentence_transformers", extra="sentences")
    model = library.SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    vectors: Matrix = np.asarray(model.encode(list(texts), show_progress_bar=False), np.float32)
    return vectors


def _by_network(file: Path, texts: Sequence[str]) -> Matrix:
    tokens, network = _tokenizer(file), Network(file)
    output, pooling = network.output(*WHOLE), _pooling(file)
    read = tokens.encode_batch(list(texts))
    order = np.argsort([len(each.ids) for each in read], kind="stable").tolist()
    batches = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
    parts = [_pooled(network, output, [read[place] for place in batch], pooling) for batch in batches]
    vectors = np.concatenate(parts)
    found = np.empty_like(vectors)
    found[order] = vectors
    return found


def _tokenizer(file: Path) -> Any:
    tokenizers: Any = needs("tokenizers", extra=EXTRA)
    where = beside(file, "tokenizer.json")
    if where is None:
        raise BadData(f"{file}: there is no tokenizer.json beside it, which says how texts are cut")
    tokens = tokenizers.Tokenizer.from_file(str(where))
    tokens.no_padding()
    tokens.enable_truncation(settings(beside(file, "sentence_bert_config.json")).get("max_seq_length", LONGEST))
    return tokens


def _pooling(file: Path) -> Pooling:
    """How vectors of tokens become one of the text, as ``1_Pooling/config.json`` says; their mean, if nothing does."""
    told = settings(beside(file, "1_Pooling/config.json"))
    if told.get("pooling_mode_cls_token"):
        return "first"
    return "max" if told.get("pooling_mode_max_tokens") else "mean"


def _pooled(network: Network, output: str, read: Sequence[Any], pooling: Pooling) -> Array:
    width = max(1, *(len(each.ids) for each in read))
    ids, mask = np.zeros((len(read), width), np.int64), np.zeros((len(read), width), np.int64)
    for row, each in enumerate(read):
        ids[row, : len(each.ids)], mask[row, : len(each.ids)] = each.ids, 1
    known = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    unknown = [name for name in network.inputs if name not in known]
    if unknown:
        raise BadData(f"{network.path}: wants {', '.join(unknown)}; a network for texts wants {', '.join(known)}")
    found = np.asarray(network(output, {name: known[name] for name in network.inputs}), np.float32)
    if found.ndim == 2:
        return found
    if found.ndim != 3:
        raise BadData(f"{network.path}: {output} has the shape {found.shape}; expected texts × tokens × size")
    there = mask[:, :, None].astype(np.float32)
    pooled: Array = (found * there).sum(axis=1) / np.maximum(there.sum(axis=1), 1.0)
    if pooling == "max":
        pooled = np.where(there > 0, found, -np.inf).max(axis=1)
    return found[:, 0] if pooling == "first" else pooled
