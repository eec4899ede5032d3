"""Our entries in a hooks file of Copilot CLI, and our MCP server.

Hooks: `{"version": 1, "hooks": {EVENT: [ENTRY, ...]}}`, in a file of its own below
`~/.copilot/hooks` or in a settings file, where the version may be left out. Copilot CLI
1.0.102 reads none of it when the file has comments or begins with a byte order mark.
MCP servers: `{"mcpServers": {NAME: {"type": "local", "command", "args", "tools"}}}`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..wire.hook_file import Entries, HookFile, parse_file
from ..wire.json_members import JsonMember
from .names import AGENT_HOST, ANSWERED, TIMEOUTS
from .own_hooks import OBSERVE, is_our_hook

SERVER = "hookwright"
_BOM = b"\xef\xbb\xbf"


def hook_entries(client: Sequence[str]) -> Entries:
    """Return the entry for each event: the client, run without a shell."""
    return {event: [_entry(client, event)] for event in TIMEOUTS}


def add_hooks(content: bytes | None, client: Sequence[str], *, own: bool) -> bytes:
    """Return the file with our entries in place of older ones of ours.

    :param own: whether the file is for hooks alone, and so has a version.
    :raises ValueError: the file is not what Copilot CLI would read.
    """
    _refuse_mark(content)
    return _file(own).add(content, hook_entries(client))


def strip_hooks(content: bytes, *, own: bool) -> bytes | None:
    """Return the file without our entries; None when nothing is left."""
    return _file(own).strip(content)


def commands_of(content: bytes) -> list[str]:
    """Return the programs that our entries run.

    :raises ValueError: the file is not what Copilot CLI would read.
    """
    _refuse_mark(content)
    entries = _file(False).ours(content).values()
    return sorted({entry["exec"] for found in entries for entry in found})


def switched_off(content: bytes) -> bool:
    """Return whether a settings file switches every hook off.

    :raises ValueError: it is not what Copilot CLI would read.
    """
    return parse_file(content, comments=True).get("disableAllHooks") is True


def add_server(content: bytes | None, mcp: Sequence[str]) -> bytes:
    """Return the file of MCP servers with ours among them.

    :raises ValueError: the file is not what Copilot CLI would read.
    """
    entry = {
        "type": "local",
        "command": mcp[0],
        "args": list(mcp[1:]),
        "tools": ["*"],
    }
    return _SERVERS.add(content, entry)


def strip_server(content: bytes) -> bytes | None:
    """Return the file of MCP servers without ours; None when nothing is left."""
    return _SERVERS.strip(content)


def server_of(content: bytes) -> str | None:
    """Return the program that is registered as our MCP server, None for none.

    :raises ValueError: the file is not what Copilot CLI would read.
    """
    found = _SERVERS.read(content)
    command = found.get("command") if isinstance(found, dict) else None
    return command if isinstance(command, str) else None


def _entry(client: Sequence[str], event: str) -> dict[str, Any]:
    tail = [AGENT_HOST, event, *([] if event in ANSWERED else [OBSERVE])]
    return {
        "type": "command",
        "exec": client[0],
        "args": [*client[1:], *tail],
        "timeoutSec": TIMEOUTS[event],
    }


def _file(own: bool) -> HookFile:
    return HookFile(is_our_hook, root={"version": 1} if own else {})


def _refuse_mark(content: bytes | None) -> None:
    if content is not None and content.startswith(_BOM):
        raise ValueError("it begins with a byte order mark, which Copilot CLI refuses")


_SERVERS = JsonMember("mcpServers", SERVER)
