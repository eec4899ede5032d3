"""Gemini CLI's tool calls in the words that every agent host shares.

Names and arguments: the tools reference of Gemini CLI 0.61.0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from hookwright.hookspecs import ToolCall, ToolName

from ..wire.messages import absolute
from ..wire.payload import Payload
from .sessions import AGENT_TOOL

_TOOLS: Mapping[str, ToolName] = {
    "run_shell_command": "shell",
    "read_file": "read",
    "read_many_files": "read",
    "write_file": "write",
    "replace": "edit",
    "glob": "search",
    "grep_search": "search",
    "search_file_content": "search",
    "list_directory": "search",
    "web_fetch": "fetch",
    "google_web_search": "fetch",
    AGENT_TOOL: "agent",
}
_PATH_ARGUMENTS = ("file_path", "absolute_path", "dir_path", "path")
_MCP = "mcp_"
#: What is said after a command's output (`shell.ts`), each where there is something
#: to say of it, in this order.
_EXIT_CODE = re.compile(r"Exit Code: (-?\d+)")
_SIGNAL = re.compile(r"Signal: (\S+)")
_PROCESSES = (re.compile(r"Background PIDs: [\d, ]+"), re.compile(r"Process Group .*"))
_WRAPPED = "<untrusted_context>\n", "\n</untrusted_context>"
_CANCELLED = "Command was cancelled by user"
_TIMED_OUT = "Command was automatically cancelled"
#: Characters of a result that are looked at; an exit code stands at its end.
_MOST = 4_096

Change = Literal["created", "modified"]


class Result(NamedTuple):
    """What became of a call.

    :param error: why it failed, "" when it did not.
    :param interrupted: whether a person stopped it.
    """

    error: str = ""
    interrupted: bool = False


def tool_name(native: str, *, from_server: bool = False) -> ToolName:
    """Return what the tool does; `other` for one that is not known.

    :param from_server: whether the message says which MCP server offers it.
    """
    if from_server or (native.startswith(_MCP) and native not in _TOOLS):
        return "mcp"
    return _TOOLS.get(native, "other")


def read_call(payload: Payload, cwd: str, name: str) -> ToolCall:
    """Return the call that a tool event is about.

    :param name: the call's id, which Gemini CLI does not tell.
    :raises ValueError: a field is missing or of the wrong type.
    """
    native = payload.identifier("tool_name")
    arguments = payload.child("tool_input", required=True)
    server = payload.child("mcp_context")
    tool = tool_name(native, from_server=bool(server.fields))
    return ToolCall(
        id=name,
        tool=tool,
        native_name=native,
        input=arguments.fields,
        command=arguments.text("command", "") if tool == "shell" else "",
        paths=() if tool == "mcp" else _paths(arguments, cwd),
        mcp_server=_server(server, native) if tool == "mcp" else "",
    )


def read_result(call: ToolCall, response: Payload) -> Result:
    """Return what became of the call; a failing command stands in its text alone.

    :raises ValueError: a field is of the wrong type.
    """
    said = response.fields.get("error")
    if isinstance(said, Mapping):
        return Result(error=_text(said.get("message")) or "The tool failed.")
    if said:
        return Result(error=_text(said) or "The tool failed.")
    if call.tool != "shell":
        return Result()
    text = text_of(response.fields.get("llmContent"))
    shown = response.fields.get("returnDisplay")
    return _command_result(text, shown if isinstance(shown, str) else "")


def changed_file(call: ToolCall, response: Payload) -> tuple[str, Change] | None:
    """Return the file that a finished call wrote, and whether it made it."""
    if call.tool not in ("write", "edit") or not call.paths:
        return None
    shown = response.fields.get("returnDisplay")
    is_new = isinstance(shown, Mapping) and shown.get("isNewFile") is True
    return call.paths[0], "created" if is_new else "modified"


def text_of(content: object) -> str:
    """Return the text of a result's parts."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list | tuple) else (content,)
    texts = (part.get("text") for part in parts if isinstance(part, Mapping))
    return "\n".join(text for text in texts if isinstance(text, str))


def _command_result(text: str, shown: str) -> Result:
    text = text.removeprefix(_WRAPPED[0]).removesuffix(_WRAPPED[1])
    if text.startswith(_CANCELLED):
        return Result(error=_CANCELLED, interrupted=True)
    if text.startswith(_TIMED_OUT):
        return Result(error=text.partition(" Below is")[0][:_MOST])
    output = f"Output: {shown}"
    # A command's own output may end in the very same words.
    rest = text[len(output) :] if shown and text.startswith(output) else text[-_MOST:]
    lines = rest.rstrip().split("\n")
    for words in reversed(_PROCESSES):
        if lines and words.fullmatch(lines[-1]):
            lines.pop()
    last = lines[-1] if lines else ""
    if found := _SIGNAL.fullmatch(last):
        return Result(error=f"ended by signal {found[1]}")
    if found := _EXIT_CODE.fullmatch(last):
        return Result(error=f"exit code {found[1]}")
    return Result()


def _paths(arguments: Payload, cwd: str) -> tuple[str, ...]:
    found = (arguments.fields.get(name) for name in _PATH_ARGUMENTS)
    # A tool we do not know may use these names for something else.
    return tuple(
        absolute(text, cwd)
        for text in found
        if isinstance(text, str) and text and "\0" not in text
    )


def _server(server: Payload, native: str) -> str:
    named = server.text("server_name", "")
    return named or native.removeprefix(_MCP).partition("_")[0]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
