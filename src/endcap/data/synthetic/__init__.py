"""A shop that never was, with planted truth: whoever looks for something in its data can check what was to be found.

`generate(Shop(events=…), folder)` writes events, catalog and truth as Parquet, in constant memory, and the same files
for the same settings whoever runs it. See ``docs/synthetic-shop.md``.
"""

from endcap.data.synthetic.making import Made, generate
from endcap.data.synthetic.settings import Shop
from endcap.data.synthetic.truth import Truth

__all__ = ["Made", "Shop", "Truth", "generate"]
