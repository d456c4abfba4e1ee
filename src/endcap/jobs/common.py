"""What several jobs need: the shelf, the charts, names for content and for versions."""

import hashlib
import platform
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from endcap import __version__
from endcap.config import Config
from endcap.core.bundle import Shelf
from endcap.core.progress import Nobody

CONFIG = Path("endcap.toml")
NOBODY = Nobody()


def charts() -> str:
    """The script that draws the plots of a page."""
    folder = files("endcap.serve") / "storefront" / "static" / "vendor" / "echarts"
    return (folder / "echarts.min.js").read_text("utf-8")


def shown_path(path: Path) -> str:
    """A path as people want to read it: from where they are, if it lies below."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def shelf_of(config: Config) -> Shelf:
    """Where the bundles of a shop lie."""
    return Shelf(config.workdir / "bundles")


def hash_of(*things: object) -> str:
    """A name for what things say of themselves (64 hexadecimal digits)."""
    return hashlib.sha256("\0".join(map(str, things)).encode()).hexdigest()


def versions() -> dict[str, str]:
    """What made a bundle or a report: endcap, Python, and the libraries that numbers depend on."""
    packages = ("numpy", "numba", "duckdb", "ibis-framework")
    return {"endcap": __version__, "python": platform.python_version()} | {name: version(name) for name in packages}
