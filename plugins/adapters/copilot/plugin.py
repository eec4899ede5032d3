"""The hooks of Copilot CLI's plugin."""

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
    ToolAfter,
    ToolBefore,
    hookimpl,
)

from .adapter import CopilotAdapter
from .names import AGENT_HOST
from .open_calls import OPEN_CALLS


class CopilotPlugin:
    """The adapter, its installer, and the tool calls of which one half is known."""

    def __init__(self) -> None:
        self._adapter = CopilotAdapter()

    @hookimpl
    def hookwright_plugin_info(self) -> PluginInfo:
        """Say what this plugin is."""
        return PluginInfo(summary="Speaks with Copilot CLI.")

    @hookimpl
    def hookwright_register_adapters(self) -> Sequence[Adapter]:
        """Return the adapter for `copilot`."""
        return [self._adapter]

    @hookimpl
    def hookwright_register_installers(self) -> Sequence[Installer]:
        """Return the installer for `copilot`."""
        from .installer import CopilotInstaller

        return [CopilotInstaller()]

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
        if isinstance(event, ToolBefore | ToolAfter):
            call = self._adapter.open_call(event.call.id)
            # Whatever this process has parsed since: another one may have to know.
            if call.ended == isinstance(event, ToolAfter):
                context.store.put(OPEN_CALLS, call)
            else:
                context.store.delete(OPEN_CALLS, call.id)
