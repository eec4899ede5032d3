"""The names on Claude Code's wire that more than one module here needs.

Source: the hooks reference of Claude Code and its types package, version 2.1.329.
"""

from __future__ import annotations

from collections.abc import Mapping

from hookwright.hookspecs import GateKind

AGENT_HOST = "claude-code"
MAIN_AGENT = "main"
#: Names the directory that Claude Code was started in.
PROJECT_VARIABLE = "CLAUDE_PROJECT_DIR"

#: The client's word for the status line: a request for text, and no event.
STATUS = "StatusLine"

#: Events whose answer Claude Code obeys when it says no.
REFUSABLE: Mapping[str, GateKind] = {
    "PreToolUse": "tool_before",
    "UserPromptSubmit": "prompt_submit",
}

#: The name that our MCP server goes by; its tools are `mcp__hookwright__TOOL`.
SERVER = "hookwright"

#: Events that take text for the model; Claude Code waits for their answer.
ANSWERED = frozenset({*REFUSABLE, "SessionStart"})

#: Events whose answer can put another output in place of a tool's; for a call that
#: failed Claude Code takes none.
OUTPUTS = frozenset({"PostToolUse"})

#: Events that may come by Claude Code's own HTTP hooks: told once for each tool call,
#: only recorded, and nothing else rests on them. See docs/claude-code.md.
BY_HTTP = frozenset({"PostToolUse", "PostToolUseFailure"})

#: Every event that becomes one of ours, with the seconds its hook may take.
#: SessionEnd's hooks share 1.5 s, so ours asks for less.
TIMEOUTS = {
    "SessionStart": 10,
    "UserPromptSubmit": 10,
    "PreToolUse": 10,
    "PostToolUse": 10,
    "PostToolUseFailure": 5,
    "Stop": 5,
    "StopFailure": 5,
    "SubagentStart": 5,
    "SubagentStop": 5,
    "PreCompact": 5,
    "PostCompact": 5,
    "SessionEnd": 1,
}
