"""The plugin in Claude Code's own format, made for this machine's client.

Layout: `.claude-plugin/plugin.json`, `hooks/hooks.json`, `.mcp.json`, and for a
directory that is handed to others `.claude-plugin/marketplace.json` (plugins reference,
2.1.329; `claude plugin validate` accepts it).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from hookwright.hookspecs import HttpAccess

from .names import SERVER
from .settings_file import hook_entries
from .state_file import server_entry

PLUGIN = "hookwright"
MARKETPLACE = "hookwright-local"
MANIFEST = ".claude-plugin/plugin.json"
HOOKS_FILE = "hooks/hooks.json"
SERVERS_FILE = ".mcp.json"
_SERVERS = "mcpServers"
_ABOUT = "Guards, records and reports what coding agents do, on this machine"


def plugin_files(
    client: Sequence[str],
    version: str,
    *,
    marketplace: bool,
    http: HttpAccess | None = None,
    mcp: Sequence[str] = (),
) -> Mapping[str, bytes]:
    """Return the plugin's files by their path inside its directory.

    :param mcp: the command of the MCP server, () for none.
    """
    entries = hook_entries(client, http)
    manifest = {
        "name": PLUGIN,
        "version": version,
        "description": _ABOUT,
        "license": "Apache-2.0",
    }
    files = {
        MANIFEST: _write(manifest),
        HOOKS_FILE: _write({"description": _ABOUT, "hooks": entries}),
    }
    if mcp:
        files[SERVERS_FILE] = _write({_SERVERS: {SERVER: server_entry(mcp)}})
    if marketplace:
        listed = {"name": PLUGIN, "source": "./", "description": _ABOUT}
        files[".claude-plugin/marketplace.json"] = _write(
            {"name": MARKETPLACE, "owner": {"name": PLUGIN}, "plugins": [listed]}
        )
    return files


def is_our_file(content: bytes) -> bool:
    """Return whether a file of the plugin was written by install."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return False
    if not isinstance(value, dict):
        return False
    if list(value) == [_SERVERS]:
        return isinstance(value[_SERVERS], dict) and list(value[_SERVERS]) == [SERVER]
    return value.get("name") in (PLUGIN, MARKETPLACE) or (
        value.get("description") == _ABOUT and "hooks" in value
    )


def _write(value: object) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()
