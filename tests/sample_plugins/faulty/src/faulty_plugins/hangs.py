"""Hangs in a gate, beyond its budget; asks a person when it cannot judge."""

from __future__ import annotations

import time

from hookwright.hookspecs import PluginInfo, hookimpl


@hookimpl
def hookwright_plugin_info() -> PluginInfo:
    """Ask when this plugin fails."""
    return PluginInfo(on_gate_failure="ask", gate_budget_ms=50, observe_budget_ms=50)


@hookimpl
def hookwright_tool_before() -> None:
    """Hang."""
    time.sleep(3600)


@hookimpl
def hookwright_event() -> None:
    """Hang."""
    time.sleep(3600)
