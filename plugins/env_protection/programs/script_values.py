"""Values of one-liners beyond texts, numbers and lists."""

from __future__ import annotations

from dataclasses import dataclass

from ..words import UNKNOWN
from .python_values import NOTHING, Either, alternatives, text_of
from .script_tokens import Token


@dataclass(frozen=True, slots=True)
class Name:
    """A name that is bound to nothing here: a module, a function, a file handle."""

    text: str

    @property
    def last(self) -> str:
        """Its last part."""
        return self.text.rpartition(".")[2]


@dataclass(eq=False, slots=True)
class Block:
    """A function of the code's own: its parameters, and where its body is."""

    parameters: list[str]
    start: int
    end: int
    tokens: list[Token]


@dataclass(frozen=True, slots=True)
class Member:
    """A method of a value."""

    value: object
    name: str


def joined(left: object, right: object) -> object:
    """Return two values put together as a text."""
    if isinstance(left, int) and isinstance(right, int):
        return left + right
    if isinstance(left, Either) or isinstance(right, Either):
        pairs = [
            text_of(_plain(a)) + text_of(_plain(b))
            for a in alternatives(left)
            for b in alternatives(right)
        ]
        return Either(tuple(pairs)) if len(pairs) <= 24 else UNKNOWN
    if isinstance(left, list) and isinstance(right, list):
        return [*left, *right]
    made = text_of(_plain(left)) + text_of(_plain(right))
    return made if len(made) < 20_000 else UNKNOWN


def _plain(value: object) -> object:
    return NOTHING if isinstance(value, (Name, Block, Member)) else value


def number(text: str) -> object:
    """Return a number as it is spelled in code."""
    try:
        return int(text.replace("_", ""), 0) if len(text) < 30 else NOTHING
    except ValueError:
        return int(text) if text.isdigit() else NOTHING
