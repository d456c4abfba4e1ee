"""How much of the catalog can be found, in a shop that sells little of what it once sold."""

import numpy as np
import pytest
from tests.evaluate.worlds import catalog_of

from endcap.core.bundle import Bundle, Histories
from endcap.core.habits import pasts_of
from endcap.evaluate.gate.models import DEPTH, SEEDS, Answers
from endcap.evaluate.gate.rules import Judge
from endcap.evaluate.gate.settings import GateSettings
from endcap.evaluate.gate.soundness import sensible
from endcap.testing import orders

ITEMS, FOUND = 20_000, 600


@pytest.mark.parametrize("on_sale", [1, 200])
def test_a_shop_that_withdrew_most_items_is_judged_by_those_on_sale(on_sale: int) -> None:
    """Models find 600 items spread evenly: 6 % of their places, and the same share of what these can hold on sale."""
    available = np.arange(ITEMS) % on_sale == 0
    small = orders(["a"])
    catalog = catalog_of(ITEMS).with_columns({"available": available})
    bundle = Bundle("b", catalog, Histories(small.users, pasts_of(small)), {}, {})
    found = np.arange(0, ITEMS, ITEMS // FOUND, dtype=np.int32)[:FOUND]
    lists = [(part, -np.arange(len(part), dtype=np.float32)) for part in np.array_split(found, FOUND // DEPTH)]
    (reach,) = sensible(bundle, {"model": Answers(lists, "")}, None, Judge(GateSettings()))
    assert SEEDS * DEPTH == 10_000
    assert reach.decided == "passed", reach.found
