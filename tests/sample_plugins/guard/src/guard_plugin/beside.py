"""Hangs in its gate when the command asks for it: waiting, or with Python's lock held.

It declares that nothing is refused when it fails; the guard beside it is what matters.
"""

from __future__ import annotations

import re
import time

from hookwright.hookspecs import PluginInfo, ToolBefore, hookimpl


@hookimpl
def hookwright_plugin_info() -> PluginInfo:
    """Ask for the most time there is."""
    return PluginInfo(gate_budget_ms=10_000)


@hookimpl
def hookwright_tool_before(event: ToolBefore) -> None:
    """Hang, for as long as somebody waits."""
    if "hang-waiting" in event.call.command:
        time.sleep(3600)
    if "hang-working" in event.call.command:
        re.match(r"(a+)+$", "a" * 60 + "b")
