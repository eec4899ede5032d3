"""The hooks of Gemini CLI's plugin."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from hookwright.hookspecs import (
    Adapter,
    Event,
    Installer,
    PluginContext,
    PluginInfo,
    RecordType,
    SessionEnd,
    SubagentStart,
    ToolAfter,
    ToolBefore,
    TurnEnd,
    hookimpl,
)

from .adapter import GeminiAdapter
from .names import AGENT_HOST
from .open_calls import OPEN_CALLS


class GeminiPlugin:
    """The adapter, its installer, and the tool calls of which one half is known."""

    def __init__(self) -> None:
        self._adapter = GeminiAdapter()

    @hookimpl
    def hookwright_plugin_info(self) -> PluginInfo:
        """Say what this plugin is."""
        return PluginInfo(summary="Speaks with Gemini CLI.")

    @hookimpl
    def hookwright_register_adapters(self) -> Sequence[Adapter]:
        """Return the adapter for `gemini`."""
        return [self._adapter]

    @hookimpl
    def hookwright_register_installers(self) -> Sequence[Installer]:
        """Return the installer for `gemini`."""
        from .installer import GeminiInstaller

        return [GeminiInstaller()]

    @hookimpl
    def hookwright_register_records(self) -> Iterable[RecordType[Any]]:
        """Declare what is kept of a call while one half is known."""
        return [OPEN_CALLS]

    @hookimpl
    def hookwright_startup(self, context: PluginContext) -> None:
        """Know the calls of which another process saw one half."""
        self._adapter.reopen(list(context.store.scan(OPEN_CALLS)))

    @hookimpl
    def hookwright_event(self, event: Event, context: PluginContext) -> None:
        """Keep the half of a call that is observed first, until the other one is."""
        if event.agent_host != AGENT_HOST:
            return
        store, session = context.store, event.session_id
        match event:
            case ToolBefore() | ToolAfter():
                call = self._adapter.open_call(event)
                # Whatever this process has parsed since: another one may have to know.
                if call.ended == isinstance(event, ToolAfter):
                    known = store.get(OPEN_CALLS, session, call.id)
                    told = known is not None and known.announced
                    store.put(OPEN_CALLS, call.model_copy(update={"announced": told}))
                else:
                    store.delete(OPEN_CALLS, session, call.id)
            case SubagentStart():
                asked = store.get(OPEN_CALLS, session, event.agent.instance)
                if asked is not None:
                    store.put(OPEN_CALLS, asked.model_copy(update={"announced": True}))
            case TurnEnd() | SessionEnd():
                # No result of those comes any more.
                for left in list(store.scan(OPEN_CALLS, session)):
                    before = int(left.stamp) / 1000 < event.time.timestamp()
                    if before and not left.ended:
                        store.delete(OPEN_CALLS, session, left.id)
