"""Brace expansion: `{a,b}`, `{1..9}`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

from .tree import Literal, Part

#: A letter of unquoted text, or a piece that braces do not look into.
_Atom = str | Part
_RANGE = re.compile(r"(-?[0-9]{1,9})\.\.(-?[0-9]{1,9})(?:\.\.(-?[0-9]{1,9}))?")
_LETTERS = re.compile(r"([A-Za-z])\.\.([A-Za-z])(?:\.\.(-?[0-9]{1,9}))?")


def expanded(
    parts: Sequence[Part], step: Callable[[int], bool]
) -> Sequence[Sequence[Part]]:
    """Return the words that a word with braces stands for."""
    if not any(
        isinstance(part, Literal) and not part.quoted and "{" in part.text
        for part in parts
    ):
        return (parts,)
    atoms: list[_Atom] = []
    for part in parts:
        if isinstance(part, Literal) and not part.quoted:
            atoms.extend(part.text)
        else:
            atoms.append(part)
    return [_joined(word) for word in _words(atoms, step)]


def _joined(atoms: Sequence[_Atom]) -> list[Part]:
    found: list[Part] = []
    letters: list[str] = []
    for atom in atoms:
        if isinstance(atom, str):
            letters.append(atom)
            continue
        if letters:
            found.append(Literal("".join(letters)))
            letters = []
        found.append(atom)
    if letters:
        found.append(Literal("".join(letters)))
    return found


def _words(atoms: list[_Atom], step: Callable[[int], bool]) -> list[list[_Atom]]:
    start = 0
    while start < len(atoms):
        if atoms[start] == "{":
            found = _choices(atoms, start, step)
            if found is not None:
                choices, end = found
                tails = _words(atoms[end + 1 :], step)
                if not step(len(choices) * len(tails)):
                    return [atoms]
                head = atoms[:start]
                return [head + choice + tail for choice in choices for tail in tails]
        start += 1
    return [atoms]


def _choices(
    atoms: list[_Atom], start: int, step: Callable[[int], bool]
) -> tuple[list[list[_Atom]], int] | None:
    """Return what a brace offers and where it closes; None when it is only a letter."""
    depth, commas, end = 0, [start], -1
    for place in range(start, len(atoms)):
        atom = atoms[place]
        if atom == "{":
            depth += 1
        elif atom == "}":
            depth -= 1
            if depth == 0:
                end = place
                break
        elif atom == "," and depth == 1:
            commas.append(place)
    if end < 0 or not step(end - start):
        return None
    if len(commas) == 1:
        inside = atoms[start + 1 : end]
        if not all(isinstance(atom, str) for atom in inside):
            return None
        listed = _range("".join(str(atom) for atom in inside))
        if listed is None or not step(len(listed)):
            return None
        return [list(text) for text in listed], end
    commas.append(end)
    choices: list[list[_Atom]] = []
    for begin, stop in pairwise(commas):
        choices.extend(_words(atoms[begin + 1 : stop], step))
    return choices, end


def _range(text: str) -> list[str] | None:
    letters = _LETTERS.fullmatch(text)
    if letters:
        first, last = ord(letters.group(1)), ord(letters.group(2))
        step = abs(int(letters.group(3) or 1)) or 1
        return [chr(code) for code in _steps(first, last, step)]
    numbers = _RANGE.fullmatch(text)
    if numbers is None:
        return None
    low, high = numbers.group(1), numbers.group(2)
    width = 0
    if any(re.match(r"-?0[0-9]", number) for number in (low, high)):
        width = max(len(low), len(high))
    step = abs(int(numbers.group(3) or 1)) or 1
    if abs(int(high) - int(low)) // step > 10_000:
        return None
    return [f"{number:0{width}d}" for number in _steps(int(low), int(high), step)]


def _steps(first: int, last: int, step: int) -> range:
    if first <= last:
        return range(first, last + 1, step)
    return range(first, last - 1, -step)
