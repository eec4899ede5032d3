"""What `printf` prints."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..words import UNKNOWN
from .ansi import unescape

_DIRECTIVE = re.compile(
    r"%(-?0?[0-9]{0,4}|\*)(?:\.([0-9]{1,4}))?([a-zA-Z%]|\([^)]*\)T)"
)


def formatted(pattern: str, arguments: Sequence[str]) -> str:
    """Return what `printf PATTERN ARGUMENTS` prints, `UNKNOWN` if it is not known."""
    if UNKNOWN in pattern:
        return UNKNOWN
    rest = list(arguments)
    found: list[str] = []
    while True:
        before = len(rest)
        found.append(_once(pattern, rest))
        if not rest or len(rest) == before or len(found) > 1000:
            return "".join(found)


def _once(pattern: str, rest: list[str]) -> str:
    """Fill in a pattern once; it takes its arguments from `rest`."""
    found: list[str] = []
    pos = 0
    for match in _DIRECTIVE.finditer(pattern):
        found.append(unescape(pattern[pos : match.start()], octal_zero=False))
        pos = match.end()
        found.append(_directive(match.group(1), match.group(2), match.group(3), rest))
    return "".join(found) + unescape(pattern[pos:], octal_zero=False)


def _directive(width: str, precision: str | None, kind: str, rest: list[str]) -> str:
    if kind == "%":
        return "%"
    if width == "*" or kind.endswith(")T"):
        return UNKNOWN
    value = rest.pop(0) if rest else ""
    if kind == "b":
        value = unescape(value, octal_zero=False)
    elif kind == "c":
        value = value[:1]
    elif kind in "diouxX":
        value = _number(value, kind)
    elif kind not in "sq" or (kind == "q" and re.search(r"[^A-Za-z0-9_./-]", value)):
        return UNKNOWN
    if UNKNOWN in value:
        return value if precision is None else UNKNOWN
    if precision is not None and kind in "sb":
        value = value[: int(precision)]
    digits = width.lstrip("-")
    if not digits:
        return value
    if width[0] == "-":
        return value.ljust(int(digits))
    zero = digits[0] == "0" and kind in "diouxX"
    return value.rjust(int(digits), "0" if zero else " ")


def _number(value: str, kind: str) -> str:
    if value[:1] in ("'", '"') and len(value) > 1:
        number = ord(value[1])
    else:
        try:
            number = int(value or "0", 0)
        except ValueError:
            return UNKNOWN
    return format(number, {"i": "d", "u": "d"}.get(kind, kind))
