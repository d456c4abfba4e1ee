"""The profile as one page that needs no network, and as lines for a terminal."""

from importlib.resources import files
from typing import TYPE_CHECKING

from endcap.data.pages import rendered
from endcap.data.printing import row, words
from endcap.data.profile.drift import MUCH, SOME
from endcap.data.profile.facts import Profile
from endcap.data.profile.words import findings, summary

if TYPE_CHECKING:
    from rich.console import RenderableType


def html(profile: Profile, echarts: str) -> str:
    """The profile as one page, complete in itself; `echarts` is the text of the minified ECharts script."""
    templates = files("endcap.data.profile") / "templates"
    return rendered("profile.html.j2", templates, echarts, profile=profile.to_json(), some=SOME, much=MUCH)


def terminal(profile: Profile) -> "RenderableType":
    """The summary, and what every section says, the most notable first."""
    from rich.console import Group  # noqa: PLC0415 — a serving process has no use for it
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for finding in findings(profile):
        table.add_row(*row(finding.section, finding.words))
    return Group(words(summary(profile), "bold"), words(""), table)
