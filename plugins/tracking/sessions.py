"""Counting what a session does.

A session's record is made by whichever of its events comes first: an agent host may
be killed before it says that a session began, or be joined in the middle of one.
"""

from __future__ import annotations

import os
from typing import Any

from hookwright.hookspecs import (
    Compaction,
    Event,
    FileChanged,
    PluginContext,
    PromptSubmit,
    Push,
    SessionEnd,
    SessionStart,
    ToolAfter,
    ToolBefore,
    TurnEnd,
    UsageReported,
)

from .markers import is_marker
from .models import SessionRecord
from .plain import cut
from .tables import SESSIONS

#: Characters that are kept of texts.
LONGEST_TITLE = 120
_LONGEST_PROMPT = 300
_LONGEST_MESSAGE = 800


def count_event(context: PluginContext, event: Event) -> None:
    """Add one event to its session's record.

    Commits and tokens are added by `add`, because only the first report of one
    counts. A tool that is about to run counts when it has run.
    """
    if not isinstance(event, ToolBefore):
        add(context, event, **_changes(event))


def add(context: PluginContext, event: Event, **changes: Any) -> None:
    """Merge changes into the record of the event's session."""
    key = (event.session_id,)
    # Counted, not read: a long session's record names thousands of files.
    if not context.store.count(SESSIONS, *key):
        context.store.put_if_absent(SESSIONS, _new(event))
    context.store.merge(
        SESSIONS,
        key,
        started_at=event.time,
        last_seen_at=event.time,
        agents=[event.agent.id],
        **changes,
    )


def _changes(event: Event) -> dict[str, Any]:
    match event:
        case SessionStart(model=model):
            running: dict[str, Any] = {"ended_at": None, "end_reason": ""}
            return {**running, "model": model} if model else running
        case SessionEnd(time=time, reason=reason):
            return {"ended_at": time, "end_reason": reason}
        case PromptSubmit(source="user", prompt=prompt):
            return {"prompts": 1, **_asked(event, prompt)}
        case ToolAfter(succeeded=succeeded):
            return {"tool_calls": 1, "failed_tool_calls": 0 if succeeded else 1}
        case TurnEnd(repeated=False, message=message):
            said = cut(message.strip(), _LONGEST_MESSAGE)
            return {"turns": 1, **({"last_message": said} if said else {})}
        case Compaction(phase="after"):
            return {"compactions": 1}
        case FileChanged(path=path):
            return {"files_changed": [_inside(path, event.project.worktree)]}
        case Push():
            return {"pushes": 1}
    return {}


def _asked(event: Event, prompt: str) -> dict[str, Any]:
    """Return what a person's prompt says of the session."""
    lines = [line.strip() for line in prompt.splitlines() if not is_marker(line)]
    first = next((line for line in lines if line), "")
    if event.agent.is_subagent or not first:
        return {}
    asked = cut(" ".join(" ".join(lines).split()), _LONGEST_PROMPT)
    return {"title": cut(first, LONGEST_TITLE), "last_prompt": asked}


def tokens(event: UsageReported) -> dict[str, Any]:
    """Return what one model call adds to its session."""
    return {
        "model": event.model,
        "input_tokens": event.input_tokens,
        "output_tokens": event.output_tokens,
        "cache_read_tokens": event.cache_read_tokens,
        "cache_write_tokens": event.cache_write_tokens,
    }


def _new(event: Event) -> SessionRecord:
    return SessionRecord(
        session_id=event.session_id,
        agent_host=event.agent_host,
        project_path=event.project.path,
        worktree=event.project.worktree,
        started_at=event.time,
        last_seen_at=event.time,
        agents=(event.agent.id,),
    )


def _inside(path: str, worktree: str) -> str:
    start = worktree.rstrip(os.sep) + os.sep
    return path[len(start) :] if path.startswith(start) else path
