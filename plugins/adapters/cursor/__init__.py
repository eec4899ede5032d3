"""Cursor (agent host `cursor`), by the hook engine of @cursor/sdk 1.0.18; not run.

Cursor needs an account, so no session of it was driven: what is said here is what the
hook engine in its SDK does, and what its documentation says of the editor.

What it reports: sessions, prompts, tool calls (subagents' too), file changes, turns,
and contexts about to be shortened. What it can refuse: a prompt and a tool call. Some
of a tool call's input can be rewritten; text for the model can be added when a session
starts, to a prompt, and to a tool call.

Installing writes `.cursor/hooks.json`, of the project or in the home directory, and
`mcp.json` beside it, and never runs Cursor.
"""

from __future__ import annotations

from collections.abc import Sequence

from hookwright.hookspecs import Adapter, Installer, PluginInfo, hookimpl

from .adapter import CursorAdapter


@hookimpl
def hookwright_plugin_info() -> PluginInfo:
    """Say what this plugin is."""
    return PluginInfo(summary="Speaks with Cursor.")


@hookimpl
def hookwright_register_adapters() -> Sequence[Adapter]:
    """Return the adapter for `cursor`."""
    return [CursorAdapter()]


@hookimpl
def hookwright_register_installers() -> Sequence[Installer]:
    """Return the installer for `cursor`."""
    from .installer import CursorInstaller

    return [CursorInstaller()]
