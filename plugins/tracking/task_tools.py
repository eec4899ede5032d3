"""Tools and commands about tasks: `hookwright task ...` and `session handoff`."""

from __future__ import annotations

from collections.abc import Iterable

from hookwright.core.api import ToolError
from hookwright.hookspecs import PluginContext, Project, Tool

from . import task_display
from .lookup import checked_limit, project_at, session_named
from .markers import checked_id
from .models import SessionRecord, TaskRecord
from .results import TaskCommit, TaskSession, TaskView
from .tables import SESSIONS, TASKS
from .task_briefing import commits_of
from .tasks import (
    create,
    described,
    hand_over,
    link,
    running_in,
    sessions_in,
    sessions_of,
    task_named,
    task_of,
    touch,
    waiting,
    withdraw,
)

#: Minutes for which a session that is silent counts as one that goes on.
_RUNNING = 60.0


class TaskTools:
    """The tools."""

    def tools(self) -> list[Tool]:
        """Return their declarations."""
        show, listed = task_display.task, task_display.tasks
        return [
            Tool(self.task_list, command=("task", "list"), render=listed),
            Tool(self.task_show, command=("task", "show"), render=show),
            Tool(self.task_start, command=("task", "start"), writes=True, render=show),
            Tool(
                self.task_continue,
                command=("task", "continue"),
                writes=True,
                render=show,
            ),
            Tool(self.task_leave, command=("task", "leave"), writes=True, render=show),
            Tool(self.task_done, command=("task", "done"), writes=True, render=show),
            Tool(
                self.session_handoff,
                command=("session", "handoff"),
                writes=True,
                render=task_display.handed_over,
            ),
        ]

    def task_list(
        self,
        context: PluginContext,
        directory: str = "",
        everywhere: bool = False,
        done: bool = False,
        limit: int = 20,
    ) -> list[TaskView]:
        """List the tasks of a project, those changed last first.

        :param directory: a directory of the project.
        :param everywhere: of all projects.
        :param done: those too that are done.
        :param limit: how many at most.
        """
        here = None if everywhere else project_at(None, directory)
        found = context.store.scan(TASKS, *([here.path] if here else []))
        wanted = [task for task in found if done or task.done_at is None]
        wanted.sort(key=lambda task: (task.updated_at, task.task_id), reverse=True)
        return [view(context, task) for task in wanted[: checked_limit(limit)]]

    def task_show(
        self, context: PluginContext, task_id: str, directory: str = ""
    ) -> TaskView:
        """Show a task: its sessions in every agent host, commits, tokens.

        :param task_id: its id, or the beginning of it.
        :param directory: a directory of its project.
        """
        return view(context, _task(context, task_id, directory))

    def task_start(
        self,
        context: PluginContext,
        title: str,
        task_id: str = "",
        to: str = "",
        directory: str = "",
    ) -> TaskView:
        """Begin a task; the next session that begins in this work tree takes it up.

        :param title: what is to be done, in a few words.
        :param task_id: its id, such as that of an issue; made where it is left out.
        :param to: the agent host whose next session is meant; any where left out.
        :param directory: a directory of the work tree.
        """
        project = _here(directory)
        if task_id:
            checked_id(task_id)
        if not title.strip():
            raise ToolError("Give the task a title.")
        task = create(context, project, title, task_id=task_id)
        hand_over(context, task, project.worktree, to_host=to)
        return _again(context, task)

    def task_continue(
        self,
        context: PluginContext,
        task_id: str,
        session: str = "",
        directory: str = "",
    ) -> TaskView:
        """Make a running session a part of a task.

        :param task_id: the task's id, or the id of the session that is gone on with.
        :param session: the session that goes on; without it, the only one that runs in
            this work tree beside those of the task.
        :param directory: a directory of the work tree.
        """
        before = context.store.get(SESSIONS, task_id)
        task = (
            task_of(context, before) if before else _task(context, task_id, directory)
        )
        if task.done_at is not None:
            raise ToolError(f"Task {task.task_id} is done; begin another.")
        going_on = (
            session_named(context.store, session)
            if session
            else _only_running(context, task, _here(directory))
        )
        if before is not None and before.session_id == going_on.session_id:
            raise ToolError("A session cannot go on with itself; name another.")
        link(context, task, going_on)
        withdraw(context, task)
        return _again(context, task)

    def task_leave(self, context: PluginContext, session_id: str) -> TaskView:
        """Take a session out of its task again.

        :param session_id: the session's id, or the beginning of it.
        """
        session = session_named(context.store, session_id)
        if not session.task_id:
            raise ToolError(f"Session {session.session_id} is a part of no task.")
        task = context.store.get(TASKS, session.project_path, session.task_id)
        key = (session.session_id,)
        context.store.merge(SESSIONS, key, task_id="", linked_by="", briefed=False)
        if task is None:
            raise ToolError(f"Task {session.task_id} is gone; the session is free now.")
        return _again(context, task)

    def task_done(
        self, context: PluginContext, task_id: str, directory: str = ""
    ) -> TaskView:
        """Call a task done: no session takes it up any more.

        :param task_id: its id, or the beginning of it.
        :param directory: a directory of its project.
        """
        task = _task(context, task_id, directory)
        withdraw(context, task)
        touch(context, task, done_at=context.now())
        return _again(context, task)

    def session_handoff(
        self,
        context: PluginContext,
        session_id: str = "",
        to: str = "",
        note: str = "",
        directory: str = "",
    ) -> TaskView:
        """Hand a session's work over: the next one in its work tree goes on with it.

        :param session_id: the session, or the beginning of its id; without it, the one
            that was at work in this work tree last.
        :param to: the agent host that is to go on (`codex`); any where left out.
        :param note: what whoever goes on should know.
        :param directory: a directory of the work tree.
        """
        session = (
            session_named(context.store, session_id)
            if session_id
            else _last(context, _here(directory))
        )
        task = task_of(context, session)
        if task.done_at is not None:
            raise ToolError(f"Task {task.task_id} is done; begin another.")
        hand_over(
            context,
            task,
            session.worktree,
            from_session=session.session_id,
            to_host=to,
            note=note,
        )
        return _again(context, task)


def view(context: PluginContext, task: TaskRecord) -> TaskView:
    """Return a task with all that its sessions did."""
    sessions = sessions_of(context.store, task)
    waits = [
        handoff
        for handoff in waiting(context, task.project_path)
        if handoff.task_id == task.task_id
    ]
    totals = {
        name: sum(getattr(session, name) for session in sessions)
        for name in TaskView.model_fields
        if name.endswith("_tokens") or name in ("prompts", "tool_calls")
    }
    state = "done" if task.done_at else "waiting" if waits else "open"
    own = TaskView.model_fields.keys() & TaskRecord.model_fields.keys()
    return TaskView(
        **{name: getattr(task, name) for name in own},
        **totals,
        state=state,
        waits_for=waits[-1].to_host if waits else "",
        agent_hosts=_once(each.agent_host for each in sessions),
        agents=_once(name for each in sessions for name in each.agents),
        sessions=tuple(map(TaskSession.of, sessions)),
        commits=tuple(
            TaskCommit(
                commit_hash=commit.commit_hash,
                agent_id=commit.agent_id,
                session_id=commit.session_id,
                subject=commit.task_description,
                timestamp=commit.timestamp,
            )
            for commit in commits_of(context.store, task, sessions)
        ),
        files_changed=_once(path for each in sessions for path in each.files_changed),
    )


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _again(context: PluginContext, task: TaskRecord) -> TaskView:
    found = context.store.get(TASKS, task.project_path, task.task_id)
    return view(context, found or task)


def _task(context: PluginContext, task_id: str, directory: str) -> TaskRecord:
    return task_named(context.store, task_id, project_at(None, directory))


def _here(directory: str) -> Project:
    found = project_at(None, directory)
    if found is None:
        raise ToolError("Name a directory of the work tree, or the session.")
    return found


def _last(context: PluginContext, here: Project) -> SessionRecord:
    """Return the session that was at work last, where that is beyond doubt.

    :raises ToolError: there is none, or several go on.
    """
    running = running_in(context, here, minutes=_RUNNING)
    if len(running) > 1:
        raise ToolError(
            f"{len(running)} sessions go on in {here.worktree}; name the one to hand "
            f"over: {described(running)}"
        )
    found = running or sessions_in(context.store, here)
    if not found:
        raise ToolError(f"No session has been at work in {here.worktree} yet.")
    return found[0]


def _only_running(
    context: PluginContext, task: TaskRecord, here: Project
) -> SessionRecord:
    """Return the session that is to go on with a task.

    :raises ToolError: none runs that is free, or several do.
    """
    free = [
        session
        for session in running_in(context, here, minutes=_RUNNING)
        if session.task_id != task.task_id
    ]
    if len(free) == 1:
        return free[0]
    if not free:
        raise ToolError(
            f"No other session runs in {here.worktree}. To have the next one go on "
            "with it: hookwright session handoff"
        )
    raise ToolError(f"Name one with --session: {described(free)}")
