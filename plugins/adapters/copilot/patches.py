"""The files that a patch of the tool `apply_patch` is about.

The format is the grammar that Copilot CLI 1.0.102 offers the tool with: lines `*** Add
File: PATH`, `*** Delete File: PATH`, `*** Update File: PATH` and, after the last, `***
Move to: PATH`; lines of a file's content begin with `+`, `-` or a blank.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal

from ..wire.messages import absolute

Change = Literal["created", "modified", "deleted"]
_HEADER = re.compile(
    r"^\*\*\* (Add File|Delete File|Update File|Move to): (.*?)[ \t\r]*$", re.MULTILINE
)
_CHANGES: Mapping[str, Change] = {
    "Add File": "created",
    "Delete File": "deleted",
    "Update File": "modified",
    "Move to": "created",
}


def patched_files(patch: str, cwd: str) -> Iterator[tuple[str, Change]]:
    """Yield each file, absolute, and what becomes of it; a moved one is two files."""
    last: tuple[str, Change] | None = None
    for found in _HEADER.finditer(patch):
        word, path = found.groups()
        if not path or "\0" in path:
            continue
        if last is not None:
            yield (last[0], "deleted") if word == "Move to" else last
        last = absolute(path, cwd), _CHANGES[word]
    if last is not None:
        yield last
