"""What a piece of Python code can hold, as far as it is known before it runs."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..words import UNKNOWN

#: Longer texts and lists are not built.
LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Nothing:
    """A value of which nothing is known."""


@dataclass(frozen=True, slots=True)
class Dotted:
    """A module, function or class by its full name: `os`, `os.path.join`, `open`."""

    name: str


@dataclass(frozen=True, slots=True)
class PathValue:
    """A `pathlib.Path`."""

    text: str


@dataclass(frozen=True, slots=True)
class FileValue:
    """An open file."""

    path: str


@dataclass(frozen=True, slots=True)
class Archive:
    """An open zip or tar file, whose `write` and `add` take files in."""

    path: str


@dataclass(frozen=True, slots=True)
class Code:
    """Compiled code."""

    text: str


@dataclass(frozen=True, slots=True)
class Bound:
    """A method of a value."""

    value: object
    name: str


@dataclass(frozen=True, slots=True)
class Either:
    """One of several values."""

    values: tuple[object, ...]


@dataclass(eq=False, slots=True)
class Function:
    """A function or class that the code defines."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef
    names: dict[str, object]


@dataclass(eq=False, slots=True)
class Instance:
    """An object of a class that the code defines."""

    of: Function
    attributes: dict[str, object] = field(default_factory=dict)


NOTHING = Nothing()


def alternatives(value: object) -> Iterator[object]:
    """Yield what a value may be."""
    if isinstance(value, Either):
        for each in value.values:
            yield from alternatives(each)
    else:
        yield value


def either(first: object, second: object) -> object:
    """Return a value that is one of two."""
    if first is second or (type(first) is type(second) and first == second):
        return first
    found = [*alternatives(first), *alternatives(second)]
    return Either(tuple(found)) if len(found) <= 12 else NOTHING


def text_of(value: object) -> str:
    """Return a value as text, as `str()` and a path argument take it."""
    if isinstance(value, str):
        return value
    if isinstance(value, (bytes, bytearray)):
        return value.decode("utf-8", "replace")
    if isinstance(value, (PathValue, FileValue)):
        return value.text if isinstance(value, PathValue) else UNKNOWN
    if isinstance(value, (bool, int, float)) or value is None:
        return repr(value)
    if isinstance(value, (list, tuple, dict, set)):
        held = repr(value)
        return UNKNOWN if len(held) > LONGEST or "Nothing()" in held else held
    return UNKNOWN


def is_plain(value: object) -> bool:
    """Return whether a value is a constant of Python's own."""
    if isinstance(value, (str, bytes, int, float, bool)) or value is None:
        return True
    if isinstance(value, (list, tuple, set)):
        return all(is_plain(each) for each in value)
    if isinstance(value, dict):
        return all(is_plain(k) and is_plain(v) for k, v in value.items())
    return False


def holds_unknown(value: object) -> bool:
    """Return whether a constant has unknown stretches or is no constant."""
    if isinstance(value, str):
        return UNKNOWN in value
    if isinstance(value, (list, tuple, set)):
        return any(holds_unknown(each) for each in value)
    return not is_plain(value)
