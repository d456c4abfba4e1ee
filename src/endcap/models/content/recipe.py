"""Items that are alike by what the catalog says of them: found from the day they are listed, before anybody came."""

from collections.abc import Mapping
from typing import Annotated

import numpy as np
from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt

from endcap.core.arrays import Ragged, Scores
from endcap.core.catalog import Catalog
from endcap.core.dataset import Dataset
from endcap.core.errors import BadConfig, BadData
from endcap.core.part import Part
from endcap.core.tunable import SETTLED, Between
from endcap.models.content.axes import axes_of, squeezed
from endcap.models.content.columns import Column, column_of
from endcap.models.content.features import Features
from endcap.models.content.given import given
from endcap.models.content.local import LocalPath
from endcap.models.content.model import ContentModel
from endcap.models.content.sparse import Matrix
from endcap.models.content.weights import Block, weights_of
from endcap.models.rows import TOUCHES, Source, rows_of
from endcap.models.words import texts_of

TEXT = ("title", "description")
"""Columns that are read by words, if nothing is said …"""
ATTRIBUTES = ("category", "brand", "price")
"""… and by labels and numbers: those of them that the catalog has."""
ENCODED, PICTURED = "encoder", "images"
"""What the vectors that networks make of texts and pictures are called among the weights."""


class Content(Part):
    """A vector for every item out of its texts, labels, numbers and pictures, new ones included."""

    text: Annotated[tuple[str, ...] | None, SETTLED] = None
    """Text or label columns that are read by words; without it title and description, where the catalog has them."""
    attributes: Annotated[tuple[str, ...] | None, SETTLED] = None
    """Label and number columns; without it category, brand and price, where the catalog has them."""
    pieces: Annotated[NonNegativeInt, SETTLED] = 0
    """Runs of so many letters within words count too, for languages that glue words together: 3 or 4; 0: none."""
    encoder: Annotated[LocalPath | None, SETTLED] = None
    """A network that reads the texts beside their words: an ONNX file, or a folder of sentence-transformers."""
    vectors: Annotated[tuple[LocalPath, ...], SETTLED] = ()
    """Files of vectors by item id that somebody made of pictures, texts or whatever: .parquet, .npz, .npy."""
    images: Annotated[LocalPath | None, SETTLED] = None
    """A folder of pictures, each named by the id of its item …"""
    image_encoder: Annotated[LocalPath | None, SETTLED] = None
    """… and the ONNX file of a network that looks at them."""
    weights: Annotated[Mapping[str, NonNegativeFloat] | None, SETTLED] = None
    """How much each kind of content counts: columns by name, files by theirs without the suffix, ``encoder`` and
    ``images``; a kind that is not named counts nothing. Without it, they are learned from what is found together."""
    source: Annotated[Source, SETTLED] = "sessions"
    """What "together" is, to learn the weights from."""
    kinds: tuple[str, ...] = TOUCHES
    """Kinds of event that count, where these are sessions."""
    size: Annotated[PositiveInt, Between(32, 512, log=True)] = 128
    """Of the vectors that columns make; each file and network adds as many at most."""
    recency: float = Field(default=1.0, gt=0.0, le=1.0)
    """What an item of a session or history counts against the one that came after it."""

    def fit(self, data: Dataset, rng: np.random.Generator) -> "ContentModel":
        """Vectors of all items of which anything is said; the rest stay at zero and are never found."""
        learning, drawing = rng.spawn(2)
        features = self.features(data, learning)
        axes = axes_of(features.sparse, self.size, drawing)
        vectors = np.concatenate([features.sparse.times(axes), features.dense], axis=1)
        lengths = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))
        vectors /= np.maximum(lengths, np.float32(1e-12))[:, None]
        return ContentModel(vectors, features.reader, axes, features.names, features.weights, self.recency)

    def features(self, data: Dataset, rng: np.random.Generator, *, learning: bool = True) -> Features:
        """What each item is like, each kind of content with the weight that is typed, or learned, or the same for all.

        Raises `BadData` if there is no content.
        """
        squeezing, drawing = rng.spawn(2)
        columns, dense = self._columns(data.catalog), self._dense(data.catalog, squeezing)
        if not columns and not dense:
            raise BadData(
                f"there is no content to learn from: none of {', '.join((*TEXT, *ATTRIBUTES))} is in the catalog; "
                f"it has: {', '.join(data.catalog.columns) or 'nothing'}"
            )
        blocks: list[Block] = [*(column.of_catalog(data.catalog) for column in columns), *dense.values()]
        if self.weights is not None:
            weights = self._typed(self.weights, [*(column.name for column in columns), *dense])
        else:
            weights = weights_of(blocks, self._together(data) if learning else Ragged.empty(0), drawing)
        return Features.of(data.catalog, columns, dense, weights)

    def _columns(self, catalog: Catalog) -> list[Column]:
        there = catalog.columns
        text = [name for name in TEXT if name in there] if self.text is None else self.text
        attributes = [name for name in ATTRIBUTES if name in there] if self.attributes is None else self.attributes
        missing = [name for name in (*text, *attributes) if name not in there]
        if missing:
            raise BadData(f"the catalog has no column {missing[0]!r}; there are: {', '.join(there)}")
        numbers = [name for name in text if isinstance(there[name], np.ndarray)]
        if numbers:
            raise BadData(f"catalog column {numbers[0]!r} holds numbers: name it among the attributes, not the text")
        read = [column_of(catalog, name, text=True, pieces=self.pieces) for name in text]
        read += [column_of(catalog, name, text=False) for name in attributes if name not in text]
        return [column for column in read if column.width]

    def _dense(self, catalog: Catalog, rng: np.random.Generator) -> dict[str, Matrix]:
        """What files and networks say, by name: rows of length one, or zero where they say nothing."""
        found = {path.stem: given(path, catalog) for path in self.vectors}
        if len(found) < len(self.vectors):
            raise BadConfig(f"vectors: two files have one name: {', '.join(path.stem for path in self.vectors)}")
        if self.encoder is not None:
            from endcap.models.content.texts import encoded  # noqa: PLC0415 — it needs an extra

            text = self.text or [name for name in TEXT if name in catalog]
            columns = [texts_of(catalog, name) for name in text]
            said = [" ".join(filter(None, parts)) for parts in zip(*columns, strict=True)]
            found[ENCODED] = encoded(self.encoder, said)
        if (self.images is None) != (self.image_encoder is None):
            raise BadConfig("images and image_encoder: one is no use without the other")
        if self.images is not None and self.image_encoder is not None:
            from endcap.models.content.pictures import pictured  # noqa: PLC0415

            found[PICTURED] = pictured(self.image_encoder, self.images, catalog.items)
        return {name: _unit(squeezed(_unit(vectors), self.size, rng)) for name, vectors in found.items()}

    def _together(self, data: Dataset) -> Ragged:
        """What was found together; nothing, in a shop where nothing happened yet."""
        try:
            return rows_of(data, self.source, self.kinds)
        except BadData:
            return Ragged.empty(0)

    def _typed(self, weights: Mapping[str, float], names: list[str]) -> Scores:
        unknown = [name for name in weights if name not in names]
        if unknown:
            raise BadConfig(f"weights: {unknown[0]!r} is no kind of content here; there are: {', '.join(names)}")
        found = np.array([weights.get(name, 0.0) for name in names], np.float32)
        if not found.any():
            raise BadConfig(f"weights: nothing counts; there are: {', '.join(names)}")
        shares: Scores = found / found.sum()
        return shares


def _unit(vectors: Matrix) -> Matrix:
    unit: Matrix = vectors / np.maximum(np.linalg.norm(vectors, axis=1), 1e-12)[:, None]
    return unit.astype(np.float32)
