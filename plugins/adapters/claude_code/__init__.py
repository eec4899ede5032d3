"""Claude Code (agent host `claude-code`), checked against version 2.1.329.

What it reports: sessions, prompts, tool calls (subagents' too), file changes, turns,
compactions, and the tokens of each model call, which only the transcript holds. What
it can refuse: a prompt and a tool call. A tool call's input can be rewritten; text
for the model can be added when a session starts, to a prompt and to a tool call.

Installing writes no more than it must, and never runs the `claude` program:

- `project` (default): hook entries in `.claude/settings.local.json`, which is the
  file for one person's machine. A plugin named by a project's settings, or lying in
  its `.claude/skills`, stays unloaded until a person has accepted the trust dialog of
  that folder, so a `claude -p` in a fresh checkout would run without it; hook entries
  run at once.
- `user`: a plugin in `~/.claude/skills/hookwright` (below `CLAUDE_CONFIG_DIR` when
  that is set), which Claude Code loads by itself in every project.
- `plugin-dir`: the same plugin with a marketplace file, in a directory of your own,
  for `claude --plugin-dir DIR` or `claude plugin marketplace add DIR`.

The MCP server stands in the plugin's `.mcp.json`. For a project it stands in
`~/.claude.json`, under the repository, which is for one person too; a project's own
`.mcp.json` would be shared, and waits for a person's consent.

Claude Code runs one handler once when two settings files name it, but twice when a
plugin and a settings file do; so a project install adds no hook entries where the
user's plugin is in place, and `hookwright doctor` names a project that has both.

What an allow means here: Claude Code runs a call that a plugin allows without asking
the person, whatever its permission rules would have asked; its deny rules still hold.
A rewrite does not do that: the rules are applied to the new input.

Tokens: Claude Code may write the last message of a turn only after it has told us of
the turn's end; that message is counted with the next turn, or when the session ends.
"""

from __future__ import annotations

from collections.abc import Sequence

from hookwright.hookspecs import Adapter, Installer, PluginInfo, hookimpl

from .adapter import ClaudeCodeAdapter


@hookimpl
def hookwright_plugin_info() -> PluginInfo:
    """Say what this plugin is."""
    return PluginInfo(summary="Speaks with Claude Code.")


@hookimpl
def hookwright_register_adapters() -> Sequence[Adapter]:
    """Return the adapter for `claude-code`."""
    return [ClaudeCodeAdapter()]


@hookimpl
def hookwright_register_installers() -> Sequence[Installer]:
    """Return the installer for `claude-code`."""
    from .installer import ClaudeCodeInstaller

    return [ClaudeCodeInstaller()]
