"""Which regular expressions a configuration may add.

Python's engine backtracks: `(a+)+$` takes time that doubles with each character. A
pattern is refused when one repeat without a small bound stands in another, when
alternatives stand in such a repeat, or when it refers back to a group. What is left
takes at most time proportional to the square of a line's length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# The parser has no public name since `sre_parse` was retired (bpo-47152).
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

#: A repeat up to this often cannot blow up.
_FEW = 4
_LONGEST = 1000


def check_pattern(pattern: str) -> str:
    """Return pattern.

    :raises ValueError: it is no regular expression, or could take too long.
    """
    if len(pattern) > _LONGEST:
        raise ValueError(f"a pattern has at most {_LONGEST} characters")
    try:
        re.compile(pattern)
        parsed = _parser.parse(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"not a regular expression: {error}") from error
    if re.compile(pattern).match("") is not None:
        raise ValueError("a pattern must not match the empty text")
    problem = next(_problems(parsed, inside=False), None)
    if problem is not None:
        raise ValueError(problem)
    return pattern


def _problems(parsed: Any, *, inside: bool) -> Iterator[str]:
    """Yield what makes the pattern slow; inside says that a repeat is around it."""
    repeats = (
        _constants.MAX_REPEAT,
        _constants.MIN_REPEAT,
        _constants.POSSESSIVE_REPEAT,
    )
    for code, argument in parsed:
        if code in (_constants.GROUPREF, _constants.GROUPREF_EXISTS):
            yield "a pattern must not refer back to a group"
        if code in repeats:
            low, high, body = argument
            variable = low != high
            if inside and variable:
                yield "a pattern must not have a repeat inside a repeat"
            yield from _problems(body, inside=inside or high > _FEW)
        elif code is _constants.BRANCH:
            if inside:
                yield "a pattern must not have alternatives inside a repeat"
            for branch in argument[1]:
                yield from _problems(branch, inside=inside)
        else:
            for body in _bodies(argument):
                yield from _problems(body, inside=inside)


def _bodies(argument: Any) -> Iterator[Any]:
    """Yield the patterns that a group, an assertion or an atomic group holds."""
    if isinstance(argument, _parser.SubPattern):
        yield argument
    elif isinstance(argument, tuple | list):
        for item in argument:
            yield from _bodies(item)
