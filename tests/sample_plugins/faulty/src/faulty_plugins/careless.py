"""Hangs, raises and exits wherever it can, and has no say when it fails."""

from __future__ import annotations

import sys
import time

from hookwright.hookspecs import PluginInfo, hookimpl


@hookimpl
def hookwright_plugin_info() -> PluginInfo:
    """Let pass what this plugin fails to judge."""
    return PluginInfo(gate_budget_ms=50, observe_budget_ms=50)


@hookimpl
def hookwright_briefing() -> None:
    """Exit."""
    sys.exit("exits in a briefing")


@hookimpl
def hookwright_prompt_submit() -> None:
    """Hang."""
    time.sleep(3600)


@hookimpl
def hookwright_tool_before() -> None:
    """Raise."""
    raise KeyError("raised in a gate")


@hookimpl
def hookwright_tool_after() -> None:
    """Hang."""
    time.sleep(3600)
