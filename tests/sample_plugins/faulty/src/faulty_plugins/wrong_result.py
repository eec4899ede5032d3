"""Returns what its hooks may not return."""

from __future__ import annotations

from hookwright.hookspecs import PluginInfo, hookimpl


@hookimpl
def hookwright_plugin_info() -> PluginInfo:
    """Ask when this plugin fails."""
    return PluginInfo(on_gate_failure="ask")


@hookimpl
def hookwright_tool_before() -> str:
    """Return a text, not a verdict."""
    return "deny"


@hookimpl
def hookwright_event() -> bool:
    """Return something where nothing is wanted."""
    return True
