"""Arrays that are longer than memory: written to disk as they come, and then mapped."""

import os
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np

from endcap.core.arrays import Array


class Appended:
    """An ``.npy`` file that grows by what is appended; it has its name only when it is complete and on disk."""

    def __init__(self, path: Path, dtype: Any) -> None:
        self.path, self.dtype, self.length = path, np.dtype(dtype), 0
        self._beside = path.with_name(f".{path.name}.part")

    def __enter__(self) -> "Appended":
        self._file: BinaryIO = self._beside.open("wb")
        self._head()
        return self

    def append(self, values: Array) -> None:
        """Adds the values, cast to the type of the file."""
        self._file.write(np.ascontiguousarray(values, self.dtype).data)
        self.length += len(values)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            if kind is None:
                self._file.seek(0)
                self._head()  # as long as before: NumPy leaves room for the length to grow
                self._file.flush()
                os.fsync(self._file.fileno())
        finally:
            self._file.close()
        if kind is None:
            self._beside.rename(self.path)
        else:
            self._beside.unlink()

    def _head(self) -> None:
        shape = {"descr": np.lib.format.dtype_to_descr(self.dtype), "fortran_order": False, "shape": (self.length,)}
        np.lib.format.write_array_header_1_0(self._file, shape)


def mapped(path: Path) -> Array:
    """The array in an ``.npy`` file, mapped into memory and read-only."""
    array: Array = np.load(path, mmap_mode="r", allow_pickle=False)
    return array
