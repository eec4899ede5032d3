"""Find in git's files what commands committed and pushed, where no hook tells.

Formats as in `git_files`; a push that has a remote-tracking ref leaves a line with the
message `update by push` in that ref's reflog, `logs/refs/remotes/REMOTE/BRANCH`.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from hookwright.core.api import git_dir_of
from hookwright.hookspecs import Commit, Event, Project, Push, PushRef

from .git_files import ReflogLine, read_head, reflog_line

#: Bytes of one reflog that are read; a command that makes more commits is rare.
_MAX_READ = 256 * 2**10
#: A message that is older was answered by another process.
_FRESH = timedelta(seconds=0.5)
#: Remote-tracking refs that are looked at.
_MAX_REFS = 5_000
_UNMADE = frozenset({"Fast-forward", "fast-forward"})
#: Steps of a rebase that move HEAD to commits that are there already.
_MOVES = ("rebase (start)", "rebase (finish)", "rebase (abort)", "rebase (skip)")
_PUSHED = "update by push"


class Mark(NamedTuple):
    """Where a repository stood before a command ran.

    :param time: when that was; the file system's clock is compared with it.
    :param size: bytes of HEAD's reflog; None when nobody looked.
    """

    project: Project
    time: datetime
    size: int | None


def mark(project: Project, time: datetime) -> Mark:
    """Return where the project's repository stands: one look at one file's size.

    :param time: when it was to be known. Where that is long past, as the message waited
        for a daemon, the file may have grown since: then its lines' times count.
    """
    if datetime.now(UTC) - time > _FRESH:
        return Mark(project, time, None)
    path = _head_log(project)
    return Mark(project, time, _size(path) if path else 0)


def since(before: Mark, event: Event) -> Iterator[Commit | Push]:
    """Yield what was committed and pushed since the mark, oldest first.

    Git is run to know each commit's files, so this is for `Adapter.complete`.

    :param event: whose time, session and agent they get.
    """
    # It runs programs; a mark is made while an agent waits.
    from .git_show import complete_commit

    # What is later is a later command's; with a known place, dates do not count.
    latest = math.inf if before.size is not None else event.time.timestamp() + 1
    for line in _made(before):
        if line.seconds > latest:
            continue
        commit = Commit(
            **_fields(event, f"commit.{line.new}"),
            hash=line.new,
            branch=_branch(before.project),
            subject=line.subject,
            author=line.person,
            action=line.action,
            replaces=line.old if line.action == "amend" else "",
        )
        completed = complete_commit(commit)
        if completed is not None:
            yield completed
    for ref, line in _pushes(before):
        if line.seconds > latest:
            continue
        yield _push(before.project, ref, line, event)


def _fields(event: Event, what: str) -> dict[str, object]:
    names = "time", "agent_host", "host_event", "session_id", "project", "agent", "cwd"
    fields = {name: getattr(event, name) for name in names}
    return {"id": f"{event.agent_host}.{what}", **fields}


def _made(before: Mark) -> Iterator[ReflogLine]:
    path = _head_log(before.project)
    if path is None:
        return
    place = before.size
    # `git reflog expire` may have cut it since.
    if place is not None and place > _size(path):
        place = None
    # Without a known place: whole seconds, which is what a reflog has.
    earliest = 0 if place is not None else int(before.time.timestamp())
    seen: set[str] = set()
    for line in _lines(path, place or 0):
        if line.seconds < earliest or line.action == "other" or line.new in seen:
            continue
        if line.message.startswith(_MOVES) or line.subject in _UNMADE:
            continue
        seen.add(line.new)
        yield line


def _pushes(before: Mark) -> Iterator[tuple[str, ReflogLine]]:
    common = before.project.git_dir
    if common is None:
        return
    earliest = before.time.timestamp()
    top = os.path.join(common, "logs", "refs", "remotes")
    for path in _changed(top, earliest):
        for line in _lines(path, 0):
            if line.message == _PUSHED and line.seconds >= int(earliest):
                yield os.path.relpath(path, top).replace(os.sep, "/"), line


def _push(project: Project, ref: str, line: ReflogLine, event: Event) -> Push:
    remote, _, branch = ref.partition("/")
    head = read_head(git_dir_of(project.worktree) or "", project.git_dir or "")
    local = f"refs/heads/{head.branch}" if head.hash == line.new else ""
    return Push(
        **_fields(event, f"push.{ref}.{line.new}.{line.seconds}"),
        remote=remote,
        refs=(
            PushRef(
                local_ref=local,
                local_hash=line.new,
                remote_ref=f"refs/heads/{branch}",
                remote_hash=line.old,
            ),
        ),
    )


def _changed(top: str, earliest: float) -> Iterator[str]:
    """Yield the files below top that were written since, with a second to spare."""
    left = _MAX_REFS
    for folder, _, names in os.walk(top):
        for name in names:
            left -= 1
            if left < 0:
                return
            path = os.path.join(folder, name)
            try:
                if os.stat(path).st_mtime >= earliest - 1:
                    yield path
            except OSError:
                continue  # pruned just now


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def _lines(path: str, start: int) -> Iterator[ReflogLine]:
    """Yield a reflog's lines from a byte on, or those of its end."""
    try:
        with Path(path).open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(start, size - _MAX_READ))
            text = file.read(_MAX_READ).decode("utf-8", "replace")
    except (OSError, ValueError):
        return
    for each in text.splitlines():
        line = reflog_line(each)
        if line is not None:
            yield line


def _head_log(project: Project) -> str | None:
    git_dir = git_dir_of(project.worktree)
    return None if git_dir is None else os.path.join(git_dir, "logs", "HEAD")


def _branch(project: Project) -> str:
    git_dir = git_dir_of(project.worktree) or ""
    return read_head(git_dir, project.git_dir or git_dir).branch
