"""Ask git about one commit, off the answer path.

Output read: git-show(1) with `--numstat -z`: three fields and a NUL after each, then
`added TAB removed TAB path NUL`, or `added TAB removed TAB NUL old NUL new NUL` for a
renamed file; `-` for the lines of a binary file.
"""

from __future__ import annotations

import logging
import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hookwright.hookspecs import Commit, FileStat

_LOG = logging.getLogger("hookwright.plugins.git")
_SECONDS = 10.0
_MAX_FILES = 20_000
_FORMAT = "%H%x00%an%x00%s%x00"
#: The parent that was checked out is what a merge is compared with; nothing of the
#: user's configuration may run a program or change the format.
_SHOW = (
    "git", "--no-pager", "--no-replace-objects", "-c", "core.fsmonitor=false",
    "-c", "log.showSignature=false", "show", "--no-color", "--no-notes",
    "--no-ext-diff", "--no-textconv", "--no-show-signature", "--encoding=UTF-8",
    "--root", "-m", "--first-parent", "--find-renames", "--numstat", "-z",
    f"--format={_FORMAT}", "--end-of-options",
)  # fmt: skip
_HASH = re.compile(r"[0-9a-f]{40,64}")
_STAT = re.compile(r"(\d+|-)\t(\d+|-)\t(.*)", re.DOTALL)


class Shown(NamedTuple):
    """What git shows of a commit."""

    hash: str
    author: str
    subject: str
    files: tuple[FileStat, ...]


def complete_commit(commit: Commit) -> Commit | None:
    """Return the commit with what git knows of it, as it was where git fails.

    :returns: None when not even the hash can be found out.
    """
    shown = show(commit.project.worktree, commit.hash or "HEAD")
    if shown is None:
        return commit if commit.hash else None
    return commit.model_copy(
        update={
            "hash": shown.hash,
            "subject": shown.subject,
            "author": shown.author,
            "files": shown.files,
        }
    )


def show(worktree: str, revision: str) -> Shown | None:
    """Return what git shows of a revision, or None when it shows nothing."""
    output = _run([*_SHOW, revision], worktree)
    if output is None:
        return None
    parts = output.decode("utf-8", "replace").split("\0")
    if len(parts) < 4 or not _HASH.fullmatch(parts[0]):
        _LOG.warning("git show %s printed something unexpected", revision)
        return None
    name, author, subject = parts[:3]
    return Shown(name, author, subject, tuple(_files(parts[3:])))


def read_only_environment() -> dict[str, str]:
    """Return an environment for git that takes nothing from a hook it runs in."""
    kept = {key: value for key, value in os.environ.items() if key[:4] != "GIT_"}
    return kept | {
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        # A partial clone would fetch what it lacks from the network.
        "GIT_NO_LAZY_FETCH": "1",
        "LC_ALL": "C",
    }


def _files(parts: Sequence[str]) -> Iterator[FileStat]:
    left = iter(parts)
    count = 0
    for part in left:
        found = _STAT.fullmatch(part.lstrip("\n"))
        if found is None:
            continue
        path = found[3]
        if not path:
            next(left, "")
            path = next(left, "")
        count += 1
        if count > _MAX_FILES:
            _LOG.warning("a commit changes over %d files; the rest is left out", count)
            return
        yield FileStat(path=path, added=_lines(found[1]), removed=_lines(found[2]))


def _lines(text: str) -> int | None:
    return None if text == "-" else int(text)


def _run(command: list[str], worktree: str) -> bytes | None:
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command; the hash is git's own
            command,
            cwd=worktree,
            env=read_only_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        _LOG.warning("git could not be asked about a commit: %s", error)
        return None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()
        _LOG.warning("git show failed with %d: %s", done.returncode, said[:300])
        return None
    return done.stdout
