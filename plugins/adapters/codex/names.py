"""The names on Codex's wire that more than one module here needs.

Source: the hook schemas in the program of Codex CLI 0.169.0, and what it did in runs.
"""

from __future__ import annotations

from collections.abc import Mapping

from hookwright.hookspecs import GateKind

AGENT_HOST = "codex"
MAIN_AGENT = "main"
#: Names the directory that Codex keeps its files in, instead of `~/.codex`.
HOME_VARIABLE = "CODEX_HOME"
#: Our name among MCP servers and plugins.
SERVER = "hookwright"
OBSERVE = "--observe"

#: Tools whose input is one command text, under the names that hooks are given.
SHELL = "Bash"
PATCH = "apply_patch"

#: Events whose answer Codex obeys when it says no.
REFUSABLE: Mapping[str, GateKind] = {
    "PreToolUse": "tool_before",
    "UserPromptSubmit": "prompt_submit",
}

#: Events that take text for the model; Codex waits for their answer.
ANSWERED = frozenset({*REFUSABLE, "SessionStart"})

#: Events whose answer can put another output in place of a tool's.
OUTPUTS = frozenset({"PostToolUse"})

#: Every event that becomes one of ours, with the seconds its hook may take.
#: Codex gives Interrupt and SessionEnd no more than 3.
TIMEOUTS = {
    "SessionStart": 10,
    "UserPromptSubmit": 10,
    "PreToolUse": 10,
    "PostToolUse": 10,
    "Stop": 5,
    "Interrupt": 3,
    "SubagentStart": 5,
    "SubagentStop": 5,
    "PreCompact": 5,
    "PostCompact": 5,
    "SessionEnd": 3,
}
