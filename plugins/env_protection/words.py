"""A word of a command line, as far as it is known before the command runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

#: Stands in `Word.text` for a stretch that is not known: any text, also none. It is no
#: Unicode character, so no command can hold it.
UNKNOWN = "\uffff"


@dataclass(frozen=True, slots=True)
class Word:
    """One argument after expansion.

    :param text: what the program is given, with `UNKNOWN` for each stretch that cannot
        be told.
    :param many: whether it may stand for any number of arguments, also none (an
        unquoted variable that is not known, a glob whose directory is too large).
    """

    text: str
    many: bool = False

    @property
    def is_known(self) -> bool:
        """Return whether nothing of it is unknown."""
        return UNKNOWN not in self.text and not self.many

    def __add__(self, other: Word) -> Word:
        """Return both as one word."""
        return Word(self.text + other.text, self.many or other.many)


def known(*texts: str) -> tuple[Word, ...]:
    """Return words of these texts."""
    return tuple([Word(text) for text in texts])


#: A word of which nothing is known.
ANY = Word(UNKNOWN)
#: Any number of words of which nothing is known.
REST = Word(UNKNOWN, many=True)


def may_equal(text: str, wanted: str) -> bool:
    """Return whether text, with its unknown stretches, can come to be `wanted`."""
    if UNKNOWN not in text:
        return text == wanted
    head, *middle, tail = text.split(UNKNOWN)
    if len(head) + len(tail) > len(wanted):
        return False
    if not (wanted.startswith(head) and wanted.endswith(tail)):
        return False
    place, end = len(head), len(wanted) - len(tail)
    for part in middle:
        found = wanted.find(part, place, end)
        if found < 0:
            return False
        place = found + len(part)
    return True


def texts_of(words: Sequence[Word]) -> Iterator[str]:
    """Yield the words' texts."""
    return (word.text for word in words)
