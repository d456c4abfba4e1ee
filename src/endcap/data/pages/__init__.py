"""Pages that are complete in themselves: one look for every report, with plots, on screen and on paper."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any


def rendered(page: str, folder: Traversable, echarts: str, **values: Any) -> str:
    """A page from a template in a folder, which extends ``page.html.j2`` and may include what lies beside it.

    `echarts` is the text of the minified ECharts script.
    """
    from jinja2 import DictLoader, Environment, StrictUndefined  # noqa: PLC0415 — only needed by those who write pages

    texts = {
        file.name: file.read_text("utf-8")
        for place in (files(__name__), folder)
        for file in place.iterdir()
        if file.name.endswith((".j2", ".css", ".js"))
    }
    environment = Environment(
        loader=DictLoader(texts), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.policies["json.dumps_kwargs"] = {}  # keys in their own order
    return environment.get_template(page).render(echarts=echarts.replace("</script", "<\\/script"), **values)
