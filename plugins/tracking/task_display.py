"""Tasks for people, made with rich."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from . import display
from .results import TaskView

if TYPE_CHECKING:
    from rich.console import RenderableType

_MOST_FILES = 20


def tasks(views: Sequence[TaskView]) -> RenderableType:
    """Return a table of tasks."""
    if not views:
        return "No task is open here."
    return display.table(
        ("Changed", "Task", "State", "Agent hosts", "Sessions", "Commits", "Title"),
        (
            (
                display.time(view.updated_at),
                view.task_id,
                _state(view),
                " > ".join(view.agent_hosts) or "-",
                len(view.sessions),
                len(view.commits),
                view.title,
            )
            for view in views
        ),
    )


def task(view: TaskView) -> RenderableType:
    """Return one task: fields, then its sessions and commits."""
    from rich.console import Group

    more = len(view.files_changed) - _MOST_FILES
    files = [*view.files_changed[:_MOST_FILES], *([f"and {more} more"] * (more > 0))]
    shown: list[RenderableType] = [
        display.fields(
            ("Task", view.task_id),
            ("Title", view.title),
            ("State", _state(view)),
            ("Note", view.note),
            ("Project", view.project_path),
            ("Agent hosts", " > ".join(view.agent_hosts)),
            ("Agents", ", ".join(view.agents)),
            ("Begun", display.time(view.created_at)),
            ("Prompts", view.prompts),
            ("Tool calls", view.tool_calls),
            (
                "Tokens",
                f"{view.input_tokens} in, {view.output_tokens} out, "
                f"{view.cache_read_tokens} cache read, "
                f"{view.cache_write_tokens} cache written",
            ),
            ("Files changed", "\n".join(files)),
        )
    ]
    if view.sessions:
        shown += ["", _sessions(view)]
    if view.commits:
        shown += ["", _commits(view)]
    return Group(*shown)


def handed_over(view: TaskView) -> str:
    """Return what happens next."""
    who = f"next {view.waits_for} session" if view.waits_for else "next session"
    return display.clean(
        f"{view.task_id} ({view.title}) waits: the {who} that begins in the work tree "
        f"goes on with it. In a session that runs already: hookwright task continue "
        f"{view.task_id}"
    )


def _sessions(view: TaskView) -> RenderableType:
    return display.table(
        ("Begun", "Session", "Agent host", "By", "Prompts", "Tools", "Commits", "Out"),
        (
            (
                display.time(each.started_at),
                each.session_id,
                each.agent_host,
                each.linked_by,
                each.prompts,
                each.tool_calls,
                each.commits,
                each.output_tokens,
            )
            for each in view.sessions
        ),
    )


def _commits(view: TaskView) -> RenderableType:
    return display.table(
        ("Commit", "Time", "Agent", "Subject"),
        (
            (
                each.commit_hash[: display.HASH],
                display.time(each.timestamp),
                each.agent_id,
                each.subject,
            )
            for each in view.commits
        ),
    )


def _state(view: TaskView) -> str:
    if view.state == "waiting":
        return f"waiting for {view.waits_for or 'the next session'}"
    return view.state
