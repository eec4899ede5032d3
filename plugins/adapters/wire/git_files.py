"""What git's own files tell of the last commit, without a git process.

Formats read: gitrepository-layout(5) (`HEAD`, `refs/`, `logs/HEAD`) of a repository
with the files backend. A reflog line is `old new Name <address> seconds zone`, a tab,
and the message, `action: subject`. A repository with reftables, or without reflogs,
gives less; `complete` asks git then.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Literal, NamedTuple

Action = Literal["commit", "amend", "merge", "rebase", "cherry-pick", "revert", "other"]

_TAIL = 16 * 2**10
_HASH = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_LINE = re.compile(
    r"([0-9a-f]{40,64}) ([0-9a-f]{40,64}) (.*?) ?<[^>]*> (\d{1,18}) [-+]\d{4}"
)
_BRANCH = "refs/heads/"


class ReflogLine(NamedTuple):
    """One line of a reflog."""

    old: str
    new: str
    person: str
    #: When the ref moved, in seconds since 1970, by the committer's clock.
    seconds: int
    message: str

    @property
    def action(self) -> Action:
        """Return how git made the commit."""
        return action_of(self.message.partition(": ")[0])

    @property
    def subject(self) -> str:
        """Return the commit's subject."""
        return self.message.partition(": ")[2]


class Head(NamedTuple):
    """What HEAD stands at; "" for what its files do not tell."""

    hash: str
    #: Name without `refs/heads/`; of the branch being rebased during a rebase.
    branch: str


def action_of(words: str) -> Action:
    """Return the action that a reflog message names before its colon."""
    first, _, detail = words.partition(" ")
    if detail.endswith("(amend)"):
        return "amend"
    if first == "commit":
        known: dict[str, Action] = {"(merge)": "merge", "(cherry-pick)": "cherry-pick"}
        return known.get(detail, "commit")
    if first == "rebase" or "--rebase" in detail:
        return "rebase"
    others: dict[str, Action] = {
        "cherry-pick": "cherry-pick",
        "merge": "merge",
        "pull": "merge",
        "revert": "revert",
    }
    return others.get(first, "other")


def last_reflog_line(git_dir: str) -> ReflogLine | None:
    """Return the last line of the work tree's reflog of HEAD, or None."""
    lines = _reflog(git_dir)
    return reflog_line(lines[-1]) if lines else None


def reflog_line_of(git_dir: str, commit: str) -> ReflogLine | None:
    """Return the line that tells how the commit was made, or None.

    A checkout or a reset moves HEAD to a commit too; it did not make it.
    """
    for text in reversed(_reflog(git_dir)):
        line = reflog_line(text)
        if line is not None and line.new == commit and line.action != "other":
            return line
    return None


def _reflog(git_dir: str) -> list[str]:
    return _tail(os.path.join(git_dir, "logs", "HEAD"), _TAIL).splitlines()


def reflog_line(text: str) -> ReflogLine | None:
    """Return a reflog's line, or None when it is none."""
    head, _, message = text.partition("\t")
    found = _LINE.fullmatch(head)
    if found is None:
        return None
    return ReflogLine(found[1], found[2], found[3], int(found[4]), message)


def read_head(git_dir: str, common_dir: str) -> Head:
    """Return where HEAD is: a loose ref, which a fresh commit's always is."""
    text = _tail(os.path.join(git_dir, "HEAD"), _TAIL).strip()
    if not text.startswith("ref: "):
        return Head(as_hash(text), _rebased_branch(git_dir))
    ref = text.removeprefix("ref: ").strip()
    if not ref.startswith(_BRANCH) or ".." in ref or ref == f"{_BRANCH}.invalid":
        return Head("", "")
    loose = _tail(os.path.join(common_dir, ref), _TAIL).strip()
    return Head(as_hash(loose), ref.removeprefix(_BRANCH))


def _rebased_branch(git_dir: str) -> str:
    for folder in ("rebase-merge", "rebase-apply"):
        name = _tail(os.path.join(git_dir, folder, "head-name"), _TAIL).strip()
        if name.startswith(_BRANCH):
            return name.removeprefix(_BRANCH)
    return ""


def as_hash(text: str) -> str:
    """Return text when it is a whole object name, else ""."""
    return text if _HASH.fullmatch(text) else ""


def _tail(path: str, size: int) -> str:
    """Return the end of a file as text; "" when there is none to read."""
    try:
        with Path(path).open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - size))
            return file.read(size).decode("utf-8", "replace")
    except (OSError, ValueError):
        return ""
