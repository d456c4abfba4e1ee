"""The one way in which text reaches a terminal: as itself, never as markup or as a command."""

from typing import TYPE_CHECKING

from endcap.core.printable import printable

if TYPE_CHECKING:
    from rich.text import Text


def words(text: object, style: str = "", *, fold: bool = False) -> "Text":
    """Return a Rich text that shows the given text letter by letter, whatever ``[/b]`` or escape it holds.

    Args:
        text: anything; numbers and paths are shown as their string.
        style: a Rich style, such as ``bold red``.
        fold: break long words at the end of a line instead of cutting them off.
    """
    from rich.text import Text  # noqa: PLC0415 — a serving process has no use for it

    return Text(printable(text), style, overflow="fold" if fold else None)


def row(*cells: object) -> "tuple[Text, ...]":
    """Return the cells of a table row as `words`; a cell that is a Rich text already stays as it is."""
    from rich.text import Text  # noqa: PLC0415

    return tuple(cell if isinstance(cell, Text) else words(cell) for cell in cells)
