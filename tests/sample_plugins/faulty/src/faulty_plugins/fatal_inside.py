"""What `fatal` is, but in the daemon's own process; its words are `inside exit` ..."""

from __future__ import annotations

import os

from hookwright.hookspecs import PluginInfo, ToolAfter, ToolBefore, hookimpl

from .fatal import do

DIES_AT = os.environ.get("HOOKWRIGHT_FAULTY_INSIDE", "")
if DIES_AT == "import":
    os._exit(44)


@hookimpl
def hookwright_plugin_info() -> PluginInfo:
    """Refuse what it could not judge."""
    if DIES_AT == "register":
        os._exit(45)
    return PluginInfo(on_gate_failure="deny", gate_budget_ms=1000)


@hookimpl
def hookwright_tool_before(event: ToolBefore) -> None:
    """Do what the command line says."""
    do(_own(event.call.command))


@hookimpl
def hookwright_tool_after(event: ToolAfter) -> None:
    """Do what the command line says."""
    do(_own(event.call.command))


def _own(command: str) -> str:
    return command.replace("inside ", "fatal ") if "inside " in command else ""
