"""Refuses every tool call that names `vault.txt`, and counts what it was shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hookwright.hookspecs import (
    Deny,
    Event,
    PluginContext,
    PluginInfo,
    Record,
    RecordType,
    ToolBefore,
    Verdict,
    hookimpl,
)

REASON = "The sample guard keeps this file to itself."


class GuardedCall(Record):
    """One tool call that was about to happen."""

    session_id: str
    event_id: str
    agent_id: str


CALLS = RecordType(
    name="guarded_calls",
    model=GuardedCall,
    key=lambda call: (call.session_id, call.event_id),
)


@hookimpl
def hookwright_plugin_info() -> PluginInfo:
    """Refuse when this plugin cannot judge."""
    return PluginInfo(summary="Keeps vault.txt from agents.", on_gate_failure="deny")


@hookimpl
def hookwright_register_records() -> Sequence[RecordType[Any]]:
    """Declare what is counted."""
    return [CALLS]


@hookimpl
def hookwright_tool_before(event: ToolBefore) -> Verdict | None:
    """Refuse what names the file, in a command or as a path."""
    named = any(path.endswith("/vault.txt") for path in event.call.paths)
    if named or "vault.txt" in event.call.command:
        return Deny(reason=REASON)
    return None


@hookimpl
def hookwright_event(event: Event, context: PluginContext) -> None:
    """Count the calls."""
    if isinstance(event, ToolBefore):
        call = GuardedCall(
            session_id=event.session_id, event_id=event.id, agent_id=event.agent.id
        )
        context.store.put_if_absent(CALLS, call)
