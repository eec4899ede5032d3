"""Codex's tool calls in the words that every agent host shares."""

from __future__ import annotations

import os
from collections.abc import Mapping

from hookwright.hookspecs import ToolCall, ToolName

from ..wire.payload import Payload
from .names import PATCH, SHELL
from .patches import PatchedFile, patch_in_command, patched_files

_TOOLS: Mapping[str, ToolName] = {
    SHELL: "shell",
    "view_image": "read",
    "read_file": "read",
    "list_dir": "search",
    "grep_files": "search",
    "web_search": "fetch",
}
_PATH_ARGUMENTS = ("path", "file_path", "dir_path")
_MCP = "mcp__"
#: A tool in a namespace is named with it before: `collaborationspawn_agent`.
_SPAWN = "spawn_agent"


def read_call(payload: Payload, cwd: str) -> ToolCall:
    """Return the call that a tool event is about.

    :raises ValueError: a field is missing or of the wrong type.
    """
    native = payload.identifier("tool_name")
    arguments = payload.child("tool_input", required=True)
    files = files_of(payload, cwd)
    tool = _tool(native, files)
    return ToolCall(
        id=payload.identifier("tool_use_id"),
        tool=tool,
        native_name=native,
        input=arguments.fields,
        command=arguments.text("command", "") if tool == "shell" else "",
        paths=_paths(tool, arguments, files, cwd),
        mcp_server=_mcp_server(native) if tool == "mcp" else "",
    )


def files_of(payload: Payload, cwd: str) -> tuple[PatchedFile, ...]:
    """Return the files of the patch that the call applies; () for any other call.

    :raises ValueError: a field is missing or of the wrong type.
    """
    native = payload.identifier("tool_name")
    if native not in (SHELL, PATCH):
        return ()
    command = payload.child("tool_input", required=True).text("command", "")
    if native == PATCH:
        return patched_files(command, cwd)
    return patch_in_command(command, cwd)


def _tool(native: str, files: tuple[PatchedFile, ...]) -> ToolName:
    if native == PATCH:
        # A patch that only makes files does what other hosts have a tool `write` for.
        only_new = bool(files) and all(file.change == "created" for file in files)
        return "write" if only_new else "edit"
    if native.startswith(_MCP):
        return "mcp"
    if native.endswith(_SPAWN):
        return "agent"
    return _TOOLS.get(native, "other")


def _mcp_server(native: str) -> str:
    return native.removeprefix(_MCP).partition("__")[0]


def _paths(
    tool: ToolName, arguments: Payload, files: tuple[PatchedFile, ...], cwd: str
) -> tuple[str, ...]:
    if files:
        return tuple(dict.fromkeys(file.path for file in files))
    if tool not in ("read", "search"):
        return ()
    found = (arguments.fields.get(name) for name in _PATH_ARGUMENTS)
    return tuple(
        os.path.normpath(os.path.join(cwd, text))
        for text in found
        if isinstance(text, str) and text and "\0" not in text
    )
