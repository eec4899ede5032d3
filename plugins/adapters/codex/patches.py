"""Which files a patch of Codex's tool `apply_patch` is about.

The format: `*** Begin Patch`, then for each file a line `*** Add File: PATH`,
`*** Delete File: PATH` or `*** Update File: PATH` (which `*** Move to: PATH` may
follow) with its lines, and `*** End Patch`. A shell command that feeds a patch to
`apply_patch` is one too: Codex applies it itself.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

Change = Literal["created", "modified", "deleted"]

_BEGIN = "*** Begin Patch"
_END = "*** End Patch"
_HEADER = re.compile(r"\*\*\* (Add File|Delete File|Update File|Move to): ?(.*)")
_KINDS: Mapping[str, Change] = {
    "Add File": "created",
    "Delete File": "deleted",
    "Update File": "modified",
    "Move to": "created",
}
_CALLED = re.compile(r"\bapply_?patch\b")
_ELSEWHERE = re.compile(r"\s*cd\s+(.+?)\s*&&\s*apply_?patch\b", re.DOTALL)
#: Characters of a command in which a `cd` before the patch is looked for.
_LONGEST_CD = 1_024
_EXIT_CODE = re.compile(r"Exit code: (-?\d{1,9})\n")


@dataclass(frozen=True)
class PatchedFile:
    """One file of a patch; `path` is absolute."""

    path: str
    change: Change


def patched_files(text: str, cwd: str) -> tuple[PatchedFile, ...]:
    """Return the files of a patch, in its order; a moved one is two."""
    found: list[PatchedFile] = []
    for word, path in _headers(text):
        place = os.path.normpath(os.path.join(cwd, path))
        if word == "Move to" and found:
            found[-1] = PatchedFile(found[-1].path, "deleted")
        found.append(PatchedFile(place, _KINDS[word]))
    return tuple(found)


def patch_in_command(command: str, cwd: str) -> tuple[PatchedFile, ...]:
    """Return the files of the patch that a shell command applies; () without one."""
    if _BEGIN not in command or not _CALLED.search(command):
        return ()
    return patched_files(command, _directory(command, cwd))


def exit_code(response: object) -> int | None:
    """Return the exit code that the tool's answer begins with, or None."""
    found = _EXIT_CODE.match(response) if isinstance(response, str) else None
    return int(found[1]) if found else None


def _headers(text: str) -> Iterator[tuple[str, str]]:
    begun = in_update = False
    for line in text.split("\n"):
        plain = line.strip()
        if not begun or plain == _END:
            # A here-document may begin on the line of its command.
            begun, in_update = plain.endswith(_BEGIN), False
            continue
        # Among the lines of an update a blank before it makes it one of the file's.
        found = _HEADER.fullmatch(line.rstrip() if in_update else plain)
        if found and (path := found[2].strip()) and "\0" not in path:
            in_update = found[1] in ("Update File", "Move to")
            yield found[1], path


def _directory(command: str, cwd: str) -> str:
    found = _ELSEWHERE.match(command[:_LONGEST_CD])
    if found is None:
        return cwd
    try:
        words = shlex.split(found[1])
    except ValueError:
        return cwd
    if len(words) != 1 or "\0" in words[0]:
        return cwd
    return os.path.join(cwd, words[0])
