"""Python's operators on values as far as they are known; results are bounded."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable

from ..words import UNKNOWN
from .python_methods import percent
from .python_values import (
    LONGEST,
    NOTHING,
    Either,
    Nothing,
    PathValue,
    alternatives,
    either,
    text_of,
)

#: Larger numbers are not computed with.
LARGEST = 1 << 64
_NUMBERS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.BitXor: operator.xor,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.RShift: operator.rshift,
}


def operate(op: ast.operator, left: object, right: object) -> object:
    """Return what an operator makes of two values."""
    if isinstance(left, Either) or isinstance(right, Either):
        made: object = None
        pairs = [(a, b) for a in alternatives(left) for b in alternatives(right)]
        for place, (a, b) in enumerate(pairs[:16]):
            one = operate(op, a, b)
            made = one if not place else either(made, one)
        return made if len(pairs) <= 16 else NOTHING
    if isinstance(op, ast.Div):
        return _divide(left, right)
    if isinstance(op, ast.Mod) and isinstance(left, (str, bytes)):
        return percent(left, right)
    if isinstance(op, ast.Add):
        return _add(left, right)
    if isinstance(op, ast.Mult) and not isinstance(left, int):
        return _times(left, right)
    if isinstance(op, ast.Mult) and not isinstance(right, int):
        return _times(right, left)
    if isinstance(left, int) and isinstance(right, int):
        return _number(op, left, right)
    return NOTHING


def _divide(left: object, right: object) -> object:
    if isinstance(left, PathValue) or isinstance(right, PathValue):
        text = text_of(right)
        if text.startswith("/"):
            return PathValue(text)
        head = text_of(left).rstrip("/") or "/"
        return PathValue(f"{head}/{text}" if head != "." else text)
    return UNKNOWN if isinstance(left, Nothing) else NOTHING


def _add(left: object, right: object) -> object:
    if isinstance(left, str) or isinstance(right, str):
        made = text_of(left) + text_of(right)
        return made if len(made) <= LONGEST else UNKNOWN
    if isinstance(left, bytes) and isinstance(right, bytes):
        return left + right if len(left) + len(right) <= LONGEST else NOTHING
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return [*left, *right][:LONGEST]
    if isinstance(left, int) and isinstance(right, int):
        return left + right
    return NOTHING


def _times(left: object, right: object) -> object:
    if not isinstance(right, int) or not isinstance(left, (str, bytes, list, tuple)):
        return NOTHING
    return left * right if 0 <= right * len(left) <= LONGEST else NOTHING


def _number(op: ast.operator, left: int, right: int) -> object:
    if max(abs(left), abs(right)) > LARGEST:
        return NOTHING
    if isinstance(op, ast.Pow):
        return left**right if 0 <= right <= 64 and abs(left) <= 1024 else NOTHING
    if isinstance(op, ast.LShift):
        return left << right if 0 <= right <= 64 else NOTHING
    made = _NUMBERS.get(type(op))
    try:
        return made(left, right) if made is not None else NOTHING
    except (ZeroDivisionError, ValueError):
        return NOTHING
