"""Text that others wrote (titles, ids, file names, error messages), made safe to print."""

PICTURES = 0x2400
"""Where Unicode keeps a picture for each control character: ``␛`` for escape, ``␇`` for the bell."""
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
DIRECTIONS = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
"""Characters that change the direction of what follows, so that a line could read otherwise than it is."""

_VISIBLE: dict[int, str] = {
    **{code: chr(PICTURES + code) for code in range(0x20) if chr(code) not in "\n\t"},
    0x7F: "␡",
    **dict.fromkeys(range(0x80, 0xA0), REPLACEMENT),
    **dict.fromkeys((0x2028, 0x2029), " "),
    **dict.fromkeys(DIRECTIONS, REPLACEMENT),
    **dict.fromkeys(range(0xD800, 0xE000), REPLACEMENT),
}


def printable(text: object) -> str:
    """Return the text with every character visible that could command a terminal; line breaks and tabs stay.

    Control characters become their pictures (an escape becomes ``␛``), so that a title cannot clear the screen or move
    the cursor; what cannot be encoded becomes ``�``.
    """
    return str(text).translate(_VISIBLE)
