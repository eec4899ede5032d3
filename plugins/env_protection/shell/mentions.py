"""Whether a text that cannot be followed speaks of something secret."""

from __future__ import annotations

import re

from ..access import Findings, World
from ..programs.places import absolute, is_telling
from ..words import UNKNOWN
from .patterns import stretched

_BETWEEN = re.compile(r"[\s`(),;=<>|&{}:@#!$%^]+")
_TEXT = re.compile(r"[\s\"'`(),;=<>|&{}:@#!$%^\\]+")
_COMMANDS = re.compile(r"[\s\"'`;<>&$]+")
#: What other shells take for a part of a pattern.
_GROUPS = re.compile(r"[()|^#~]+")
_QUOTES = re.compile(r"[\"'\\]")


def mentions_secret(text: str, cwd: str, world: World, findings: Findings) -> bool:
    """Return whether a word in text is, or could come to be, a protected path."""
    pieces = dict.fromkeys(
        [_GROUPS.sub(UNKNOWN, piece) for piece in _COMMANDS.split(text) if "(" in piece]
        + [_QUOTES.sub("", piece) for piece in _BETWEEN.split(text)]
        + _TEXT.split(text)
    )
    for piece in pieces:
        if not piece or len(piece) > 4096 or piece.startswith("-"):
            continue
        if not findings.step():
            return True
        if "*" in piece or "?" in piece or "[" in piece:
            piece = stretched([(piece, False)])
        path = absolute(piece, cwd)
        if not is_telling(path) and not _is_hidden(piece):
            continue
        if world.is_secret(path):
            return True
    return False


def _is_hidden(piece: str) -> bool:
    """Return whether it is a pattern such as `.e*`."""
    name = piece.rpartition("/")[2]
    return name.startswith(".") and name.strip("." + UNKNOWN) != ""
