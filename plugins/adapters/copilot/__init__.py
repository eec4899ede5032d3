"""Copilot CLI."""

from __future__ import annotations

from hookwright.hookspecs import PluginInfo, hookimpl


@hookimpl
def hookwright_plugin_info() -> PluginInfo:
    """Say what this plugin is."""
    return PluginInfo(summary="Speaks with Copilot CLI.")
