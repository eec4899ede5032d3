"""OpenCode (agent host `opencode`), checked against version 1.18.33.

What it reports: sessions, prompts, tool calls (subagents' too), file changes, turns,
compactions, and the tokens of each model call. What it can refuse: a prompt and a tool
call. A tool call's arguments can be rewritten; text for the model can be added when a
session starts, to a prompt and to a tool call.

OpenCode runs no commands as hooks, so install puts one small plugin into it,
`hookwright.js`, and opens the daemon's HTTP door:

- `project` (default): in `.opencode/plugin`, for this project.
- `user`: in `~/.config/opencode/plugin` (below `XDG_CONFIG_HOME` when that is set),
  which OpenCode loads in every project.

The MCP server is named in the `opencode.json` or `opencode.jsonc` that is there, whose
comments stay, or else in a new one beside the plugin.

The plugin sends each event to the door. Where the door does not answer, it starts the
command client with the same event and the same id: that decides without a daemon, keeps
what is only recorded, and starts a daemon. Neither port nor token is in the file.
"""

from __future__ import annotations

from collections.abc import Sequence

from hookwright.hookspecs import Adapter, Installer, PluginInfo, hookimpl

from .adapter import OpenCodeAdapter


@hookimpl
def hookwright_plugin_info() -> PluginInfo:
    """Say what this plugin is."""
    return PluginInfo(summary="Speaks with OpenCode.")


@hookimpl
def hookwright_register_adapters() -> Sequence[Adapter]:
    """Return the adapter for `opencode`."""
    return [OpenCodeAdapter()]


@hookimpl
def hookwright_register_installers() -> Sequence[Installer]:
    """Return the installer for `opencode`."""
    from .installer import OpenCodeInstaller

    return [OpenCodeInstaller()]
