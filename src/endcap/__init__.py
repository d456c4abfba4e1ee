"""endcap: product recommendations for online shops, from a log of orders to lists that a shop can show.

What an extension needs is here; the jobs are in `endcap.jobs`, contract tests and small worlds in `endcap.testing`.
"""

__version__ = "0.1.0"

from endcap.core.arrays import Codes, Ragged, Scores, Strings
from endcap.core.bundle import Bundle
from endcap.core.candidates import Candidates
from endcap.core.catalog import Catalog, Labels
from endcap.core.dataset import Dataset
from endcap.core.errors import EndcapError
from endcap.core.part import Part, needs
from endcap.core.query import Queries, Query, Retriever, Stage
from endcap.core.records import Event, Request, Slate
from endcap.core.vocabulary import Vocabulary

__all__ = [
    "Bundle",
    "Candidates",
    "Catalog",
    "Codes",
    "Dataset",
    "EndcapError",
    "Event",
    "Labels",
    "Part",
    "Queries",
    "Query",
    "Ragged",
    "Request",
    "Retriever",
    "Scores",
    "Slate",
    "Stage",
    "Strings",
    "Vocabulary",
    "needs",
]
