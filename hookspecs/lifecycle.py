"""Hooks that observe what an agent does.

Call rule of every hook here: each implementation is called, in registration order
(by plugin name; `tryfirst` and `trylast` move it), after the agent has its answer.
Results are ignored. Failure policy: a plugin that raises, hangs past its budget or
returns something is reported with its name and version; its writes of that call are
dropped, the others still run, the agent never notices.
"""

from __future__ import annotations

from .events import (
    Commit,
    Compaction,
    Event,
    FileChanged,
    Push,
    SessionEnd,
    SessionStart,
    SubagentStart,
    SubagentStop,
    ToolAfter,
    TurnEnd,
    UsageReported,
)
from .markers import hookspec
from .plugins import PluginContext


@hookspec
def hookwright_event(event: Event, context: PluginContext) -> None:
    """Observe every event, whatever its kind, before the hook of its own kind.

    :param event: any event; `event.kind` tells which.
    :param context: the plugin's own context.

    Example::

        @hookimpl
        def hookwright_event(event, context):
            context.store.merge(SESSIONS, (event.session_id,), events=1)
    """


@hookspec
def hookwright_session_start(event: SessionStart, context: PluginContext) -> None:
    """Observe the start of a session; it may be a resumed one.

    An agent host can be killed before it says so: a session's other events may
    come without this one.

    :param event: the session's start.
    :param context: the plugin's own context.

    Example::

        @hookimpl
        def hookwright_session_start(event, context):
            context.log.info("%s in %s", event.agent_host, event.project.name)
    """


@hookspec
def hookwright_tool_after(event: ToolAfter, context: PluginContext) -> None:
    """Observe a tool that ran or failed, a subagent's included.

    :param event: the call and what came of it; `event.agent` made the call.
    :param context: the plugin's own context.

    Example::

        @hookimpl
        def hookwright_tool_after(event, context):
            if not event.succeeded:
                context.store.merge(FAILURES, (event.call.native_name,), count=1)
    """


@hookspec
def hookwright_file_changed(event: FileChanged, context: PluginContext) -> None:
    """Observe a file that an agent's tool changed.

    :param event: the file and what happened to it.
    :param context: the plugin's own context.

    Example::

        @hookimpl
        def hookwright_file_changed(event, context):
            context.store.merge(TOUCHED, (event.project.path,), files=[event.path])
    """


@hookspec
def hookwright_turn_end(event: TurnEnd, context: PluginContext) -> None:
    """Observe the end of an agent's answer to one prompt.

    :param event: the turn; `event.repeated` marks one that was already reported.
    :param context: the plugin's own context.

    Example::

        @hookimpl
        def hookwright_turn_end(event, context):
            if not event.repeated:
                context.store.merge(SESSIONS, (event.session_id,), turns=1)
    """


@hookspec
def hookwright_commit(event: Commit, context: PluginContext) -> None:
    """Observe a commit that landed, with its files.

    :param event: the commit; `event.action` tells an amend or a rebase from a new
        one, and `event.agent` is the agent in whose session it was made.
    :param context: the plugin's own context.

    Example::

        @hookimpl
        def hookwright_commit(event, context):
            context.log.info("%s: %d files", event.hash[:8], len(event.files))
    """


@hookspec
def hookwright_push(event: Push, context: PluginContext) -> None:
    """Observe a push that is about to leave. The store is flushed after it.

    :param event: the remote and its refs.
    :param context: the plugin's own context.

    Example::

        @hookimpl
        def hookwright_push(event, context):
            context.store.merge(PUSHES, (event.remote,), count=1)
    """


@hookspec
def hookwright_compaction(event: Compaction, context: PluginContext) -> None:
    """Observe that the model's context is, or was, shortened.

    :param event: `event.phase` is `before` or `after`.
    :param context: the plugin's own context.

    Example::

        @hookimpl
        def hookwright_compaction(event, context):
            if event.phase == "after":
                context.store.merge(SESSIONS, (event.session_id,), compactions=1)
    """


@hookspec
def hookwright_subagent_start(event: SubagentStart, context: PluginContext) -> None:
    """Observe that an agent started another.

    :param event: `event.agent` is the agent that was started.
    :param context: the plugin's own context.

    Example::

        @hookimpl
        def hookwright_subagent_start(event, context):
            context.store.merge(SESSIONS, (event.session_id,), agents=[event.agent.id])
    """


@hookspec
def hookwright_subagent_stop(event: SubagentStop, context: PluginContext) -> None:
    """Observe that a subagent finished.

    :param event: `event.agent` is the agent that finished.
    :param context: the plugin's own context.

    Example::

        @hookimpl
        def hookwright_subagent_stop(event, context):
            context.log.info("%s said: %s", event.agent.id, event.message)
    """


@hookspec
def hookwright_usage_reported(event: UsageReported, context: PluginContext) -> None:
    """Observe the tokens of one model call. Each call is reported once.

    :param event: the model and its counts.
    :param context: the plugin's own context.

    Example::

        @hookimpl
        def hookwright_usage_reported(event, context):
            context.store.merge(
                SESSIONS, (event.session_id,), output_tokens=event.output_tokens
            )
    """


@hookspec
def hookwright_session_end(event: SessionEnd, context: PluginContext) -> None:
    """Observe the end of a session. The store is flushed after it.

    A killed session never sends it: whatever must be kept is kept earlier.

    :param event: `event.reason` is the agent host's own word.
    :param context: the plugin's own context.

    Example::

        @hookimpl
        def hookwright_session_end(event, context):
            context.store.merge(SESSIONS, (event.session_id,), ended=event.time)
    """
