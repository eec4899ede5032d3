"""Which words a text is about, and how far two texts share them.

A text's keywords are its words in lower case, identifiers taken apart at
underscores, digits and changes of case (`parseHTTPHeader` gives parse, http and
header), without stop words and single letters.
"""

from __future__ import annotations

import re
from string import ascii_lowercase, digits

#: Below this two texts have nothing to do with each other.
LEAST_OVERLAP = 0.1

#: Text beyond this many characters adds no keywords.
_LONGEST = 20_000

_WORD = re.compile(r"[^\W\d_]+|\d+")
#: The parts of an identifier: `HTTP`, `Header`, `parse`.
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")

_STOP_TEXT = """
    about after again all also am an and any are as at be because been before being
    but by can could did do does doing done down each few for from further get got had
    has have having he her here hers him his how if in into is it its itself just let
    ll me more most must my need needs no nor not now of off on once only or other our
    out over own please same she should so some such than that the their them then
    there these they this those through to too under until up use used using ve very
    want was we were what when where which while who why will with would you your
"""
_STOP_WORDS = frozenset(_STOP_TEXT.split()).union(ascii_lowercase, digits)


def keywords(text: str) -> frozenset[str]:
    """Return the keywords of text."""
    found = _parts(text[:_LONGEST])
    # Set against set: a search takes thousands of texts apart.
    return frozenset(map(str.lower, found)) - _STOP_WORDS


def _parts(text: str) -> list[str]:
    if text.isascii():
        return _PART.findall(text)
    return [
        part
        for word in _WORD.findall(text)
        for part in (_PART.findall(word) if word.isascii() else (word,))
    ]


def overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the share of the keywords of both that both have: 0 to 1 (Jaccard)."""
    if not one or not other:
        return 0.0
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared)


def nearness(query: frozenset[str], task: str, *notes: str) -> float:
    """Return how near a remembered task is to a query: 0 to 1.

    It is the greater of two overlaps: with the task alone, because long notes would
    drown a task that fits, and with task and notes together.
    """
    title = keywords(task)
    best = overlap(query, title)
    if any(notes):
        best = max(best, overlap(query, title.union(*map(keywords, notes))))
    return best
