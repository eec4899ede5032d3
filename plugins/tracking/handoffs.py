"""Which task a session takes up as it begins, or when its prompt names one.

A session becomes a part of a task by itself only where that cannot be a mistake:

- the branch of its work tree has the id of one open task of the project in its name;
- one task was handed over in its work tree, and waits for it;
- a line of a person's prompt names the task.

Where that points to several tasks, the session is a part of none, and its model is told
of them. So is one that begins where another agent host was at work just now.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from hookwright.hookspecs import PluginContext, PromptSubmit, SessionStart

from .claims import Claims
from .markers import branch_of, named_by, named_in
from .models import HandoffRecord, LastSession, SessionRecord, TaskRecord
from .sessions import add
from .tables import HANDOFFS, LAST_SESSIONS, SESSIONS, TASKS
from .tasks import NOBODYS_HOST, open_tasks, touch, waiting

#: A session that begins like this goes on with what it was doing.
_GOES_ON = frozenset({"resume", "compact", "fork"})
#: How long ago another agent host was at work that is worth a word.
_JUST_NOW = timedelta(hours=1)


class Arrival(NamedTuple):
    """What a session that begins finds.

    :param task: the task that it is a part of from now on.
    :param how: what says so, as in `SessionRecord.linked_by`.
    :param handoff: the handoff that it takes up.
    :param is_new: whether it was no part of the task before.
    :param choice: tasks of which it might be a part, when there are several.
    :param neighbour: another agent host's session that was at work here just now.
    """

    task: TaskRecord | None = None
    how: str = ""
    handoff: HandoffRecord | None = None
    is_new: bool = False
    choice: tuple[TaskRecord, ...] = ()
    neighbour: SessionRecord | None = None


def arrive(context: PluginContext, event: SessionStart, claims: Claims) -> Arrival:
    """Find the task that a session takes up, and write that down.

    May be called again for the same session: the first call counts.
    """
    found = _find(context, event, claims)
    if found.task is None or not found.is_new:
        return found
    add(context, event, task_id=found.task.task_id, linked_by=found.how)
    touch(context, found.task)
    if found.handoff is not None:
        key = (found.handoff.project_path, found.handoff.id)
        context.store.merge(HANDOFFS, key, taken_by=event.session_id)
    return found


def settle(context: PluginContext, event: SessionStart) -> None:
    """Undo a take-up that another session was quicker at.

    Two sessions that begin at once without a daemon both find the handoff; the store
    keeps the first.
    """
    own = context.store.get(SESSIONS, event.session_id)
    if own is None or own.linked_by != "handoff" or event.source in _GOES_ON:
        return
    taken = context.store.scan(HANDOFFS, event.project.path)
    if not any(handoff.taken_by == own.session_id for handoff in taken):
        key = (own.session_id,)
        context.store.merge(SESSIONS, key, task_id="", linked_by="", briefed=False)


def named_by_prompt(
    context: PluginContext, event: PromptSubmit
) -> tuple[TaskRecord | None, str]:
    """Return the task that a prompt makes its session a part of, and what to tell.

    Without a task the text says why; it is "" where there is nothing to tell.
    """
    if event.source != "user" or event.agent.is_subagent:
        return None, ""
    names = named_in(event.prompt)
    if not names:
        return None, ""
    if len(names) > 1:
        return None, f"The prompt names several tasks: {', '.join(names)}. Ask for one."
    task = context.store.get(TASKS, event.project.path, names[0])
    if task is None or task.done_at is not None:
        state = "does not exist in this project" if task is None else "is done"
        return None, f"Task {names[0]} {state}; see hookwright task list."
    own = context.store.get(SESSIONS, event.session_id)
    if own is not None and own.task_id == task.task_id:
        return None, ""
    if own is not None and own.task_id:
        text = f"This session is a part of task {own.task_id} and stays one."
        return None, f"{text} Begin another session for task {task.task_id}."
    return task, ""


def untold(context: PluginContext, event: PromptSubmit) -> TaskRecord | None:
    """Return the task of a session whose model has not been told of it yet.

    It became a part of the task while it ran, or the handoff could not be read as it
    began. Told then, which is noted.
    """
    own = context.store.get(SESSIONS, event.session_id)
    if own is None or not own.task_id or own.briefed or event.agent.is_subagent:
        return None
    context.store.merge(SESSIONS, (own.session_id,), briefed=True)
    return context.store.get(TASKS, own.project_path, own.task_id)


def note_prompt(context: PluginContext, event: PromptSubmit) -> None:
    """Note where a person speaks to an agent, and the task that the prompt names."""
    if event.source != "user" or event.agent.is_subagent:
        return
    last = LastSession(
        worktree=event.project.worktree,
        agent_host=event.agent_host,
        session_id=event.session_id,
        seen_at=event.time,
    )
    context.store.put(LAST_SESSIONS, last)
    task, _ = named_by_prompt(context, event)
    if task is not None:
        # The gate has told its model, with the prompt.
        add(context, event, task_id=task.task_id, linked_by="prompt", briefed=True)
        touch(context, task)


def _find(context: PluginContext, event: SessionStart, claims: Claims) -> Arrival:
    own = context.store.get(SESSIONS, event.session_id)
    if own is not None and own.task_id:
        task = context.store.get(TASKS, own.project_path, own.task_id)
        return Arrival(task, own.linked_by)
    if event.agent.is_subagent or event.source in _GOES_ON:
        return Arrival()
    tasks = {task.task_id: task for task in open_tasks(context.store, _path(event))}
    handoffs = {
        handoff.task_id: handoff
        for handoff in waiting(context, _path(event), lambda it: _fits(it, event))
        if handoff.task_id in tasks
    }
    named = named_by(branch_of(event.project.worktree), tasks) if tasks else []
    wanted = list(dict.fromkeys([*named, *handoffs]))
    if len(wanted) > 1:
        return Arrival(choice=tuple(tasks[each] for each in wanted))
    if not wanted:
        return Arrival(neighbour=_neighbour(context, event))
    handoff = handoffs.get(wanted[0])
    if handoff is not None and not claims.take(
        event.session_id, "handoff", handoff.project_path, handoff.id
    ):
        handoff = None
    if handoff is None and wanted[0] not in named:
        return Arrival()
    how = "branch" if wanted[0] in named else "handoff"
    return Arrival(tasks[wanted[0]], how, handoff, is_new=True)


def _fits(handoff: HandoffRecord, event: SessionStart) -> bool:
    return (
        handoff.worktree == event.project.worktree
        and handoff.to_host in ("", event.agent_host)
        and handoff.from_session != event.session_id
    )


def _neighbour(context: PluginContext, event: SessionStart) -> SessionRecord | None:
    since = event.time - _JUST_NOW
    found = [
        last
        for last in context.store.scan(LAST_SESSIONS, event.project.worktree)
        if last.agent_host not in (event.agent_host, NOBODYS_HOST)
        and last.seen_at >= since
    ]
    if not found:
        return None
    latest = max(found, key=lambda last: last.seen_at)
    return context.store.get(SESSIONS, latest.session_id)


def _path(event: SessionStart) -> str:
    return event.project.path
