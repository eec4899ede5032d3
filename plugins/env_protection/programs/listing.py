"""The names that listing programs print, for what reads them from a pipe."""

from __future__ import annotations

from ..words import UNKNOWN, Word
from .call import Call
from .find import FDS, FINDS, fd_names, found_by, parse_find
from .tree import any_matches, secrets_below

_MOST = 200
#: Nobody else prints names.
LISTERS = frozenset(
    {*FINDS, *FDS, "ls", "dir", "exa", "eza", "rg", "ag", "git", "grep", "ack"}
)


def printed_names(call: Call) -> Word | None:
    """Return what a listing program prints, a name a line; None for any other."""
    if call.name in FINDS:
        search = parse_find(call)
        if any(word.text in ("-printf", "-ls") for word in call.words):
            return Word(UNKNOWN, many=True)
        return _lines(found_by(call, search))
    if call.name in FDS:
        return _lines(fd_names(call))
    if call.name in ("ls", "dir", "exa", "eza"):
        return _listed(call)
    if call.name in ("rg", "ag") and any(
        w.text in ("--files", "-g") for w in call.words
    ):
        return _files(call)
    if call.name == "git" and call.words and call.words[0].text == "ls-files":
        return _tracked(call)
    if call.name in ("grep", "rg", "ag", "ack") and any(
        w.text in ("--files-with-matches", "--files-without-match")
        or (w.text[:1] == "-" and w.text[1:2] != "-" and set("lL") & set(w.text))
        for w in call.words
    ):
        return Word("src/matching.py")  # what is read to find them was reported
    return None


def _lines(words: list[Word]) -> Word:
    return Word("\n".join(word.text for word in words))


def _listed(call: Call) -> Word:
    """`ls`: names in a directory, hidden ones with `-a` or `-A`."""
    parsed = call.parse("I= w= T= color= ignore= hide= sort= time= format=")
    hidden = parsed.has("a", "A", "all", "almost-all", "f")
    whole = parsed.has("d", "directory")
    starts = [word.text for word in parsed.operands] or ["."]
    names: list[str] = []
    for start in starts:
        path = call.path(start)
        if whole or not call.world.is_directory(path):
            names.append(start)
            continue
        listed = call.world.names_in(path)
        if listed is None:
            names.append(UNKNOWN)
            continue
        names.extend(
            name for name in listed[:_MOST] if hidden or not name.startswith(".")
        )
        if len(listed) > _MOST:
            names.append(UNKNOWN)
    return Word("\n".join(names))


def _files(call: Call) -> Word:
    """`rg --files`: what is neither hidden nor ignored, unless it is told otherwise."""
    texts = [word.text for word in call.words]
    hidden = "--hidden" in texts or any(t.startswith("-uu") for t in texts)
    operands = [text for text in texts if not text.startswith("-")]
    found: list[str] = []
    for start in operands or ["."]:
        found += secrets_below(call, call.path(start), hidden=hidden)[0]
    return Word("\n".join([*found, "src/other.py"]))


def _tracked(call: Call) -> Word:
    """`git ls-files`: tracked names are not known here; those it is asked for are."""
    texts = [word.text for word in call.words[1:]]
    patterns = [text for text in texts if not text.startswith("-")]
    others = any(text in ("-o", "--others", "-i", "--ignored") for text in texts)
    if not patterns and not others:
        return Word("src/other.py")
    found, _ = secrets_below(
        call,
        call.cwd,
        lambda item: not patterns or any_matches(patterns, item.name),
    )
    return Word("\n".join([*found, "src/other.py"]))
