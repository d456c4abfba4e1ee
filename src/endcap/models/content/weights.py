"""How much each kind of content counts, learned from what was found together."""

from collections.abc import Iterator, Sequence

import numpy as np

from endcap.core.arrays import Codes, Ragged, Scores, offsets_of
from endcap.models.content.sparse import Matrix, Sparse
from endcap.models.weighing import Lists, learned

QUESTIONS = 2000
"""At most so many items are asked what was found beside them."""
RIVALS = 2000
"""An answer competes with so many items drawn by chance, the same ones for all kinds of content."""
CELLS = 2**24
"""So many products are held at a time."""
Block = Sparse | Matrix
"""What one kind of content says: rows of at most length one, one for each item."""


def weights_of(blocks: Sequence[Block], rows: Ragged, rng: np.random.Generator) -> Scores:
    """Weights that add up to 1, with which items of one row come high in each other's lists; equal ones without rows.

    The sum over kinds of content, each times its weight, is what an item is ranked by.
    """
    n = len(blocks[0])
    equal: Scores = np.full(len(blocks), 1.0 / len(blocks), np.float32)
    asked, answers = _pairs(rows, rng)
    if len(blocks) == 1 or not len(asked):
        return equal
    lists = _joined(list(_lists(blocks, asked, answers, rng)), len(blocks))
    found: Scores = learned(lists, np.zeros(len(asked), np.int64), 1, "MRR", n)[0]
    return found


def _pairs(rows: Ragged, rng: np.random.Generator) -> tuple[Codes, Codes]:
    """Items, each with another of the same row; each row is as likely, however long it is."""
    several = rng.permutation(np.flatnonzero(rows.lengths > 1))
    several = np.resize(several, min(QUESTIONS, 10 * len(several)))
    lengths = rows.lengths[several]
    first = rng.integers(lengths)
    second = (first + 1 + rng.integers(lengths - 1)) % lengths
    asked, answers = (rows.values[rows.offsets[several] + place] for place in (first, second))
    different = np.flatnonzero(asked != answers)
    return asked[different].astype(np.int32), answers[different].astype(np.int32)


def _lists(
    blocks: Sequence[Block], asked: Codes, answers: Codes, rng: np.random.Generator
) -> Iterator[tuple[Matrix, int]]:
    """For each question what each kind of content says of the items that compete, and the place of the answer."""
    n = len(blocks[0])
    step = max(1, CELLS // (n * len(blocks)))
    rivals = np.sort(rng.permutation(n)[:RIVALS]).astype(np.int32)
    for start in range(0, len(asked), step):
        items, wanted = asked[start : start + step], answers[start : start + step]
        products = [_products(block, items) for block in blocks]
        for row, (item, answer) in enumerate(zip(items.tolist(), wanted.tolist(), strict=True)):
            found = rivals[(rivals != item) & (rivals != answer)]
            place = int(np.searchsorted(found, answer))
            every = np.insert(found, place, answer)
            yield np.stack([product[row, every] for product in products], axis=1), place


def _products(block: Block, items: Codes) -> Matrix:
    if isinstance(block, Sparse):
        return block.times(block.take(items).dense().T).T
    return block[items] @ block.T


def _joined(lists: Sequence[tuple[Matrix, int]], width: int) -> Lists:
    offsets = offsets_of(np.array([len(said) for said, _ in lists]))
    features = np.concatenate([said for said, _ in lists]).astype(np.float32)
    answers = offsets[:-1] + np.array([place for _, place in lists], np.int64)
    return Lists(offsets, features.reshape(-1, width), answers, np.arange(len(lists)), len(lists))
