"""What can be asked of any value that parts take or give: whether two are the same, and what saving leaves of one."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import numpy as np

from endcap.core.arrays import Array
from endcap.core.saving import load, save

T = TypeVar("T")


def read_only(value: T) -> T:
    """The same value, every array in it read-only, so that a part that writes into what it was given fails."""
    for array in _arrays(value):
        array.setflags(write=False)
    return value


def saved_and_loaded(value: Any) -> Any:
    """What serving will have of a value: written to a folder, checked, and mapped into memory."""
    with TemporaryDirectory() as folder:
        save(value, Path(folder) / "saved", {})
        return load(Path(folder) / "saved")


def same(left: Any, right: Any) -> bool:
    """Whether two values have the same shape and, bit by bit, the same arrays."""
    ours, theirs = _arrays(left), _arrays(right)
    equal = (
        np.array_equal(a, b, equal_nan=a.dtype.kind == "f") and a.dtype == b.dtype
        for a, b in zip(ours, theirs, strict=False)
    )
    return len(ours) == len(theirs) and all(equal)


def _arrays(value: Any) -> list[Array]:
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, Mapping):
        return [array for key in sorted(value) for array in _arrays(value[key])]
    if isinstance(value, tuple | list):
        return [array for item in value for array in _arrays(item)]
    if dataclasses.is_dataclass(value):
        fields = (getattr(value, field.name) for field in dataclasses.fields(value))
        return [array for field in fields for array in _arrays(field)]
    return []
