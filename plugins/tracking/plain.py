"""Any text as printable ASCII: cards and tables are read in every terminal."""

from __future__ import annotations

import unicodedata

#: Letters that decomposition leaves as they are.
_LETTERS = str.maketrans(
    {
        "ß": "ss",
        "æ": "ae",
        "Æ": "AE",
        "ø": "o",
        "Ø": "O",
        "œ": "oe",
        "Œ": "OE",
        "ł": "l",
        "Ł": "L",
        "đ": "d",
        "Đ": "D",
        "þ": "th",
        "Þ": "Th",
        "\N{LATIN SMALL LETTER DOTLESS I}": "i",
        "\N{LEFT SINGLE QUOTATION MARK}": "'",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{LEFT DOUBLE QUOTATION MARK}": '"',
        "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
        "\N{EN DASH}": "-",
        "\N{EM DASH}": "-",
        "\N{HORIZONTAL ELLIPSIS}": "...",
    }
)


def plain(text: str) -> str:
    """Return text in printable ASCII: accents dropped, the rest escaped (`\\u4e2d`)."""
    if text.isascii() and text.isprintable():
        return text
    parts = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    letters = "".join(part for part in parts if not unicodedata.combining(part))
    return "".join(
        letter
        if letter.isascii() and letter.isprintable()
        else letter.encode("unicode_escape").decode("ascii")
        for letter in letters
    )


def cut(text: str, width: int) -> str:
    """Return text in at most width columns, `...` at its end when it was longer."""
    if len(text) <= width:
        return text
    return text[: width - 3] + "..." if width > 3 else text[:width]


def cut_front(text: str, width: int) -> str:
    """Return the end of text in at most width columns: a path tells most there."""
    if len(text) <= width:
        return text
    return "..." + text[len(text) - width + 3 :] if width > 3 else text[-width:]
