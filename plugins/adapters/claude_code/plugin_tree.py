"""The plugin in Claude Code's own format, made for this machine's client.

Layout: `.claude-plugin/plugin.json`, `hooks/hooks.json`, and for a directory that is
handed to others `.claude-plugin/marketplace.json` (plugins reference, 2.1.329; `claude
plugin validate` accepts it).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from hookwright.hookspecs import HttpAccess

from .settings_file import hook_entries

PLUGIN = "hookwright"
MARKETPLACE = "hookwright-local"
MANIFEST = ".claude-plugin/plugin.json"
HOOKS_FILE = "hooks/hooks.json"
_ABOUT = "Guards, records and reports what coding agents do, on this machine"


def plugin_files(
    client: Sequence[str],
    version: str,
    *,
    marketplace: bool,
    http: HttpAccess | None = None,
) -> Mapping[str, bytes]:
    """Return the plugin's files by their path inside its directory."""
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
    return value.get("name") in (PLUGIN, MARKETPLACE) or (
        value.get("description") == _ABOUT and "hooks" in value
    )


def _write(value: object) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()
