"""Tables in our columns become one `Dataset`."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from endcap.core.arrays import Array, Strings
from endcap.core.catalog import Catalog, Column, Labels
from endcap.core.dataset import Dataset, Events
from endcap.core.errors import BadData
from endcap.core.records import KINDS
from endcap.core.vocabulary import Vocabulary
from endcap.data.describe import as_of


def dataset_of(events: ibis.Table, catalog: ibis.Table, fingerprint: str) -> Dataset:
    """The Dataset of two tables in our columns, seen from just after its last event.

    Items keep the order of their ids; items that were sold but are in no catalog follow. Raises `BadData` if there is
    no event that names an item.
    """
    rows = events.filter(events.item_id.notnull()).to_pyarrow()
    if not len(rows):
        raise BadData("the sources gave no event with an item: nothing can be learned")
    described = catalog.order_by("item_id").to_pyarrow()
    known = described["item_id"].to_pylist()
    items = Vocabulary.of(known + sorted(set(pc.unique(rows["item_id"]).to_pylist()) - set(known)))
    users, user = _coded(rows["user_id"])
    _, session = _coded(rows["session_id"])
    _, order = _coded(rows["order_id"])
    columns = Events(
        session=session,
        user=user,
        item=_in(rows["item_id"], items),
        kind=_in(rows["kind"], Vocabulary.of(KINDS)).astype(np.int8),
        time=_numbers(rows["time"]).astype(np.float64),
        quantity=_numbers(rows["quantity"]).astype(np.float32),
        price=_numbers(rows["price"]).astype(np.float64),
        order=order,
    )
    columns = columns.take(np.lexsort((columns.kind, columns.item, columns.time, columns.session)))
    shop = Catalog(items, _catalog_columns(described, len(items)))
    return as_of(Dataset(columns, shop, users, float(columns.time.max()) + 1.0, fingerprint))


def fingerprint_of(files: Iterable[Path], settings: str) -> str:
    """A name for a dataset: a hash of the bytes that went in and the settings they were prepared with."""
    digest = hashlib.sha256(settings.encode())
    for path in files:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]


def _catalog_columns(described: pa.Table, n_items: int) -> dict[str, Column]:
    def padded(name: str) -> list[Any]:
        values: list[Any] = described[name].to_pylist()
        return values + [None] * (n_items - len(values))

    texts: dict[str, Column] = {name: Strings.of(value or "" for value in padded(name)) for name in ("title", "image")}
    return texts | {name: Labels.of(padded(name)) for name in ("category", "family")}


def _coded(column: pa.ChunkedArray) -> tuple[Vocabulary, Array]:
    """Codes in the order of the ids, so that they depend on nothing but the data."""
    names = sorted(value for value in pc.unique(column).to_pylist() if value is not None)
    vocabulary = Vocabulary.of(names)
    return vocabulary, _in(column, vocabulary)


def _in(column: pa.ChunkedArray, vocabulary: Vocabulary) -> Array:
    positions = pc.index_in(column, pa.array(list(vocabulary.ids), pa.string()))
    return np.asarray(pc.fill_null(positions, -1).combine_chunks(), dtype=np.int32)


def _numbers(column: pa.ChunkedArray) -> Array:
    return np.asarray(pc.fill_null(column, float("nan")).combine_chunks())
