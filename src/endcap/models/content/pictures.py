"""Pictures of items as vectors, by a network in an ONNX file."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from endcap.core.arrays import Array
from endcap.core.errors import BadData
from endcap.core.part import needs
from endcap.core.vocabulary import Vocabulary
from endcap.models.content.local import present
from endcap.models.content.networks import EXTRA, Network, beside, settings
from endcap.models.content.sparse import Matrix

BATCH = 16
SIDE = 224
"""Pixels of a side, if the network does not say it."""
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of red, green and blue on ImageNet: what pixels are standardised by, if no file beside the network says others."""
WHOLE = ("image_embeds", "pooler_output")
"""Outputs that are vectors of whole pictures already."""


def pictured(network: Path, folder: Path, items: Vocabulary) -> Matrix:
    """A vector of each item ``[n_items, size]``: of the file in the folder with its id as a name; zero without one.

    Raises `BadData` if no file has the id of an item, or one is no picture.
    """
    files = {items.code(path.stem): path for path in sorted(present(folder, "images").iterdir()) if path.is_file()}
    files.pop(-1, None)
    if not files:
        raise BadData(f"images {folder}: no file is named after an item; ids are like {', '.join(items.ids[:3])}")
    eye = Network(present(network, "image_encoder"))
    codes = sorted(files)
    batches = [codes[start : start + BATCH] for start in range(0, len(codes), BATCH)]
    vectors = np.concatenate([_seen(eye, [files[code] for code in batch]) for batch in batches])
    out = np.zeros((len(items), vectors.shape[1]), np.float32)
    out[codes] = vectors
    return out


def _seen(eye: Network, files: Sequence[Path]) -> Array:
    (name, taken), *more = eye.inputs.items()
    if more or len(taken.shape) != 4:
        raise BadData(f"{eye.path}: takes {', '.join(eye.inputs)} {taken.shape}; expected one input of four dimensions")
    last = taken.shape[3] == 3  # where the colours are
    sides = taken.shape[1:3] if last else taken.shape[2:]
    height, width = (side if isinstance(side, int) else SIDE for side in sides)
    told = settings(beside(eye.path, "preprocessor_config.json"))
    pixels = np.stack([_read(file, (width, height), told) for file in files])
    found = np.asarray(eye(eye.output(*WHOLE), {name: pixels if last else pixels.transpose(0, 3, 1, 2)}), np.float32)
    if found.ndim == 4:  # a map of features
        found = found.mean(axis=(1, 2) if last else (2, 3))
    return found.mean(axis=1) if found.ndim == 3 else found.reshape(len(files), -1)


def _read(file: Path, size: tuple[int, int], told: Mapping[str, Any]) -> Array:
    """A picture as numbers ``[height, width, 3]``: its middle, in the proportions that the network wants."""
    pillow: Any = needs("PIL.Image", extra=EXTRA)
    operations: Any = needs("PIL.ImageOps", extra=EXTRA)
    try:
        with pillow.open(file) as picture:
            upright = operations.exif_transpose(picture).convert("RGB")
            pixels = np.asarray(operations.fit(upright, size, pillow.Resampling.BICUBIC), np.float32) / 255.0
    except OSError as error:
        raise BadData(f"{file}: is no picture that can be read: {error}") from error
    mean, deviation = (
        np.array(told.get(key, usual), np.float32) for key, usual in (("image_mean", MEAN), ("image_std", DEVIATION))
    )
    standardised: Array = (pixels - mean) / deviation
    return standardised
