"""A report as one page."""

from importlib.resources import files
from zlib import crc32

from endcap.data.pages import rendered
from endcap.evaluate.backtest import MAIN
from endcap.evaluate.beyond import BEYOND
from endcap.evaluate.enough import MIN_UNITS
from endcap.evaluate.metrics import CUT, METRICS, UNCUT
from endcap.evaluate.report.content import Report
from endcap.evaluate.report.terminal import bytes_said
from endcap.evaluate.truth import CONFUSION

COLUMNS = ("NDCG", "Recall", "HitRate", "MRR", "MAP", "Precision")
"""What the first table of a task has room for; the file has all."""

CONFUSED = "share of the places that hold what belongs to another relation, where that is known; the lower the better"


def html(report: Report, echarts: str) -> str:
    """The report as one page, complete in itself; `echarts` is the text of the minified ECharts script."""
    return rendered(
        "report.html.j2",
        files("endcap.evaluate") / "templates",
        echarts,
        report=report.to_json(),
        columns=[f"{name}@{CUT}" for name in COLUMNS],
        other={f"{name}@{CUT}": says for name, says in BEYOND.items()},
        main=MAIN,
        min_units=MIN_UNITS,
        confusion=CONFUSION,
        said={**METRICS, **UNCUT, **BEYOND, CONFUSION.split("@")[0]: CONFUSED},
        bytes_said=bytes_said,
        hue=hue,
    )


def hue(category: str | None) -> int:
    """The colour of an item's tile, in degrees: the same for all items of a category."""
    return crc32((category or "").encode()) % 360
