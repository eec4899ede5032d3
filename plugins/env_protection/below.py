"""Secret files somewhere below a directory that is read, copied or added whole."""

from __future__ import annotations

from typing import NamedTuple

from .copies import FOREIGN
from .disk import TooMuchError
from .world import DiskWorld


class Found(NamedTuple):
    """A protected file, and the rule that protects it."""

    path: str
    rule: str


def secret_below(world: DiskWorld, directory: str) -> Found | None:
    """Return a protected file below a directory, nearest first, or None.

    Directories of packages that others wrote (`node_modules`, `.venv`, ...) are left
    out.

    :raises TooMuchError: there are too many files to tell.
    """
    todo = [directory.rstrip("/") or "/"]
    place = 0
    while place < len(todo):
        here = todo[place]
        place += 1
        for name, is_directory in sorted(world.disk.entries(here)):
            path = f"{here.rstrip('/')}/{name}"
            if is_directory and name in FOREIGN:
                continue
            rule = world.policy.judge_name(path)
            if rule is not None:
                return Found(path, rule)
            if is_directory:
                todo.append(path)
        if len(todo) > _MOST_DIRECTORIES:
            raise TooMuchError("too many directories would have to be looked at")
    return None


_MOST_DIRECTORIES = 3_000
