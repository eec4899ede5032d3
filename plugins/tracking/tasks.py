"""Tasks and the sessions that are their parts.

A session's own record says which task it is a part of, and nothing else does, so that
it is never a part of two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta

from hookwright.core.api import ToolError
from hookwright.hookspecs import PluginContext, Project, RecordStore

from .config import TrackingConfig
from .models import HandoffRecord, SessionRecord, TaskRecord
from .plain import cut
from .sessions import LONGEST_TITLE
from .tables import HANDOFFS, SESSIONS, TASKS

#: Sessions of this agent host are no agent's.
NOBODYS_HOST = "git"
_SHOWN = 5
_LONGEST_NOTE = 1000


def open_tasks(store: RecordStore, project: str) -> list[TaskRecord]:
    """Return the tasks of a project that nobody has called done."""
    return [task for task in store.scan(TASKS, project) if task.done_at is None]


def sessions_of(store: RecordStore, task: TaskRecord) -> list[SessionRecord]:
    """Return the sessions of a task, in the order in which they began."""
    found = [
        session
        for session in store.find(SESSIONS, "task", task.task_id)
        if session.project_path == task.project_path
    ]
    return sorted(found, key=lambda each: (each.started_at, each.session_id))


def task_named(store: RecordStore, text: str, project: Project | None) -> TaskRecord:
    """Return a task by its id or the unique beginning of one.

    Those of the project come first; another project's is found where it has none.

    :raises ToolError: there is none, or several.
    """
    everywhere = list(store.scan(TASKS))
    here = [
        task for task in everywhere if project and task.project_path == project.path
    ]
    for tasks in (here, everywhere):
        exact = [task for task in tasks if task.task_id == text]
        some = exact or [
            task for task in tasks if text and task.task_id.startswith(text)
        ]
        if len(some) == 1:
            return some[0]
        if some:
            names = ", ".join(f"{task.task_id} ({task.project_path})" for task in some)
            raise ToolError(f"{text} stands for {len(some)} tasks: {names}.")
    raise ToolError(
        f"No task {text!r}. `hookwright task list --everywhere` names them."
    )


def create(
    context: PluginContext, project: Project, title: str, *, task_id: str = ""
) -> TaskRecord:
    """Write a new task and return it; texts are redacted.

    :raises ToolError: the project has one of that id.
    """
    now = context.now()
    if not task_id:
        # Readable, and of the ULID's random end enough for one minute.
        tail = context.new_id()[-4:].lower()
        task_id = f"T-{now:%Y%m%d-%H%M}-{tail}"
    if context.store.get(TASKS, project.path, task_id) is not None:
        raise ToolError(f"{task_id} is a task of {project.path} already.")
    task = TaskRecord(
        project_path=project.path,
        task_id=task_id,
        title=cut(context.redact(" ".join(title.split())), LONGEST_TITLE),
        created_at=now,
        updated_at=now,
    )
    context.store.put_if_absent(TASKS, task)
    return task


def link(
    context: PluginContext,
    task: TaskRecord,
    session: SessionRecord,
    *,
    briefed: bool = False,
) -> None:
    """Make a session a part of a task, because somebody asked for it.

    :param briefed: its model need not be told.
    :raises ToolError: it is of another project, or a part of another task.
    """
    if session.project_path != task.project_path:
        raise ToolError(
            f"Session {session.session_id} is of {session.project_path}, task "
            f"{task.task_id} of {task.project_path}."
        )
    if session.task_id == task.task_id:
        return
    if session.task_id:
        raise ToolError(
            f"Session {session.session_id} is a part of task {session.task_id}; take "
            f"it out first: hookwright task leave {session.session_id}"
        )
    context.store.merge(
        SESSIONS,
        (session.session_id,),
        task_id=task.task_id,
        linked_by="request",
        briefed=briefed,
    )
    touch(context, task)


def touch(context: PluginContext, task: TaskRecord, **changes: object) -> None:
    """Note that something was done about a task."""
    key = (task.project_path, task.task_id)
    context.store.merge(TASKS, key, updated_at=context.now(), **changes)


def task_of(context: PluginContext, session: SessionRecord) -> TaskRecord:
    """Return the task of a session; one is made of a session that has none."""
    if session.task_id:
        found = context.store.get(TASKS, session.project_path, session.task_id)
        if found is not None:
            return found
    project = Project(path=session.project_path, worktree=session.worktree)
    title = session.title or f"Work of {session.agent_host}"
    task = create(context, project, title)
    link(context, task, session, briefed=True)
    return task


def hand_over(
    context: PluginContext,
    task: TaskRecord,
    worktree: str,
    *,
    from_session: str = "",
    to_host: str = "",
    note: str = "",
) -> HandoffRecord:
    """Let a task wait for the next session in a work tree; it replaces earlier ones."""
    withdraw(context, task)
    now = context.now()
    hours = context.config(TrackingConfig).handoff_hours
    handoff = HandoffRecord(
        id=context.new_id(),
        project_path=task.project_path,
        worktree=worktree,
        task_id=task.task_id,
        from_session=from_session,
        to_host=to_host,
        created_at=now,
        expires_at=now + timedelta(hours=hours),
    )
    context.store.put(HANDOFFS, handoff)
    said = cut(context.redact(note.strip()), _LONGEST_NOTE)
    touch(context, task, **({"note": said} if said else {}))
    return handoff


def withdraw(context: PluginContext, task: TaskRecord) -> None:
    """Let a task wait for nobody any more."""
    for handoff in waiting(context, task.project_path):
        if handoff.task_id == task.task_id:
            key = (handoff.project_path, handoff.id)
            context.store.merge(HANDOFFS, key, withdrawn=True)


def waiting(
    context: PluginContext,
    project: str,
    fits: Callable[[HandoffRecord], bool] = lambda _: True,
) -> list[HandoffRecord]:
    """Return the handoffs of a project that nobody has taken up yet, oldest first."""
    now = context.now()
    return [
        handoff
        for handoff in context.store.scan(HANDOFFS, project)
        if not handoff.taken_by
        and not handoff.withdrawn
        and handoff.expires_at > now
        and fits(handoff)
    ]


def running_in(
    context: PluginContext, project: Project, *, minutes: float
) -> list[SessionRecord]:
    """Return the agents' sessions that go on in a work tree, the last seen first.

    :param minutes: how long ago they were seen at most.
    """
    since = context.now() - timedelta(minutes=minutes)
    return [
        session
        for session in sessions_in(context.store, project)
        if session.ended_at is None and session.last_seen_at >= since
    ]


def sessions_in(store: RecordStore, project: Project) -> list[SessionRecord]:
    """Return the agents' sessions of a work tree, the last seen first.

    Git's own sessions, of people's commits, are left out. For commands: a project may
    have thousands.
    """
    found = [
        session
        for session in store.find(SESSIONS, "project", project.path)
        if session.worktree == project.worktree and session.agent_host != NOBODYS_HOST
    ]
    return sorted(found, key=lambda each: each.last_seen_at, reverse=True)


def described(sessions: Iterable[SessionRecord]) -> str:
    """Return sessions for an error's text."""
    some = list(sessions)
    names = [f"{each.session_id} ({each.agent_host})" for each in some[:_SHOWN]]
    return ", ".join(names) + (", ..." if len(some) > _SHOWN else "")
