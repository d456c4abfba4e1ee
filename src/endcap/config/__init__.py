"""``endcap.toml``: its tables as types, and the parts that they name."""

from endcap.config.reading import Config, Search, line_of, load, parse
from endcap.config.tables import Settings

__all__ = ["Config", "Search", "Settings", "line_of", "load", "parse"]
