"""Shell patterns: `*`, `?`, `[...]`, extended globs. Matching never backtracks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from ..words import UNKNOWN

#: A piece of text and whether it was quoted, so that it stands for itself.
Chunk = tuple[str, bool]
#: kind and value: a character, `?`, `*`, a set, or a group of alternatives.
Token = tuple[str, Any]

_CLASSES = {
    "alpha": "a-zA-Z",
    "digit": "0-9",
    "alnum": "a-zA-Z0-9",
    "upper": "A-Z",
    "lower": "a-z",
    "space": " \t-\r",
    "blank": " \t",
    "punct": "!-/:-@\\[-`{-~",
    "xdigit": "0-9A-Fa-f",
    "word": "A-Za-z0-9_",
    "print": " -~",
    "graph": "!-~",
}
_EXTENDED = re.compile(r"[?*+@!]\(")
_SPECIAL = re.compile(r"[*?\[]|[+@!]\(")


def is_pattern(chunks: Sequence[Chunk]) -> bool:
    """Return whether unquoted text asks for file names."""
    if len(chunks) == 1:
        return not chunks[0][1] and _SPECIAL.search(chunks[0][0]) is not None
    # Quoted text must not look special, nor join what is beside it.
    joined = "".join(["." if quoted else text for text, quoted in chunks])
    return _SPECIAL.search(joined) is not None


def compiled(chunks: Sequence[Chunk]) -> tuple[Token, ...]:
    """Return a pattern's tokens."""
    return _compiled(tuple(chunks))


@lru_cache(maxsize=64)
def _compiled(chunks: tuple[Chunk, ...]) -> tuple[Token, ...]:
    letters = [(letter, quoted) for text, quoted in chunks for letter in text]
    return tuple(_Compiler(letters).tokens(""))


class _Compiler:
    """Reads tokens from letters."""

    def __init__(self, letters: list[tuple[str, bool]]) -> None:
        self.letters = letters
        self.pos = 0

    def tokens(self, stop: str) -> list[Token]:
        """Read tokens up to an unquoted letter of `stop`."""
        found: list[Token] = []
        while self.pos < len(self.letters):
            letter, quoted = self.letters[self.pos]
            if not quoted and letter in stop and letter:
                break
            self.pos += 1
            if quoted:
                found.append(("c", letter))
            elif letter in "?*+@!" and self._next() == ("(", False):
                found.append(self._group(letter))
            elif letter in ("*", UNKNOWN):
                if not found or found[-1][0] != "*":
                    found.append(("*", None))
            elif letter == "?":
                found.append(("?", None))
            elif letter == "[":
                found.append(self._set())
            elif letter == "\\" and self.pos < len(self.letters):
                found.append(("c", self.letters[self.pos][0]))
                self.pos += 1
            else:
                found.append(("c", letter))
        return found

    def _next(self) -> tuple[str, bool] | None:
        return self.letters[self.pos] if self.pos < len(self.letters) else None

    def _group(self, kind: str) -> Token:
        start = self.pos
        self.pos += 1
        choices = []
        while self.pos < len(self.letters):
            choices.append(tuple(self.tokens("|)")))
            closing = self._next()
            self.pos += 1
            if closing == (")", False):
                return ("group", (kind, tuple(choices)))
        self.pos = start
        return ("?", None) if kind == "?" else ("*", None)

    def _set(self) -> Token:
        end = self.pos
        if end < len(self.letters) and self.letters[end][0] in "!^":
            end += 1
        if end < len(self.letters) and self.letters[end][0] == "]":
            end += 1
        while end < len(self.letters) and self.letters[end] != ("]", False):
            if self.letters[end] == ("[", False) and self._is_class(end):
                end = self._class_end(end)
            end += 1
        if end >= len(self.letters):
            return ("c", "[")
        inside = self.letters[self.pos : end]
        self.pos = end + 1
        negated = bool(inside) and inside[0] in (("!", False), ("^", False))
        return ("set", (negated, _matcher(inside[1:] if negated else inside)))

    def _is_class(self, place: int) -> bool:
        after = self.letters[place + 1 : place + 2]
        return bool(after) and after[0][0] in ":.=" and self._class_end(place) > place

    def _class_end(self, place: int) -> int:
        mark = self.letters[place + 1][0]
        for end in range(place + 2, len(self.letters) - 1):
            if self.letters[end][0] == mark and self.letters[end + 1][0] == "]":
                return end + 1
        return place


def _matcher(inside: Sequence[tuple[str, bool]]) -> re.Pattern[str]:
    """Return a set's letters as a regular expression of one character."""
    raw = "".join(letter for letter, _ in inside)
    parts = []
    pos = 0
    while pos < len(inside):
        letter = raw[pos]
        if letter == "[" and raw[pos + 1 : pos + 2] in (":", ".", "="):
            end = raw.find(raw[pos + 1] + "]", pos + 2)
            if end > 0:
                name = raw[pos + 2 : end]
                is_class = raw[pos + 1] == ":"
                parts.append(_CLASSES.get(name, "") if is_class else re.escape(name))
                pos = end + 2
                continue
        if letter == "\\" and not inside[pos][1] and pos + 1 < len(inside):
            pos += 1
            letter = raw[pos]
        if raw[pos + 1 : pos + 2] == "-" and pos + 2 < len(inside):
            last = raw[pos + 2]
            if letter <= last:
                parts.append(f"{re.escape(letter)}-{re.escape(last)}")
            pos += 3
            continue
        parts.append(re.escape(letter))
        pos += 1
    joined = "".join(parts)
    return re.compile(f"[{joined}]" if joined else r"(?!)", re.DOTALL)


def ends(tokens: Sequence[Token], text: str, starts: set[int]) -> set[int]:
    """Return where a match that begins at one of `starts` may end."""
    places = starts
    for kind, value in tokens:
        if not places:
            return places
        if kind == "c":
            places = {p + 1 for p in places if text[p : p + 1] == value}
        elif kind == "?":
            places = {p + 1 for p in places if p < len(text)}
        elif kind == "*":
            places = set(range(min(places), len(text) + 1))
        elif kind == "set":
            negated, pattern = value
            places = {
                p + 1
                for p in places
                if p < len(text) and (pattern.match(text[p]) is None) == negated
            }
        else:
            places = _group_ends(value, text, places)
    return places


def _group_ends(
    group: tuple[str, tuple[tuple[Token, ...], ...]], text: str, places: set[int]
) -> set[int]:
    kind, choices = group
    if kind == "!":
        found: set[int] = set()
        for place in places:
            taken = _any_ends(choices, text, {place})
            found.update(e for e in range(place, len(text) + 1) if e not in taken)
        return found
    once = _any_ends(choices, text, places)
    if kind == "@":
        return once
    if kind == "?":
        return once | places
    reached = set(once)
    fresh = once
    while fresh:
        fresh = _any_ends(choices, text, fresh) - reached
        reached |= fresh
    return reached | places if kind == "*" else reached


def _any_ends(
    choices: Sequence[Sequence[Token]], text: str, places: set[int]
) -> set[int]:
    found: set[int] = set()
    for tokens in choices:
        found |= ends(tokens, text, places)
    return found


def matches(tokens: Sequence[Token], text: str, *, fold: bool = False) -> bool:
    """Return whether a pattern matches the whole text.

    :param fold: whether upper and lower case are the same.
    """
    if fold:
        return _matches(_folded(tokens), text.lower())
    return _matches(tokens, text)


def _matches(tokens: Sequence[Token], text: str) -> bool:
    return len(text) in ends(tokens, text, {0})


def _folded(tokens: Sequence[Token]) -> list[Token]:
    found: list[Token] = []
    for kind, value in tokens:
        if kind == "c" and isinstance(value, str):
            value = value.lower()
        elif kind == "set":
            negated, pattern = value
            value = (negated, re.compile(pattern.pattern, re.DOTALL | re.IGNORECASE))
        found.append((kind, value))
    return found


def stretched(chunks: Sequence[Chunk]) -> str:
    """Return a pattern's text with an unknown stretch for all that is not letters."""
    found: list[str] = []
    for kind, value in compiled(chunks):
        if kind == "c" and isinstance(value, str):
            found.append(value)
        elif not found or found[-1] != UNKNOWN:
            found.append(UNKNOWN)
    return "".join(found)
