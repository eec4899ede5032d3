"""Python's subscripts, comparisons and choices, as far as their values are known."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..words import UNKNOWN
from .python_effects import dotted_of
from .python_operators import LARGEST
from .python_values import NOTHING, Dotted, alternatives, either, holds_unknown, text_of

if TYPE_CHECKING:
    from .python_expressions import Evaluator

#: Values that cannot be compared raise TypeError, as in Python.
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], object]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Is: operator.eq,
    ast.IsNot: operator.ne,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def subscript(code: Evaluator, node: ast.Subscript) -> object:
    """Return `value[key]`."""
    value = code.value(node.value)
    if isinstance(node.slice, ast.Slice):
        return _slice(code, value, node.slice)
    key = code.value(node.slice)
    found: object = None
    for place, each in enumerate(alternatives(value)):
        one = _item(code, each, key)
        found = one if not place else either(found, one)
    return found


def _item(code: Evaluator, value: object, key: object) -> object:
    if isinstance(value, Dotted):
        if value.name in ("os.environ", "os.environb"):
            return code.variable(text_of(key))
        if value.name in ("sys.modules",):
            return dotted_of(text_of(key))
        if value.name == "names":
            return code.get(text_of(key))
        return code.attribute(value, text_of(key)) if isinstance(key, str) else NOTHING
    if isinstance(value, dict):
        try:
            return value.get(key, NOTHING)
        except TypeError:
            return NOTHING
    if isinstance(value, (str, bytes, list, tuple)) and isinstance(key, int):
        if isinstance(value, str) and UNKNOWN in value:
            return UNKNOWN
        return value[key] if -len(value) <= key < len(value) else NOTHING
    return NOTHING


def _slice(code: Evaluator, value: object, node: ast.Slice) -> object:
    bounds = [
        None if part is None else code.value(part)
        for part in (node.lower, node.upper, node.step)
    ]
    numbers = [bound for bound in bounds if bound is None or isinstance(bound, int)]
    if len(numbers) < len(bounds):
        return UNKNOWN if isinstance(value, str) else NOTHING
    if isinstance(value, str) and UNKNOWN in value and bounds != [None, None, -1]:
        return UNKNOWN
    if isinstance(value, (str, bytes, list, tuple)) and bounds[2] != 0:
        return value[slice(*numbers)]
    return NOTHING


def unary(code: Evaluator, node: ast.UnaryOp) -> object:
    """Return `not x`, `-x`, `~x`."""
    value = code.value(node.operand)
    if isinstance(node.op, ast.Not):
        answer = code.truth(value)
        return NOTHING if answer is None else not answer
    if isinstance(value, int) and abs(value) < LARGEST:
        return {ast.USub: -value, ast.UAdd: value, ast.Invert: ~value}.get(
            type(node.op), NOTHING
        )
    return NOTHING


def compare(code: Evaluator, node: ast.Compare) -> object:
    """Return a comparison, when both sides are known."""
    values = [code.value(node.left), *[code.value(c) for c in node.comparators]]
    if any(holds_unknown(each) for each in values):
        return NOTHING
    for left, op, right in zip(values, node.ops, values[1:], strict=False):
        try:
            if not _COMPARE[type(op)](left, right):
                return False
        except TypeError:
            return NOTHING
    return True


def boolean(code: Evaluator, node: ast.BoolOp) -> object:
    """Return `a and b`, `a or b`."""
    made: list[object] = []
    for part in node.values:
        value = code.value(part)
        answer = code.truth(value)
        if answer is (isinstance(node.op, ast.Or)):
            return value if not made else either(made[0], value)
        if answer is None:
            made.append(value)
    if not made:
        return isinstance(node.op, ast.And)
    return made[0] if len(made) == 1 else NOTHING


def choice(code: Evaluator, node: ast.IfExp) -> object:
    """Return `a if b else c`: both where `b` is not known."""
    answer = code.truth(code.value(node.test))
    if answer is not None:
        return code.value(node.body if answer else node.orelse)
    return either(code.value(node.body), code.value(node.orelse))
