"""Copilot CLI's tool calls in the words that every agent host shares."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hookwright.core.api import sha256
from hookwright.hookspecs import ToolCall, ToolName, thaw

from ..wire.messages import absolute
from ..wire.payload import Payload
from .patches import Change, patched_files
from .spelling import PATCH, Spelling

_TOOLS: Mapping[str, ToolName] = {
    "bash": "shell",
    "powershell": "shell",
    "view": "read",
    "create": "write",
    "edit": "edit",
    "str_replace_editor": "edit",
    PATCH: "edit",
    "grep": "search",
    "rg": "search",
    "glob": "search",
    "web_fetch": "fetch",
    "web_search": "fetch",
    "task": "agent",
}
#: A built-in server whose own name has hyphens.
_GITHUB = "github-mcp-server"
#: The member that holds a text where a tool takes no object (`apply_patch`).
TEXT = "input"
#: What stands at the end of a command's output.
_EXIT = re.compile(r"<shellId: [^\s<>]+ completed with exit code (-?\d+)>\s*\Z")
#: Characters of an output's end in which that is looked for.
_TAIL = 200
_SUCCESS = "success"
_FAILED = "The tool failed."


@dataclass(frozen=True)
class Result:
    """What became of a call.

    :param output: what the tool gave back, as it was told.
    :param error: why it failed, "" when it did not.
    """

    output: Any = None
    error: str = ""


def tool_name(native: str) -> ToolName:
    """Return what the tool does; `other` for one that is not known.

    Only a server's tools have a hyphen in their name: `SERVER-TOOL`.
    """
    return _TOOLS.get(native) or ("mcp" if "-" in native else "other")


def arguments_of(payload: Payload, spelling: Spelling) -> Payload:
    """Return the call's arguments; a text becomes the member `input`.

    :raises ValueError: they are missing, or neither an object nor a text.
    """
    name = spelling("toolArgs")
    given = payload.fields.get(name)
    if isinstance(given, str):
        return Payload({TEXT: given}, f"{name}.")
    return payload.child(name, required=True)


def key_of(session: str, instance: str, native: str, arguments: Any) -> str:
    """Return what is the same before and after a call, for `CallIds`."""
    told = [session, instance, native, thaw(arguments)]
    text = json.dumps(told, sort_keys=True, default=str)
    # A lone half of a surrogate pair cannot be encoded, and needs not.
    content = text.encode("utf-8", "backslashreplace")
    return sha256(content).hexdigest()[:20]


def read_call(payload: Payload, spelling: Spelling, cwd: str, name: str) -> ToolCall:
    """Return the call that a tool event is about.

    :param name: the call's id, which Copilot CLI does not tell.
    :raises ValueError: a field is missing or of the wrong type.
    """
    native = spelling.tool(payload)
    arguments = arguments_of(payload, spelling)
    tool = tool_name(native)
    if native == PATCH:
        files = [path for path, _ in patched_files(arguments.text(TEXT, ""), cwd)]
    else:
        files = [] if tool == "mcp" else list(_paths(arguments, cwd))
    return ToolCall(
        id=name,
        tool=tool,
        native_name=native,
        input=arguments.fields,
        command=arguments.text("command", "") if tool == "shell" else "",
        paths=tuple(dict.fromkeys(files)),
        mcp_server=_server(native) if tool == "mcp" else "",
    )


def read_result(call: ToolCall, payload: Payload, spelling: Spelling) -> Result:
    """Return what became of a call that Copilot CLI counts as finished.

    A command that fails is one of those: its exit code stands in the text alone.

    :raises ValueError: a field is of the wrong type.
    """
    result = payload.child(spelling("toolResult"))
    inside = spelling.within(result)
    kind = result.text(inside("resultType"), _SUCCESS)
    text = result.text(inside("textResultForLlm"), "")
    if kind != _SUCCESS:
        return Result(result.fields, text or kind)
    found = _EXIT.search(text[-_TAIL:]) if call.tool == "shell" else None
    failed = found is not None and int(found[1][-9:]) != 0
    return Result(result.fields, f"exit code {found[1]}" if found and failed else "")


def read_error(payload: Payload) -> str:
    """Return why a call failed, never ""."""
    told = payload.fields.get("error")
    if isinstance(told, Mapping):
        told = told.get("message")
    return told if isinstance(told, str) and told else _FAILED


def changed_files(call: ToolCall, cwd: str) -> Iterator[tuple[str, Change]]:
    """Yield the files that a finished call wrote, and what became of them."""
    if call.native_name == PATCH:
        patch = call.input.get(TEXT)
        yield from patched_files(patch if isinstance(patch, str) else "", cwd)
    elif call.tool == "write" and call.paths:
        # It refuses to write over a file that is there.
        yield call.paths[0], "created"
    elif call.tool == "edit" and call.paths:
        yield call.paths[0], "modified"


def _paths(arguments: Payload, cwd: str) -> Iterator[str]:
    path = arguments.fields.get("path")
    # A tool we do not know may use the name for something else.
    if isinstance(path, str) and path and "\0" not in path:
        yield absolute(path, cwd)


def _server(native: str) -> str:
    if native.startswith(f"{_GITHUB}-"):
        return _GITHUB
    # Neither half is marked, and servers' own tools have no hyphens as a rule.
    return native.rpartition("-")[0]
