"""Claude Code's tool calls in the words that every agent host shares."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Literal

from hookwright.hookspecs import ToolCall, ToolName

from ..wire.payload import Payload

_TOOLS: Mapping[str, ToolName] = {
    "Bash": "shell",
    "PowerShell": "shell",
    "Read": "read",
    "NotebookRead": "read",
    "Write": "write",
    "Edit": "edit",
    "MultiEdit": "edit",
    "NotebookEdit": "edit",
    "Grep": "search",
    "Glob": "search",
    "LS": "search",
    "WebFetch": "fetch",
    "WebSearch": "fetch",
    "Task": "agent",
    "Agent": "agent",
}
_PATH_ARGUMENTS = ("file_path", "notebook_path", "path")
_MCP = "mcp__"

Change = Literal["created", "modified"]


def tool_name(native: str) -> ToolName:
    """Return what the tool does; `other` for one that is not known."""
    if native.startswith(_MCP):
        return "mcp"
    return _TOOLS.get(native, "other")


def read_call(payload: Payload, cwd: str) -> ToolCall:
    """Return the call that a tool event is about.

    :raises ValueError: a field is missing or of the wrong type.
    """
    native = payload.identifier("tool_name")
    arguments = payload.child("tool_input", required=True)
    tool = tool_name(native)
    return ToolCall(
        id=payload.identifier("tool_use_id"),
        tool=tool,
        native_name=native,
        input=arguments.fields,
        command=arguments.text("command", "") if tool == "shell" else "",
        paths=() if tool == "mcp" else _paths(arguments, cwd),
        mcp_server=_mcp_server(payload, native) if tool == "mcp" else "",
    )


def changed_file(call: ToolCall, output: object) -> tuple[str, Change] | None:
    """Return the file that a finished call wrote, and whether it made it."""
    if call.tool not in ("write", "edit") or not call.paths:
        return None
    created = isinstance(output, Mapping) and (
        output.get("type") == "create"
        or ("originalFile" in output and output["originalFile"] is None)
    )
    return call.paths[0], "created" if created else "modified"


def _paths(arguments: Payload, cwd: str) -> tuple[str, ...]:
    found = (arguments.fields.get(name) for name in _PATH_ARGUMENTS)
    # A tool we do not know may use these names for something else.
    return tuple(
        os.path.normpath(os.path.join(cwd, text))
        for text in found
        if isinstance(text, str) and text and "\0" not in text
    )


def _mcp_server(payload: Payload, native: str) -> str:
    named = payload.child("mcp_server").text("name", "")
    return named or native.removeprefix(_MCP).partition("__")[0]
