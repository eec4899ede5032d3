"""Find the project a directory belongs to, from git's own files.

No git process: this runs while an agent waits. Layout read: gitrepository-layout(5)
(`.git` as a directory, or as a file `gitdir: PATH`; `commondir` in a linked work
tree's git directory).
"""

from __future__ import annotations

import os
import re
import time
from typing import NamedTuple

from hookwright.hookspecs import Project

_LONGEST = 64 * 1024
#: `worktree` in `[core]`, as git itself writes it (git-config(1)).
_WORKTREE = re.compile(
    r"^[ \t]*worktree[ \t]*=[ \t]*(.+)$", re.MULTILINE | re.IGNORECASE
)


#: One event asks for its project several times; answers hold for so many seconds.
_FRESH_S = 0.005
_MOST_KNOWN = 64
#: A file or directory as it was: device, inode, and when it last changed in any way.
_State = tuple[int, int, int, int]


class _Known(NamedTuple):
    """An answer, when it was looked at, and what must not have changed since."""

    project: Project
    time: float
    #: `.git`, the git directory and the common one, as they were; none where the
    #: answer hangs on more than these.
    states: tuple[tuple[str, _State], ...]


_known: dict[str, _Known] = {}


def locate_project(cwd: str) -> Project:
    """Return the project that holds cwd; cwd itself when it is not in a repository.

    For the top of a work tree this costs one to three `stat` calls when it was asked
    for before, because nothing above it counts.
    """
    now = time.monotonic()
    known = _known.get(cwd)
    if known is not None:
        if now - known.time < _FRESH_S:
            return known.project
        if _holds(known):
            _known[cwd] = known._replace(time=now)
            return known.project
    start = os.path.abspath(cwd or os.sep)
    found = _locate(start)
    is_top = found.worktree == start == cwd
    states = _states(start, found.git_dir) if is_top and found.git_dir else ()
    if len(_known) > _MOST_KNOWN:
        _known.clear()
    _known[cwd] = _Known(found, now, states)
    return found


def _states(worktree: str, common: str) -> tuple[tuple[str, _State], ...]:
    """Return what the answer for the top of a work tree hangs on."""
    dot_git = os.path.join(worktree, ".git")
    found = []
    for path in dict.fromkeys((dot_git, _git_dir(dot_git), common)):
        state = None if path is None else _state(path)
        if path is None or state is None:
            return ()
        found.append((path, state))
    return tuple(found)


def _holds(known: _Known) -> bool:
    return bool(known.states) and all(
        _state(path) == state for path, state in known.states
    )


def _state(path: str) -> _State | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_ctime_ns


def _locate(start: str) -> Project:
    directory = start
    while True:
        git_dir = _git_dir(os.path.join(directory, ".git"))
        if git_dir is not None:
            common = _common_dir(git_dir)
            return Project(
                path=_project_path(common), worktree=directory, git_dir=common
            )
        if _is_bare(directory):
            path = _project_path(directory)
            return Project(path=path, worktree=path, git_dir=directory)
        parent = os.path.dirname(directory)
        if parent == directory:
            return Project(path=start, worktree=start)
        directory = parent


def git_dir_of(worktree: str) -> str | None:
    """Return the work tree's own git directory (not the common one), or None."""
    return _git_dir(os.path.join(worktree, ".git"))


def _git_dir(path: str) -> str | None:
    if not os.path.isdir(path):
        text = _read(path)
        if text is None or not text.startswith("gitdir:"):
            return None
        target = text[len("gitdir:") :].strip()
        path = os.path.normpath(os.path.join(os.path.dirname(path), target))
    return path if os.path.isfile(os.path.join(path, "HEAD")) else None


def _is_bare(directory: str) -> bool:
    """Return whether directory is itself what `.git` is elsewhere."""
    if os.path.basename(directory) == ".git":
        return False
    return os.path.isfile(os.path.join(directory, "HEAD")) and all(
        os.path.isdir(os.path.join(directory, name)) for name in ("objects", "refs")
    )


def _common_dir(git_dir: str) -> str:
    text = _read(os.path.join(git_dir, "commondir"))
    if text is None:
        return git_dir
    return os.path.normpath(os.path.join(git_dir, text.strip()))


def _project_path(common: str) -> str:
    """Return the same path for every work tree of the repository."""
    head, tail = os.path.split(common)
    if tail == ".git":
        return head
    # A submodule's git directory is inside its superproject's and names the work
    # tree; a bare or separate repository does not, and is named by itself.
    for file in ("config.worktree", "config"):
        named = _WORKTREE.search(_read(os.path.join(common, file)) or "")
        if named is not None:
            path = os.path.normpath(os.path.join(common, named[1].strip().strip('"')))
            return path if os.path.isdir(path) else common
    return common


def _read(path: str) -> str | None:
    # A named pipe would hold us until somebody writes.
    if not os.path.isfile(path):
        return None
    try:
        with open(path, "rb") as file:
            return file.read(_LONGEST).decode("utf-8", "surrogateescape")
    except OSError:
        return None
