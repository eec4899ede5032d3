"""Find the project a directory belongs to, from git's own files.

No git process: this runs while an agent waits. Layout read: gitrepository-layout(5)
(`.git` as a directory, or as a file `gitdir: PATH`; `commondir` in a linked work
tree's git directory).
"""

from __future__ import annotations

import os
from pathlib import Path

from hookwright.hookspecs import Project

_MAX_LINK = 4096


def locate_project(cwd: str) -> Project:
    """Return the project that holds cwd; cwd itself when it is not in a repository."""
    start = os.path.abspath(cwd or os.sep)
    directory = start
    while True:
        git_dir = _git_dir(os.path.join(directory, ".git"))
        if git_dir is not None:
            common = _common_dir(git_dir)
            return Project(
                path=_project_path(common, directory),
                worktree=directory,
                git_dir=common,
            )
        parent = os.path.dirname(directory)
        if parent == directory:
            return Project(path=start, worktree=start)
        directory = parent


def git_dir_of(worktree: str) -> str | None:
    """Return the work tree's own git directory (not the common one), or None."""
    return _git_dir(os.path.join(worktree, ".git"))


def _git_dir(path: str) -> str | None:
    if os.path.isdir(path):
        return path if os.path.exists(os.path.join(path, "HEAD")) else None
    text = _read(path)
    if text is None or not text.startswith("gitdir:"):
        return None
    target = text[len("gitdir:") :].strip()
    return os.path.normpath(os.path.join(os.path.dirname(path), target))


def _common_dir(git_dir: str) -> str:
    text = _read(os.path.join(git_dir, "commondir"))
    if text is None:
        return git_dir
    return os.path.normpath(os.path.join(git_dir, text.strip()))


def _project_path(common: str, worktree: str) -> str:
    head, tail = os.path.split(common)
    if tail == ".git":
        return head
    # A submodule's common directory is inside its superproject; a bare repository
    # with work trees is named by itself.
    return worktree if f"{os.sep}modules{os.sep}" in common else common


def _read(path: str) -> str | None:
    try:
        with Path(path).open("rb") as file:
            return file.read(_MAX_LINK).decode("utf-8", "surrogateescape")
    except OSError:
        return None
