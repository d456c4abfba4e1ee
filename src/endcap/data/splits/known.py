"""What was known of the catalog when training ended."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Strings
from endcap.core.catalog import OFFERED, Catalog, Column, Labels
from endcap.core.dataset import Dataset
from endcap.core.vocabulary import Vocabulary
from endcap.data.describe import as_of


def as_known(train: Dataset, data: Dataset) -> Dataset:
    """The training side of a split of `data`, its catalog as it stood at the end of training.

    An item that has events in `data` but none in training did not exist yet: it keeps its code, so that what comes
    later can be told in codes, and is blank in every column. A label that only such items have is no label. An item
    without any event is taken to have been there all along. What the shop says of its stock it says of today: what was
    on sale then is told from the events until then.
    """
    n = len(data.catalog)
    seen, ever = (np.bincount(side.events.item[side.events.item >= 0], minlength=n) > 0 for side in (train, data))
    known = seen | ~ever
    columns = {name: _blanked(column, known) for name, column in data.catalog.columns.items() if name != OFFERED}
    return as_of(replace(train, catalog=Catalog(data.catalog.items, columns)))


def _blanked(column: Column, known: NDArray[np.bool_]) -> Column:
    if isinstance(column, Labels):
        codes = np.where(known, column.codes, -1)
        used = np.unique(codes[codes >= 0])
        recoded = np.searchsorted(used, codes) if len(used) else codes
        names = Vocabulary.of(column.names.ids[code] for code in used.tolist())
        return Labels(np.where(codes >= 0, recoded, -1).astype(np.int32), names)
    if isinstance(column, Strings):
        return Strings.of(text if there else "" for text, there in zip(column, known.tolist(), strict=True))
    blank = np.nan if column.dtype.kind == "f" else 0
    return np.where(known.reshape(-1, *[1] * (column.ndim - 1)), column, np.asarray(blank, column.dtype))
