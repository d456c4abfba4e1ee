"""Two folders change places in one moment, so that a crash finds either the one or the other, never none."""

import ctypes
import os
from pathlib import Path

AT_FDCWD = -100
RENAME_EXCHANGE = 2
"""From Linux's ``fcntl.h`` and ``fs.h``; see renameat2(2)."""


def exchanged(one: Path, other: Path) -> bool:
    """Puts each of two paths in the other's place; False if this system, or the file system, cannot.

    Linux can since 3.15, on ext4, xfs, btrfs, tmpfs and more; network file systems mostly cannot.
    """
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    failed: int = rename(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE)
    return not failed
