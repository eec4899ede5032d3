"""Codex CLI (agent host `codex`), checked against version 0.169.0.

What it reports: sessions, prompts, tool calls (subagents' too), file changes, turns,
compactions, and the tokens of each model call, which only its rollout file holds. What
it can refuse: a prompt and a tool call. A tool call's input can be rewritten; text for
the model can be added when a session starts, to a prompt and to a tool call.

Installing writes files and never runs the `codex` program:

- `project` (default): `.codex/hooks.json` in the repository's main work tree, which is
  where Codex looks for the hooks of all its work trees. Codex reads it only in a
  project that you have told it to trust, and there is no such file for one person
  alone: keep it out of commits.
- `user`: `~/.codex/hooks.json` (below `CODEX_HOME` when that is set), for all
  projects.
- `plugin-dir`: a plugin with a marketplace, for `codex plugin marketplace add DIR` and
  `codex plugin add hookwright@hookwright-local`. One directory can hold this plugin and
  the one for Claude Code: each host reads a manifest and hooks of its own.

Codex skips a hook that nobody has reviewed, and says nothing. So install also writes
the hash of each of its hooks into `config.toml`, where Codex itself writes it when you
trust a hook with `/hooks`; uninstall takes it out again. When a hook has changed since,
`hookwright doctor` says that it is untrusted. A plugin's hooks you trust yourself.

What Codex cannot be told: to ask a person. Where a plugin asks, the call is refused,
and the model is told to ask the person. An allow is silence, so Codex's own approvals
hold.

A patch is Codex's tool for all changes of files (`apply_patch`): each file of it is a
path of the call and a changed file. Where the model applies a patch with a shell
command, Codex tells us only that it will; what came of it is read from the rollout when
the turn ends. The rollout also tells that a shell command failed.
"""

from __future__ import annotations

from collections.abc import Sequence

from hookwright.hookspecs import Adapter, Installer, PluginInfo, hookimpl

from .adapter import CodexAdapter


@hookimpl
def hookwright_plugin_info() -> PluginInfo:
    """Say what this plugin is."""
    return PluginInfo(summary="Speaks with Codex CLI.")


@hookimpl
def hookwright_register_adapters() -> Sequence[Adapter]:
    """Return the adapter for `codex`."""
    return [CodexAdapter()]


@hookimpl
def hookwright_register_installers() -> Sequence[Installer]:
    """Return the installer for `codex`."""
    from .installer import CodexInstaller

    return [CodexInstaller()]
