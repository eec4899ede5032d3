"""Copilot CLI (agent host `copilot`), checked against version 1.0.102.

What it reports: sessions, prompts (subagents' too), tool calls, file changes, turns,
subagents, the beginning of a compaction, and the tokens of each model call, which only
the transcript holds. What it can refuse: a prompt and a tool call. A tool call's
input can be rewritten; text for the model can be added when a session starts, to a
prompt and to a tool call. In `-p` nobody can be asked, so an ask refuses there.

Installing writes no more than it must, and never runs the `copilot` program:

- `project` (default): hooks in `.github/copilot/settings.local.json`, which is the file
  for one person's machine (`.github/hooks` is for the whole team). Copilot CLI runs a
  project's hooks only in a folder that is trusted.
- `user`: hooks in `~/.copilot/hooks/hookwright.json` (below `COPILOT_HOME` when that is
  set), which run everywhere, and the MCP server in `~/.copilot/mcp-config.json`.

Its own camelCase events are used, because under Claude Code's names the tools are
called otherwise, and a matcher that Copilot CLI does not understand drops the hook.

Copilot CLI also runs the entries of `.claude/settings*.json` and of Claude Code's
plugins. What comes by one of those that `hookwright install claude-code` wrote is put
down to Copilot CLI, and answered in its words; where hooks of Copilot CLI's own are
installed as well, only those speak, so that nothing is counted twice.

What it does not tell: the id of a tool call (made from what is called and when), that
a command failed (read from the exit code in its output), and what a compaction made of
the context.
"""

from __future__ import annotations

from .plugin import CopilotPlugin

__all__ = ["CopilotPlugin"]
