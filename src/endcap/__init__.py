"""endcap: product recommendations for online shops, from a log of orders to lists that a shop can show.

What an extension needs is here; the jobs are in `endcap.jobs`, contract tests and small worlds in `endcap.testing`.
Names are imported when they are asked for, so that the command is ready for Ctrl-C before NumPy is loaded.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
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

_HOMES = {
    "Bundle": "endcap.core.bundle",
    "Candidates": "endcap.core.candidates",
    "Catalog": "endcap.core.catalog",
    "Codes": "endcap.core.arrays",
    "Dataset": "endcap.core.dataset",
    "EndcapError": "endcap.core.errors",
    "Event": "endcap.core.records",
    "Labels": "endcap.core.catalog",
    "Part": "endcap.core.part",
    "Queries": "endcap.core.query",
    "Query": "endcap.core.query",
    "Ragged": "endcap.core.arrays",
    "Request": "endcap.core.records",
    "Retriever": "endcap.core.query",
    "Scores": "endcap.core.arrays",
    "Slate": "endcap.core.records",
    "Stage": "endcap.core.query",
    "Strings": "endcap.core.arrays",
    "Vocabulary": "endcap.core.vocabulary",
    "needs": "endcap.core.part",
}


def __getattr__(name: str) -> Any:
    """The public thing of that name, from the module that defines it."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return found
