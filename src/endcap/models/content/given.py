"""Vectors that somebody else made: of pictures, of texts, of sounds; in a file, by item id."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from endcap.core.arrays import Array
from endcap.core.catalog import Catalog
from endcap.core.errors import BadData
from endcap.models.content.local import present
from endcap.models.content.sparse import Matrix

FORMATS = ".parquet (item_id and one column of lists), .npz (ids and vectors), .npy beside a .txt with one id a line"


def given(path: Path, catalog: Catalog) -> Matrix:
    """The vectors of a file, one row for each item of the catalog; zero where the file has none.

    Raises `BadData` if the file is not one of `FORMATS`, or knows no item of the catalog.
    """
    ids, vectors = _read(present(path, "vectors"))
    if vectors.ndim != 2 or len(vectors) != len(ids):
        raise BadData(
            f"{path}: found {len(ids)} ids and vectors of shape {vectors.shape}; expected one row for each id"
        )
    if not np.isfinite(vectors).all():
        raise BadData(f"{path}: the vector of {ids[int(np.argmin(np.isfinite(vectors).all(axis=1)))]!r} has a NaN")
    codes = catalog.items.encode(ids)
    known = np.flatnonzero(codes >= 0)
    if not len(known):
        some = ", ".join(map(repr, ids[:3])) or "none"
        theirs = ", ".join(map(repr, catalog.items.ids[:3]))
        raise BadData(f"{path}: knows no item of the catalog; its ids: {some}; those of the catalog: {theirs}")
    out = np.zeros((len(catalog), vectors.shape[1]), np.float32)
    out[codes[known]] = vectors[known]
    return out


def _read(path: Path) -> tuple[Sequence[str], Array]:
    if path.suffix == ".parquet":
        return _parquet(path)
    try:
        if path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as arrays:
                return [str(item) for item in arrays["ids"]], arrays["vectors"]
        if path.suffix == ".npy":
            names = present(path.with_suffix(".txt"), f"ids of {path.name}")
            return names.read_text().split("\n")[: -1 if names.read_text().endswith("\n") else None], np.load(path)
    except (ValueError, KeyError) as error:
        raise BadData(f"{path}: cannot be read as vectors: {error}") from error
    raise BadData(f"{path}: {path.suffix or 'no suffix'} is no file of vectors; expected {FORMATS}")


def _parquet(path: Path) -> tuple[Sequence[str], Array]:
    import pyarrow as pa  # noqa: PLC0415 — for fitting only
    from pyarrow import parquet  # noqa: PLC0415

    try:
        table = parquet.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise BadData(f"{path}: is not Parquet: {error}") from error
    lists = [field.name for field in table.schema if pa.types.is_nested(field.type)]
    if "item_id" not in table.column_names or len(lists) != 1:
        raise BadData(f"{path}: has the columns {', '.join(table.column_names)}; expected item_id and one of lists")
    rows = table.column(lists[0]).to_pylist()
    sizes = {len(row) for row in rows if row is not None}
    if len(sizes) != 1:
        raise BadData(f"{path}: {lists[0]} has lists of {sorted(sizes)} numbers; expected one length")
    kept = [place for place, row in enumerate(rows) if row is not None]
    ids = table.column("item_id").to_pylist()
    return [str(ids[place]) for place in kept], np.array([rows[place] for place in kept], np.float32)
