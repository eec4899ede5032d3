"""The plugin in Codex's own format, made for this machine's client.

Layout: `.codex-plugin/plugin.json`, which Codex takes before Claude Code's own
manifest; the hooks and MCP servers that it names; and a marketplace in
`.agents/plugins/marketplace.json` (`codex plugin add` of 0.169.0 installs it). No file
is one that a plugin for Claude Code has, so one directory can hold both.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from .hook_entries import hook_entries
from .names import SERVER

PLUGIN = "hookwright"
MARKETPLACE = "hookwright-local"
MANIFEST = ".codex-plugin/plugin.json"
MARKETPLACE_FILE = ".agents/plugins/marketplace.json"
HOOKS_FILE = "hooks/codex.json"
SERVERS_FILE = ".codex-plugin/mcp.json"
_ABOUT = "Guards, records and reports what coding agents do, on this machine"
_SERVERS = "mcpServers"


def plugin_files(
    client: Sequence[str], version: str, server: Mapping[str, object]
) -> Mapping[str, bytes]:
    """Return the plugin's files by their path inside its directory.

    :param server: the MCP server, {} for none.
    """
    manifest = {
        "name": PLUGIN,
        "version": version,
        "description": _ABOUT,
        "license": "Apache-2.0",
        "hooks": f"./{HOOKS_FILE}",
    }
    files: dict[str, object] = {
        HOOKS_FILE: {"description": _ABOUT, "hooks": hook_entries(client)},
        MARKETPLACE_FILE: {
            "name": MARKETPLACE,
            "interface": {"displayName": "Hookwright"},
            "plugins": [
                {
                    "name": PLUGIN,
                    "source": {"source": "local", "path": "./"},
                    "policy": {"installation": "AVAILABLE"},
                }
            ],
        },
    }
    if server:
        manifest[_SERVERS] = f"./{SERVERS_FILE}"
        files[SERVERS_FILE] = {_SERVERS: {SERVER: server}}
    files[MANIFEST] = manifest
    return {name: _write(value) for name, value in sorted(files.items())}


def is_our_file(content: bytes) -> bool:
    """Return whether a file of the plugin was written by install."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return False
    if not isinstance(value, dict):
        return False
    servers = value.get(_SERVERS)
    return (
        value.get("name") in (PLUGIN, MARKETPLACE)
        or (value.get("description") == _ABOUT and "hooks" in value)
        or (isinstance(servers, dict) and servers.keys() == {SERVER})
    )


def _write(value: object) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()
