"""How a prompt or a branch names the task that a session is a part of.

A prompt does with a line of its own, `hookwright-task: ID`; a branch has the id as one
of its parts, such as `feature/T-20261121-1530-k3qz` or `T-20261121-1530-k3qz-retry`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from hookwright.core.api import ToolError, git_dir_of

MARKER = "hookwright-task:"
#: Characters of a prompt in which a marker is looked for.
_LOOKED_AT = 64 * 1024
_LINE = re.compile(r"^[ \t]*hookwright-task:[ \t]*(\S{1,80})[ \t]*$", re.MULTILINE)
_ID = re.compile(r"[\w][\w.#-]{0,63}")
_REF = "ref: refs/heads/"
_MOST = 4096


def is_marker(line: str) -> bool:
    """Return whether a line of a prompt names a task and says nothing else."""
    return line.lstrip().startswith(MARKER)


def named_in(prompt: str) -> tuple[str, ...]:
    """Return the tasks that a prompt names, each once."""
    if MARKER not in prompt:
        return ()
    return tuple(dict.fromkeys(_LINE.findall(prompt[:_LOOKED_AT])))


def checked_id(task_id: str) -> str:
    """Return a task's id.

    :raises ToolError: it could not be told from other text.
    """
    if not _ID.fullmatch(task_id):
        raise ToolError(
            f"{task_id!r} is no task's id: give 1 to 64 letters, digits, . _ # -"
        )
    return task_id


def branch_of(worktree: str) -> str:
    """Return the branch that a work tree is on, or "" (gitrepository-layout(5))."""
    git_dir = git_dir_of(worktree)
    if git_dir is None:
        return ""
    try:
        with Path(git_dir, "HEAD").open("rb") as file:
            head = file.read(_MOST).decode("utf-8", "replace")
    except OSError:
        return ""
    return head.removeprefix(_REF).strip() if head.startswith(_REF) else ""


def named_by(branch: str, task_ids: Iterable[str]) -> list[str]:
    """Return those of the ids that a branch's name has as a part of its own."""
    return [
        each
        for each in task_ids
        if re.search(rf"(?<![\w.#]){re.escape(each)}(?![\w.#])", branch)
    ]
