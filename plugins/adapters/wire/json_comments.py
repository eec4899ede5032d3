"""JSON with comments, as jsonc-parser reads it: `//`, `/* */` and trailing commas.

Format: https://github.com/microsoft/node-jsonc-parser. Nothing here changes a length,
so a place found in what these functions return is the same place in the text.
"""

from __future__ import annotations

import re

_STRING = r'"(?:[^"\\\r\n]|\\.)*"'
_COMMENT = r"//[^\r\n]*|/\*.*?\*/"
_STRING_OR_COMMENT = re.compile(rf"{_STRING}|{_COMMENT}", re.DOTALL)
_STRING_OR_LAST_COMMA = re.compile(rf"{_STRING}|,(?=\s*[}}\]])", re.DOTALL)
_SIGN_OF_EITHER = re.compile(r"//|/\*|,\s*[}\]]")
_NO_NEWLINE = re.compile(r"[^\r\n]")
_REST_OF_LINE = re.compile(rf"(?:[ \t]*(?:{_COMMENT}))+", re.DOTALL)


def without_comments(text: str) -> str:
    """Return text with spaces in place of comments; trailing commas stay."""
    return _STRING_OR_COMMENT.sub(_blank, text)


def plain_json(text: str) -> str:
    """Return text with spaces in place of comments and trailing commas."""
    # Most texts have neither, and an edit asks this many times.
    if not _SIGN_OF_EITHER.search(text):
        return text
    return _STRING_OR_LAST_COMMA.sub(_blank, without_comments(text))


def has_comments(text: str) -> bool:
    """Return whether there are comments or trailing commas."""
    return plain_json(text) != text


def after_comments(text: str, at: int) -> int:
    """Return where the comments end that begin at a place, on the same line."""
    found = _REST_OF_LINE.match(text, at)
    return found.end() if found else at


def _blank(found: re.Match[str]) -> str:
    part = found[0]
    return part if part.startswith('"') else _NO_NEWLINE.sub(" ", part)
