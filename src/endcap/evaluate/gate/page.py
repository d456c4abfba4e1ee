"""A verdict as one page."""

from importlib.resources import files

from endcap.data.pages import rendered
from endcap.evaluate.gate.verdict import Verdict


def html(verdict: Verdict) -> str:
    """The verdict as one page, complete in itself."""
    templates = files("endcap.evaluate") / "templates"
    return rendered("verdict.html.j2", templates, "", verdict=verdict.to_json())  # it has no plots to draw
