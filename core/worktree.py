"""Find the project a directory belongs to, from git's own files.

No git process: this runs while an agent waits. Layout read: gitrepository-layout(5)
(`.git` as a directory, or as a file `gitdir: PATH`; `commondir` in a linked work
tree's git directory).
"""

from __future__ import annotations

import os
import re
import time

from hookwright.hookspecs import Project

_LONGEST = 64 * 1024
#: `worktree` in `[core]`, as git itself writes it (git-config(1)).
_WORKTREE = re.compile(
    r"^[ \t]*worktree[ \t]*=[ \t]*(.+)$", re.MULTILINE | re.IGNORECASE
)


#: One event asks for its project several times; answers hold for so many seconds.
_FRESH_S = 0.005
_fresh: dict[str, tuple[float, Project]] = {}


def locate_project(cwd: str) -> Project:
    """Return the project that holds cwd; cwd itself when it is not in a repository."""
    now = time.monotonic()
    known = _fresh.get(cwd)
    if known is not None and now - known[0] < _FRESH_S:
        return known[1]
    found = _locate(os.path.abspath(cwd or os.sep))
    if len(_fresh) > 64:
        _fresh.clear()
    _fresh[cwd] = (now, found)
    return found


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
