"""File patterns as people write them in settings: `*.tfvars`, `config/*.key`, `~/x/**`.

`*` and `?` match within one name, `**` any number of names, `[..]` one character. A
pattern without a slash is matched with a name anywhere; one that begins with `/` or
`~/` with the whole path; any other with a path below any directory. What matches a
directory matches all that is in it. Upper and lower case are the same.

Matching takes time in proportion to the pattern's length times the text's, whatever
the pattern is, so that settings cannot slow the guard down.
"""

from __future__ import annotations

from collections.abc import Sequence

_LONGEST = 512
_MOST_STARS = 16


def check_pattern(pattern: str) -> str:
    """Return the pattern.

    :raises ValueError: it cannot be used; the text says why and the cure.
    """
    if not pattern.strip("/ "):
        raise ValueError(
            f"the pattern {pattern!r} names no file; write a name such as '*.tfvars'"
        )
    if len(pattern) > _LONGEST:
        raise ValueError(
            f"a pattern of {len(pattern)} characters is too long; at most {_LONGEST}"
        )
    if "\0" in pattern or "\n" in pattern:
        raise ValueError(
            f"the pattern {pattern!r} holds a line break or NUL; write one pattern for "
            "each line"
        )
    if pattern.count("*") > _MOST_STARS:
        raise ValueError(
            f"the pattern {pattern!r} has more than {_MOST_STARS} stars; write several"
        )
    if set(pattern) <= set("*?/~."):
        raise ValueError(
            f"the pattern {pattern!r} means every file; name some of them, such as "
            "'secrets/**'"
        )
    return pattern


def matches(pattern: str, parts: Sequence[str], home: Sequence[str]) -> bool:
    """Return whether a path, or a directory above it, matches the pattern.

    :param parts: the path's names in lower case (`str.casefold`).
    :param home: the same of the home directory.
    """
    folded = pattern.casefold()
    wanted = [name for name in folded.split("/") if name not in ("", ".")]
    if folded.startswith("/"):
        return _from(wanted, 0, parts, 0)
    if wanted[0] == "~":
        return _from([*home, *wanted[1:]], 0, parts, 0)
    return any(_from(wanted, 0, parts, start) for start in range(len(parts)))


def _from(wanted: Sequence[str], at: int, parts: Sequence[str], start: int) -> bool:
    """Return whether the pattern from `at` matches the names from `start` on."""
    place, back = start, (-1, 0)
    while at < len(wanted):
        if wanted[at] == "**":
            # `x/**` means what is in x, so a name has to follow.
            if at == len(wanted) - 1:
                return place < len(parts)
            back = (at, place)
            at += 1
        elif place < len(parts) and name_matches(wanted[at], parts[place]):
            at, place = at + 1, place + 1
        elif back[0] >= 0 and back[1] < len(parts):
            back = (back[0], back[1] + 1)
            at, place = back[0] + 1, back[1]
        else:
            return False
    return True


def name_matches(pattern: str, name: str) -> bool:
    """Return whether one name matches a pattern without slashes."""
    at = place = 0
    star, mark = -1, 0
    while place < len(name):
        size = _one(pattern, at, name[place]) if at < len(pattern) else 0
        if at < len(pattern) and pattern[at] == "*":
            star, mark = at, place
            at += 1
        elif size:
            at, place = at + size, place + 1
        elif star >= 0:
            mark += 1
            at, place = star + 1, mark
        else:
            return False
    return pattern[at:].strip("*") == ""


def _one(pattern: str, at: int, character: str) -> int:
    """Return how much of the pattern matches the character, 0 for not at all."""
    first = pattern[at]
    if first == "?":
        return 1
    if first != "[":
        return 1 if first == character else 0
    end = pattern.find("]", at + 2)
    if end < 0:
        return 1 if character == "[" else 0
    inside = pattern[at + 1 : end]
    negated = inside[0] in "!^" and len(inside) > 1
    inside = inside[1:] if negated else inside
    found = _in_set(inside, character)
    return end + 1 - at if found != negated else 0


def _in_set(inside: str, character: str) -> bool:
    place = 0
    while place < len(inside):
        if inside[place + 1 : place + 2] == "-" and place + 2 < len(inside):
            if inside[place] <= character <= inside[place + 2]:
                return True
            place += 3
        else:
            if inside[place] == character:
                return True
            place += 1
    return False
