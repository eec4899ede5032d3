"""OpenCode's tool calls in the words that every agent host shares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from hookwright.hookspecs import ToolCall, ToolName

from ..wire.messages import absolute
from ..wire.payload import Payload

_TOOLS: Mapping[str, ToolName] = {
    "bash": "shell",
    "read": "read",
    "write": "write",
    "edit": "edit",
    "multiedit": "edit",
    "apply_patch": "edit",
    "patch": "edit",
    "glob": "search",
    "grep": "search",
    "list": "search",
    "codesearch": "search",
    "webfetch": "fetch",
    "websearch": "fetch",
    "task": "agent",
    "invalid": "other",
    "lsp": "other",
    "plan_enter": "other",
    "plan_exit": "other",
    "question": "other",
    "skill": "other",
    "todoread": "other",
    "todowrite": "other",
}
_PATH_ARGUMENTS = ("filePath", "path")
#: Lines of an `apply_patch` text that name a file.
_PATCH_MARKS = (
    "*** Add File: ",
    "*** Update File: ",
    "*** Delete File: ",
    "*** Move to: ",
)

Change = Literal["created", "modified", "deleted"]
_CHANGES: Mapping[str, Change] = {"add": "created", "delete": "deleted"}


def read_call(
    native: str, call_id: str, arguments: Payload, message: Payload, cwd: str
) -> ToolCall:
    """Return a call.

    :param message: has `mcp_server`, the server that the tool belongs to or "", when
        the shim knows the servers.
    :raises ValueError: a field is of the wrong type.
    """
    server = message.text("mcp_server", "")
    if not server and "mcp_server" not in message.fields and native not in _TOOLS:
        # `<server>_<tool>`; whoever has no list of servers can only guess.
        server = native.partition("_")[0] if "_" in native else ""
    tool: ToolName = "mcp" if server else _TOOLS.get(native, "other")
    return ToolCall(
        id=call_id,
        tool=tool,
        native_name=native,
        input=arguments.fields,
        command=arguments.text("command", "") if tool == "shell" else "",
        paths=() if tool == "mcp" else tuple(_paths(arguments, cwd)),
        mcp_server=server,
    )


def changed_files(
    call: ToolCall, metadata: Payload, cwd: str
) -> Iterator[tuple[str, Change]]:
    """Yield the files that a finished call wrote, absolute, and what became of them.

    :raises ValueError: a field is of the wrong type.
    """
    if call.native_name == "apply_patch":
        yield from _patched(metadata.fields.get("files"), cwd)
    elif call.tool == "write" and call.paths:
        made = metadata.fields.get("exists") is False
        yield call.paths[0], "created" if made else "modified"
    elif call.tool == "edit" and call.paths:
        # It replaces nothing only where there is no file yet.
        yield call.paths[0], "modified" if call.input.get("oldString") else "created"


def _patched(files: object, cwd: str) -> Iterator[tuple[str, Change]]:
    if not isinstance(files, Sequence) or isinstance(files, str):
        return
    for file in files:
        path = _text(file, "filePath")
        if not path:
            continue
        moved = _text(file, "movePath")
        if moved:
            yield absolute(path, cwd), "deleted"
            yield absolute(moved, cwd), "created"
        else:
            change = _CHANGES.get(_text(file, "type"), "modified")
            yield absolute(path, cwd), change


def _text(file: object, name: str) -> str:
    value: Any = file.get(name) if isinstance(file, Mapping) else None
    return value if isinstance(value, str) and "\0" not in value else ""


def _paths(arguments: Payload, cwd: str) -> Iterator[str]:
    found = [arguments.fields.get(name) for name in _PATH_ARGUMENTS]
    patch = arguments.fields.get("patchText")
    if isinstance(patch, str):
        found += [
            line.removeprefix(mark).strip()
            for line in patch.splitlines()
            for mark in _PATCH_MARKS
            if line.startswith(mark)
        ]
    for text in found:
        # A tool we do not know may use these names for something else.
        if isinstance(text, str) and text and "\0" not in text:
            yield absolute(text, cwd)
