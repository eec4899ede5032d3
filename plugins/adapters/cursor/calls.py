"""Cursor's tool calls in the words that every agent host shares."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from hookwright.hookspecs import ToolCall, ToolName, thaw

from ..wire.messages import absolute
from ..wire.payload import Payload

_TOOLS: Mapping[str, ToolName] = {
    "Shell": "shell",
    "Read": "read",
    "Write": "write",
    # It takes a file away, as an edit takes its lines.
    "Delete": "edit",
    "Grep": "search",
    "Glob": "search",
    "List": "search",
    "SemanticSearch": "search",
    "Fetch": "fetch",
    "WebFetch": "fetch",
    "WebSearch": "fetch",
    "Task": "agent",
}
#: What of a tool's input Cursor takes over from `updated_input` (`applyUpdatedInput`);
#: the rest of a rewritten input is ignored, and the call runs with the old.
_TAKEN: Mapping[str, frozenset[str]] = {
    "Shell": frozenset({"command", "cwd", "timeout"}),
    "Read": frozenset({"file_path"}),
    "Write": frozenset({"file_path"}),
    "Delete": frozenset({"file_path"}),
    "List": frozenset({"file_path"}),
    "ReadLints": frozenset({"file_path"}),
    "Grep": frozenset({"pattern", "file_path"}),
    "Fetch": frozenset({"url"}),
}
_PATH_ARGUMENTS = ("file_path", "path")
_MCP = "MCP:"
_MOST_OUTPUT = 4 * 2**20

Change = Literal["modified", "deleted"]


def tool_name(native: str) -> ToolName:
    """Return what the tool does; `other` for one that is not known."""
    return "mcp" if native.startswith(_MCP) else _TOOLS.get(native, "other")


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
        # The message names the tool alone.
        mcp_server="",
    )


def read_output(payload: Payload) -> Any:
    """Return what the tool gave back: an object where its JSON text is one.

    :raises ValueError: the field is no string.
    """
    text = payload.text("tool_output", "")
    if len(text) > _MOST_OUTPUT:
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def exit_code(call: ToolCall, output: object) -> int:
    """Return a command's exit code, 0 where none is told."""
    if call.tool != "shell" or not isinstance(output, Mapping):
        return 0
    code = output.get("exitCode")
    return code if isinstance(code, int) else 0


def changed_file(call: ToolCall) -> tuple[str, Change] | None:
    """Return the file that a finished call changed.

    Cursor does not say whether a file that was written is new.
    """
    if call.tool not in ("write", "edit") or not call.paths:
        return None
    return call.paths[0], "deleted" if call.native_name == "Delete" else "modified"


def can_take(native: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Return whether Cursor would run the call with the rewritten input.

    An MCP tool's arguments are set one by one: none can be taken away.
    """
    changed = {
        name
        for name in {*before, *after}
        if name not in after
        or name not in before
        or thaw(before[name]) != thaw(after[name])
    }
    if native.startswith(_MCP):
        return set(before) <= set(after)
    return changed <= _TAKEN.get(native, frozenset()) and set(before) <= set(after)


def _paths(arguments: Payload, cwd: str) -> tuple[str, ...]:
    found = (arguments.fields.get(name) for name in _PATH_ARGUMENTS)
    # A tool we do not know may use these names for something else.
    return tuple(
        absolute(text, cwd)
        for text in found
        if isinstance(text, str) and text and "\0" not in text
    )
