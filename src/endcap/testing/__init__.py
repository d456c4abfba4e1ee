"""Small worlds with known answers, and contracts that parts inherit as tests: for ours and for everybody's.

```python
class TestNewest(RetrieverContract):
    recipe = Newest()
```
"""

from endcap.testing.contracts import FilterContract, FoldContract, IndexContract, RetrieverContract, StageContract
from endcap.testing.values import read_only, same, saved_and_loaded
from endcap.testing.worlds import START, Facts, ask, bought, checkerboard, found, orders, shop, some_events

__all__ = [
    "START",
    "Facts",
    "FilterContract",
    "FoldContract",
    "IndexContract",
    "RetrieverContract",
    "StageContract",
    "ask",
    "bought",
    "checkerboard",
    "found",
    "orders",
    "read_only",
    "same",
    "saved_and_loaded",
    "shop",
    "some_events",
]
