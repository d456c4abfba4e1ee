"""Items whose words match what was typed.

Okapi BM25: Robertson and Zaragoza, The probabilistic relevance framework: BM25 and beyond, Foundations and Trends in
Information Retrieval 3 (2009), with the inverse document frequency of Lucene, which is never negative.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from pydantic import Field, PositiveFloat

from endcap.core.arrays import Codes, Ragged, Scores
from endcap.core.candidates import Candidates
from endcap.core.catalog import Catalog
from endcap.core.dataset import Dataset
from endcap.core.errors import BadData
from endcap.core.part import Part
from endcap.core.query import Query
from endcap.core.vocabulary import Vocabulary
from endcap.core.why import Why
from endcap.models.listing import Many
from endcap.models.words import texts_of, words_of


class TextMatch(Part):
    """Scores items by the words that they share with a search: rare words for more, repeated ones for less and less."""

    columns: tuple[str, ...] = ("title", "category", "brand")
    """Text or label columns of the catalog whose words count; those that it lacks are left out."""
    repeats: PositiveFloat = 1.2
    """How soon another appearance of a word counts for little (k1 of BM25)."""
    length: float = Field(default=0.75, ge=0.0, le=1.0)
    """How much long texts are held back (b of BM25)."""

    def fit(self, data: Dataset, rng: np.random.Generator) -> "TextMatchModel":
        """For each word the items that have it, and what it adds to their scores; raises `BadData` without any word."""
        texts = [Counter(words) for words in _words(data.catalog, self.columns)]
        words = Vocabulary.of(word for text in texts for word in text)
        if not len(words):
            raise BadData(
                f"no item has a word in {' or '.join(self.columns)}; columns: {', '.join(data.catalog.columns)}"
            )
        items = np.repeat(np.arange(len(texts), dtype=np.int32), [len(text) for text in texts])
        codes = words.encode(word for text in texts for word in text)
        counts = np.array([count for text in texts for count in text.values()], np.float64)
        lengths = np.array([text.total() for text in texts], np.float64)
        spread = np.bincount(codes, minlength=len(words))
        rarity = np.log1p((len(texts) - spread + 0.5) / (spread + 0.5))
        held = self.repeats * (1 - self.length + self.length * lengths[items] / lengths.mean())
        scores = (rarity[codes] * counts * (self.repeats + 1) / (counts + held)).astype(np.float32)
        return TextMatchModel(
            words, Ragged.grouped(codes, items, len(words)), Ragged.grouped(codes, scores, len(words)).values
        )


@dataclass(frozen=True)
class TextMatchModel(Many):
    """The items of each word, and what the word adds to the score of each."""

    words: Vocabulary
    items: Ragged
    scores: Scores

    def __call__(self, query: Query, k: int) -> Candidates:
        """The k items whose words match the text of the query best; none without a text, or without a known word."""
        items, scores = self._of(query.text)
        if not len(items):
            return Candidates.none()
        found, place = np.unique(items, return_inverse=True)
        return Candidates(found.astype(np.int32), np.bincount(place, scores).astype(np.float32)).top(k)

    def why(self, query: Query, item: int) -> Why:
        """Its score, owed to the words and to no item."""
        items, scores = self._of(query.text)
        return Why.without_seeds(float(scores[items == item].sum(dtype=np.float64)), f"it matches “{query.text}”")

    def _of(self, text: str) -> tuple[Codes, Scores]:
        """Items and scores of each known word of a text, one word after another."""
        codes = self.words.encode_known(list(dict.fromkeys(words_of(text)))).tolist()
        if not codes:
            return self.items.values[:0], self.scores[:0]
        bounds = [(self.items.offsets[code], self.items.offsets[code + 1]) for code in codes]
        items, scores = (
            np.concatenate([column[start:end] for start, end in bounds]) for column in (self.items.values, self.scores)
        )
        return items, scores


def _words(catalog: Catalog, columns: tuple[str, ...]) -> list[list[str]]:
    """The words of each item, those of one column after those of another."""
    found: list[list[str]] = [[] for _ in range(len(catalog))]
    for name in columns:
        for words, text in zip(found, texts_of(catalog, name), strict=True):
            words.extend(words_of(text))
    return found
