"""Backslash escapes: `$'...'`, `echo -e`, `printf`."""

from __future__ import annotations

import re

_SIMPLE = {
    "a": "\a",
    "b": "\b",
    "e": "\x1b",
    "E": "\x1b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
    "'": "'",
    '"': '"',
    "?": "?",
}
_RUN = re.compile(r"[^\\']+")
_OCTAL = re.compile(r"[0-7]{1,3}")
_DIGITS = {
    "x": re.compile(r"[0-9A-Fa-f]{1,2}"),
    "u": re.compile(r"[0-9A-Fa-f]{1,4}"),
    "U": re.compile(r"[0-9A-Fa-f]{1,8}"),
}
_WIDE = re.compile(r"\{([0-9A-Fa-f]*)\}")


def decode(text: str, start: int) -> tuple[str, int]:
    """Read the inside of `$'...'`; return its value and where it ended."""
    found: list[str] = []
    pos = start
    while True:
        run = _RUN.match(text, pos)
        if run:
            found.append(run.group())
            pos = run.end()
        if text[pos : pos + 1] != "\\":
            break
        value, pos = _escape(text, pos + 1, ansi=True)
        if value == "\0":
            # What follows a NUL is dropped, up to the closing quote.
            value, rest = "", decode(text, pos)
            return "".join(found), rest[1]
        found.append(value)
    return "".join(found), min(pos + 1, len(text))


def unescape(text: str, *, octal_zero: bool) -> str:
    """Return text with its escapes done, as `echo -e` and `printf %b` do them.

    :param octal_zero: whether octal digits want a leading 0 (`echo -e`).
    """
    if "\\" not in text:
        return text
    found: list[str] = []
    pos = 0
    while pos < len(text):
        place = text.find("\\", pos)
        if place < 0:
            break
        found.append(text[pos:place])
        if text[place + 1 : place + 2] == "c":
            return "".join(found)
        value, pos = _escape(text, place + 1, octal_zero=octal_zero)
        found.append(value)
    return "".join(found) + text[pos:]


def _escape(
    text: str, pos: int, *, ansi: bool = False, octal_zero: bool = False
) -> tuple[str, int]:
    """Return what the escape behind a backslash stands for, and what follows it."""
    letter = text[pos : pos + 1]
    if letter in _DIGITS:
        return _number(text, pos)
    if letter == "c" and ansi and pos + 1 < len(text):
        return chr(ord(text[pos + 1].upper()) & 0x1F), pos + 2
    digits = _OCTAL.match(text, pos + (octal_zero and letter == "0"))
    if digits and (letter == "0" or not octal_zero):
        return chr(int(digits.group(), 8) & 0xFF), digits.end()
    if letter == "0":
        return "\0", pos + 1
    if letter in ("'", '"', "?") and not ansi and octal_zero:
        return "\\" + letter, pos + 1
    return _SIMPLE.get(letter, "\\" + letter), min(pos + 1, len(text))


def _number(text: str, pos: int) -> tuple[str, int]:
    letter = text[pos]
    wide = _WIDE.match(text, pos + 1) if letter == "x" else None
    if wide and wide.group(1):
        return chr(int(wide.group(1)[-2:], 16)), wide.end()
    digits = _DIGITS[letter].match(text, pos + 1)
    if digits is None:
        return "\\" + letter, pos + 1
    code = int(digits.group(), 16)
    return chr(code) if code <= 0x10FFFF and code != 0xFFFF else "?", digits.end()
