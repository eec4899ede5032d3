"""Raises in a gate that refuses when it cannot judge, and in an observer."""

from __future__ import annotations

from hookwright.hookspecs import PluginInfo, hookimpl


@hookimpl
def hookwright_plugin_info() -> PluginInfo:
    """Refuse when this plugin fails."""
    return PluginInfo(on_gate_failure="deny")


@hookimpl
def hookwright_tool_before() -> None:
    """Fail."""
    raise ValueError("raised in a gate")


@hookimpl
def hookwright_event() -> None:
    """Fail."""
    raise KeyError("raised in an observer")
