"""Gemini CLI (agent host `gemini`), checked against version 0.61.0.

What it reports: sessions, prompts, tool calls (subagents' too), file changes, turns,
and by its files the tokens of each model call, contexts that were shortened, and the
commits and pushes of its shell. What it can refuse: a prompt and a tool call. A tool
call's input can be rewritten; text for the model can be added when a session starts,
to a prompt, and to a tool call's result.

Installing writes no more than it must, and never runs the `gemini` program:

- `project` (default): hook entries in `.gemini/settings.json`, which Gemini CLI reads
  only in a folder that is trusted. It is a file that a team may share, and the entries
  hold paths of this machine.
- `user`: an extension in `~/.gemini/extensions/hookwright` (below `GEMINI_CLI_HOME`
  when that is set), which Gemini CLI loads in every project.

Gemini CLI runs one hook once when the project and the extension both name it; still a
project install adds no hook entries where the user's extension is in place.
"""

from __future__ import annotations

from .plugin import GeminiPlugin

__all__ = ["GeminiPlugin"]
