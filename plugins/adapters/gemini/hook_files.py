"""Our entries in a settings file of Gemini CLI, and our extension.

Hooks: `{"hooks": {EVENT: [{"matcher"?, "hooks": [HANDLER, ...]}, ...]}}`, in
`settings.json`, which may hold comments, and in an extension's `hooks/hooks.json`,
which may not. A handler's command is run by a shell. MCP servers: `{"mcpServers":
{NAME: {"command", "args"}}}`, in the settings and in `gemini-extension.json`. (Hooks
and extension reference, 0.61.0.)
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from ..wire.hook_file import HOOKS, Entries, HookFile, parse_file
from ..wire.json_members import JsonMember
from .names import AGENT_HOST, ANSWERED, MATCHERS, TIMEOUTS

EXTENSION = "hookwright"
MANIFEST = "gemini-extension.json"
HOOKS_FILE = "hooks/hooks.json"
_ABOUT = "Guards, records and reports what coding agents do, on this machine"
_OBSERVE = "--observe"
_SERVERS = "mcpServers"


def hook_entries(client: Sequence[str]) -> Entries:
    """Return the entry for each event.

    :raises ValueError: the client's path cannot stand in a settings file.
    """
    # Gemini CLI puts a variable's value for `$NAME` wherever it stands in a setting.
    strange = next((word for word in client if "$" in word), None)
    if strange is not None:
        raise ValueError(f"{strange} holds a $, which Gemini CLI would replace")
    return {
        event: [
            {
                **({"matcher": MATCHERS[event]} if event in MATCHERS else {}),
                "hooks": [_handler(client, event, milliseconds)],
            }
        ]
        for event, milliseconds in TIMEOUTS.items()
    }


def server_entry(mcp: Sequence[str]) -> dict[str, Any]:
    """Return what registers the MCP server with that command."""
    return {"command": mcp[0], "args": list(mcp[1:])}


def add_to_settings(
    content: bytes | None, client: Sequence[str], mcp: Sequence[str]
) -> bytes:
    """Return the settings file with our entries in place of older ones of ours.

    :param mcp: the command of the MCP server, () for none.
    :raises ValueError: the file is not what Gemini CLI would read.
    """
    edited = _FILE.add(content, hook_entries(client))
    if mcp:
        return _SERVER.add(edited, server_entry(mcp))
    return _SERVER.strip(edited) or edited


def strip_settings(content: bytes) -> bytes | None:
    """Return the settings file without our part; None when nothing is left.

    A file that cannot be read holds nothing that Gemini CLI would run: as it is.
    """
    rest = _FILE.strip(content)
    return None if rest is None else _SERVER.strip(rest)


def extension_files(
    client: Sequence[str], version: str, mcp: Sequence[str]
) -> Mapping[str, bytes]:
    """Return the extension's files by their path inside its directory.

    :raises ValueError: the client's path cannot stand in a settings file.
    """
    manifest: dict[str, Any] = {
        "name": EXTENSION,
        "version": version,
        "description": _ABOUT,
    }
    if mcp:
        manifest[_SERVERS] = {EXTENSION: server_entry(mcp)}
    return {
        MANIFEST: _write(manifest),
        HOOKS_FILE: _write({"description": _ABOUT, HOOKS: hook_entries(client)}),
    }


def is_our_file(content: bytes) -> bool:
    """Return whether a file of the extension was written by install."""
    try:
        return parse_file(content).get("description") == _ABOUT
    except ValueError:
        return False


def commands_of(content: bytes) -> list[str]:
    """Return the programs that our entries in a settings or hooks file run.

    :raises ValueError: the file is not what Gemini CLI would read.
    """
    found = _FILE.ours(content)
    handlers = [
        handler
        for groups in found.values()
        for group in groups
        for handler in group[HOOKS]
    ]
    return sorted({_words(handler)[0] for handler in handlers})


def server_of(content: bytes) -> str | None:
    """Return the program that is registered as our MCP server, None for none.

    :raises ValueError: the file is not what Gemini CLI would read.
    """
    found = _SERVER.read(content)
    command = found.get("command") if isinstance(found, dict) else None
    return command if isinstance(command, str) else None


def setting(content: bytes, *names: str) -> object:
    """Return one setting by the names that lead to it, None where it is not set.

    :raises ValueError: the file is not what Gemini CLI would read.
    """
    found: object = parse_file(content, comments=True)
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _handler(client: Sequence[str], event: str, milliseconds: int) -> dict[str, Any]:
    tail = [AGENT_HOST, event, *([] if event in ANSWERED else [_OBSERVE])]
    return {
        # Also what a person switches off by, and is warned of, in Gemini CLI.
        "name": EXTENSION,
        "type": "command",
        "command": shlex.join([*client, *tail]),
        "timeout": milliseconds,
    }


def _is_ours(handler: object, event: str) -> bool:
    """Know a handler by its last arguments, whatever else it has."""
    words = _words(handler)
    tail = words[:-1] if words[-1:] == [_OBSERVE] else words
    return tail[-2:] == [AGENT_HOST, event] and len(tail) > 2


def _words(handler: object) -> list[str]:
    command = handler.get("command") if isinstance(handler, dict) else None
    try:
        return shlex.split(command) if isinstance(command, str) else []
    except ValueError:
        return []  # a quote without its end: a shell would not run it either


def _is_our_group(group: object, event: str) -> bool:
    handlers = group.get(HOOKS) if isinstance(group, dict) else None
    return (
        isinstance(handlers, list)
        and bool(handlers)
        and all(_is_ours(handler, event) for handler in handlers)
    )


def _write(value: object) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()


_FILE = HookFile(_is_our_group, comments=True)
_SERVER = JsonMember(_SERVERS, EXTENSION, comments=True)
