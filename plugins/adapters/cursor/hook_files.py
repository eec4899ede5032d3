"""Our entries in Cursor's hooks file, and our MCP server in its configuration.

Hooks: `{"version": 1, "hooks": {EVENT: [{"command", "timeout", "failClosed"}, ...]}}`;
the command is a line for the shell, the timeout in seconds, comments are let pass.
MCP servers: `{"mcpServers": {NAME: {"command", "args"}}}` in `mcp.json`.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

from ..wire.hook_file import Entries, HookFile
from ..wire.json_members import JsonMember
from .names import AGENT_HOST, ANSWERED, FAIL_CLOSED, TIMEOUTS
from .own_hooks import OBSERVE, is_our_hook, words_of

SERVER = "hookwright"


def hook_entries(client: Sequence[str]) -> Entries:
    """Return the entry for each event."""
    return {event: [_entry(client, event)] for event in TIMEOUTS}


def add_hooks(content: bytes | None, client: Sequence[str]) -> bytes:
    """Return the hooks file with our entries in place of older ones of ours.

    :raises ValueError: the file is not what Cursor would read.
    """
    return _FILE.add(content, hook_entries(client))


def strip_hooks(content: bytes) -> bytes | None:
    """Return the hooks file without our entries; None when nothing is left."""
    return _FILE.strip(content)


def commands_of(content: bytes) -> list[str]:
    """Return the programs that our entries run.

    :raises ValueError: the file is not what Cursor would read.
    """
    found = _FILE.ours(content).values()
    return sorted({words_of(entry)[0] for entries in found for entry in entries})


def add_server(content: bytes | None, mcp: Sequence[str]) -> bytes:
    """Return the file of MCP servers with ours among them.

    :raises ValueError: the file is not what Cursor would read.
    """
    return _SERVERS.add(content, {"command": mcp[0], "args": list(mcp[1:])})


def strip_server(content: bytes) -> bytes | None:
    """Return the file of MCP servers without ours; None when nothing is left."""
    return _SERVERS.strip(content)


def server_of(content: bytes) -> str | None:
    """Return the program that is registered as our MCP server, None for none.

    :raises ValueError: the file is not what Cursor would read.
    """
    found = _SERVERS.read(content)
    command = found.get("command") if isinstance(found, dict) else None
    return command if isinstance(command, str) else None


def _entry(client: Sequence[str], event: str) -> dict[str, Any]:
    tail = [AGENT_HOST, event, *([] if event in ANSWERED else [OBSERVE])]
    entry = {"command": shlex.join([*client, *tail]), "timeout": TIMEOUTS[event]}
    return entry | ({"failClosed": True} if event in FAIL_CLOSED else {})


_FILE = HookFile(is_our_hook, root={"version": 1}, comments=True)
_SERVERS = JsonMember("mcpServers", SERVER, comments=True)
