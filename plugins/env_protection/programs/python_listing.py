"""Directory listings for Python code: what `glob`, `os.walk` and `rglob` would give.

Protected files come first, then a few others: enough to follow what is done with each.
"""

from __future__ import annotations

from ..globs import name_matches
from ..words import UNKNOWN
from .call import Call
from .tree import Walk, as_unknown

_MOST_OTHERS = 6


def matching(
    call: Call, start: str, pattern: str, *, hidden: bool, deep: bool
) -> list[str]:
    """Return paths that match a glob pattern, as the code would spell them.

    :param start: the directory the pattern is taken from, as the code spells it.
    :param hidden: whether `*` matches names that begin with a dot.
    :param deep: whether the pattern applies at any depth (`rglob`).
    """
    if UNKNOWN in pattern or UNKNOWN in start:
        return [f"{start}/{as_unknown(pattern)}" if start else as_unknown(pattern)]
    text = f"{start.rstrip('/')}/{pattern}" if start and pattern[:1] != "/" else pattern
    names = text.split("/")
    fixed: list[str] = []
    while len(names) > 1 and not set(names[0]) & set("*?["):
        fixed.append(names.pop(0))
    base = "/".join(fixed)
    if deep and "**" not in names:
        names = ["**", *names]
    place = call.path(base or ("/" if text[:1] == "/" else "."))
    secrets: list[str] = []
    others: list[str] = []
    walk = Walk(call, place)
    depth = 99 if "**" in names else len(names)
    for item in walk:
        if not item.parts or len(item.parts) > depth:
            continue
        if not _fits(names, list(item.parts), hidden=hidden):
            continue
        spelled = "/".join([*fixed, *item.parts])
        if walk.is_secret(item):
            secrets.append(spelled)
        elif len(others) < _MOST_OTHERS:
            others.append(spelled)
    if not walk.is_whole:
        others.append(
            f"{base}/{as_unknown('/'.join(names))}"
            if base
            else as_unknown("/".join(names))
        )
    return [*secrets, *others]


def _fits(pattern: list[str], parts: list[str], *, hidden: bool) -> bool:
    if not pattern:
        return not parts
    if pattern[0] == "**":
        if _fits(pattern[1:], parts, hidden=hidden):
            return True
        return (
            bool(parts)
            and (hidden or parts[0][:1] != ".")
            and _fits(pattern, parts[1:], hidden=hidden)
        )
    if not parts or not name_matches(pattern[0], parts[0]):
        return False
    if parts[0][:1] == "." and pattern[0][:1] != "." and not hidden:
        return False
    return _fits(pattern[1:], parts[1:], hidden=hidden)


def names_in(call: Call, directory: str) -> list[str]:
    """Return the names in a directory: protected ones, and a few others."""
    path = call.path(directory or ".")
    listed = call.world.names_in(path) if UNKNOWN not in path else None
    if listed is None:
        return [UNKNOWN]
    secrets: list[str] = []
    others: list[str] = []
    for name in listed[:400]:
        if not call.findings.step():
            break
        if call.world.is_secret(f"{path.rstrip('/')}/{name}"):
            secrets.append(name)
        elif len(others) < 12:
            others.append(name)
    return [*secrets, *others, *([UNKNOWN] if len(listed) > 400 else [])]


def walked(call: Call, directory: str) -> list[object]:
    """Return what `os.walk` gives: lists of directory, directories, files."""
    start = call.path(directory or ".")
    walk = Walk(call, start)
    held: dict[str, tuple[list[object], list[object]]] = {}
    counts: dict[str, int] = {}
    for item in walk:
        if not item.parts:
            held[directory] = ([], [])
            continue
        spelled = "/".join((directory.rstrip("/") or "/", *item.parts[:-1]))
        directories, files = held.setdefault(spelled, ([], []))
        if item.is_directory:
            directories.append(item.name)
            continue
        counts[spelled] = counts.get(spelled, 0) + 1
        if counts[spelled] <= 3 or walk.is_secret(item):
            files.append(item.name)
    rows: list[object] = [[d, *held[d]] for d in held if held[d][0] or held[d][1]]
    if not walk.is_whole:
        rows.append([f"{directory}/{UNKNOWN}", [], [UNKNOWN]])
    return rows
