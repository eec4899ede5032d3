"""A command line taken apart: which argument is an option, a value, an operand.

What options a program has is written as one string, a name and a role each:

    "n= lines= file< output> C@"

One letter is a short option, more letters a long one. What is not listed takes no
value.
The roles, of options and operands alike:

    =  a text, no path          <  a path that is read         >  a path that is written
    ?  a path that is looked at ^  a path whose file is sent   $  loaded as variables
    *  read with all below it   -  removed                     %  copied
    @  a directory to work in   !  a command for a shell       +  a script that is run
    ~  perhaps a path           .  nothing (a flag)
    #  a list of paths that are read
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from ..words import UNKNOWN, Word

#: So many short options may stand in one argument.
_MOST_LETTERS = 40
_ROLES = "=<>?^$*-%@!+~.#"


class Given(NamedTuple):
    """One option or operand.

    :param name: the option's name without dashes, "" for an operand.
    :param role: see the module.
    """

    name: str
    value: Word | None
    role: str


@dataclass(slots=True)
class Parsed:
    """A command line in its order."""

    items: list[Given] = field(default_factory=list)

    @property
    def operands(self) -> list[Word]:
        """The operands."""
        return [i.value for i in self.items if i.value is not None and not i.name]

    def has(self, *names: str) -> bool:
        """Return whether one of these options was given."""
        return any(item.name in names for item in self.items)

    def values(self, *names: str) -> list[Word]:
        """Return the values of these options."""
        return [i.value for i in self.items if i.value is not None and i.name in names]


@lru_cache(maxsize=1024)
def _options(text: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for token in text.split():
        found[token[:-1]] = token[-1]
        if token[-1] not in _ROLES:
            raise ValueError(f"option {token!r} has no role")
    return found


def parse(
    words: Sequence[Word],
    options: str = "",
    *,
    single_dash: bool = False,
    first_operand_ends: bool = False,
) -> Parsed:
    """Take a command line apart.

    :param single_dash: long options have one dash (`openssl -in f`).
    :param first_operand_ends: what follows the first operand are operands (`sudo`).
    """
    return Parsed(
        list(_items(words, _options(options), single_dash, first_operand_ends))
    )


def _items(
    words: Sequence[Word],
    options: Mapping[str, str],
    single_dash: bool,
    first_operand_ends: bool,
) -> Iterator[Given]:
    rest = iter(words)
    for word in rest:
        text = word.text
        if text == "--":
            break
        if len(text) < 2 or text[0] != "-" or (word.many and text == UNKNOWN):
            yield Given("", word, "")
            if first_operand_ends:
                break
        elif text[1] == "-" or single_dash:
            yield from _long(word, options, rest)
        else:
            yield from _short(word, options, rest)
    for word in rest:
        yield Given("", word, "")


def _long(
    word: Word, options: Mapping[str, str], rest: Iterator[Word]
) -> Iterator[Given]:
    name, equals, value = word.text.lstrip("-").partition("=")
    if name not in options and word.text.startswith("--"):
        longer = [o for o in options if len(o) > 1 and o.startswith(name)]
        name = longer[0] if len(longer) == 1 else name
    role = options.get(name, "~" if equals else ".")
    if equals:
        yield Given(name, Word(value, word.many), role if role != "." else "~")
    elif role == ".":
        yield Given(name, None, role)
    else:
        yield Given(name, next(rest, None), role)


def _short(
    word: Word, options: Mapping[str, str], rest: Iterator[Word]
) -> Iterator[Given]:
    letters = word.text[1:]
    for place, letter in enumerate(letters[:_MOST_LETTERS]):
        role = options.get(letter, ".")
        tail = letters[place + 1 :]
        if role != ".":
            value = Word(tail, word.many) if tail else next(rest, None)
            yield Given(letter, value, role)
            return
        yield Given(letter, None, role)
        if letter not in options and ("." in tail or "/" in tail):
            # No letter of an option: the value of one that is not listed.
            yield Given(letter, Word(tail, word.many), "~")
            return
