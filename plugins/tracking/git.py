"""What git says of a work tree. Runs git: for tools, never for hooks."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass

_STATUS_SECONDS = 2.0
#: Settings of a repository that would run programs of its own.
_HARMLESS = ("-c", "core.fsmonitor=false", "-c", "log.showSignature=false")


@dataclass(frozen=True)
class LoggedCommit:
    """One line of git's log."""

    hash: str
    subject: str


def pending_changes(worktree: str) -> int | None:
    """Return how many changed and new files there are; None when git cannot tell."""
    listed = _git(worktree, _STATUS_SECONDS, "status", "--porcelain=v1", "-z")
    if listed is None:
        return None
    count = 0
    entries = iter(listed.split("\0"))
    for entry in entries:
        if entry:
            count += 1
        # A rename has the old name as an entry of its own.
        if entry[:1] in ("R", "C"):
            next(entries, None)
    return count


def recent_commits(worktree: str, count: int, seconds: float) -> list[LoggedCommit]:
    """Return the newest commits, newest first; none when git cannot tell in time."""
    listed = _git(worktree, seconds, "log", f"-n{count}", "-z", "--format=%H %s")
    lines = (listed or "").split("\0")
    return [
        LoggedCommit(hash=line.partition(" ")[0], subject=line.partition(" ")[2])
        for line in lines
        if line
    ]


def _git(worktree: str, seconds: float, *arguments: str) -> str | None:
    # A hook's GIT_DIR or GIT_INDEX_FILE would point git at another repository.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("GIT_")
    }
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        # git is found on the user's PATH, as the user would.
        done = subprocess.run(  # noqa: S603 - a fixed program, no shell
            ["git", *_HARMLESS, "-C", worktree, *arguments],  # noqa: S607
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=max(seconds, 0.01),
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired, ValueError):
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None
