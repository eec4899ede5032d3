"""The names on Cursor's wire that more than one module here needs.

Source: the hook engine in the bundle of @cursor/sdk 1.0.18, and Cursor's hooks
reference. Cursor itself was not run: it needs an account.
"""

from __future__ import annotations

from collections.abc import Mapping

from hookwright.hookspecs import GateKind

AGENT_HOST = "cursor"
MAIN_AGENT = "main"
#: Names the workspace.
PROJECT_VARIABLE = "CURSOR_PROJECT_DIR"
HOME_VARIABLE = "HOME"

#: Claude Code's names of events, under which Cursor runs Claude Code's entries.
LENT_NAMES: Mapping[str, str] = {
    "PreToolUse": "preToolUse",
    "PostToolUse": "postToolUse",
    "UserPromptSubmit": "beforeSubmitPrompt",
    "Stop": "stop",
    "SubagentStop": "subagentStop",
    "SessionStart": "sessionStart",
    "SessionEnd": "sessionEnd",
    "PreCompact": "preCompact",
}

#: Events whose answer Cursor obeys when it says no. `preToolUse` comes for every tool;
#: `beforeShellExecution` and its like would say the same again.
REFUSABLE: Mapping[str, GateKind] = {
    "preToolUse": "tool_before",
    "beforeSubmitPrompt": "prompt_submit",
    # By entries of Claude Code's, which Cursor runs too.
    "PreToolUse": "tool_before",
    "UserPromptSubmit": "prompt_submit",
}

#: Events that are refused when their hook fails, takes too long or says nothing.
FAIL_CLOSED = ("preToolUse", "beforeSubmitPrompt")

#: Events that take text for the model; Cursor waits for their answer.
ANSWERED = frozenset({*FAIL_CLOSED, "sessionStart"})

#: Events whose answer can put another output in place of an MCP tool's.
OUTPUTS = frozenset({"postToolUse", "PostToolUse"})

#: Every event that becomes one of ours, with the seconds its hook may take.
TIMEOUTS = {
    "sessionStart": 10,
    "beforeSubmitPrompt": 10,
    "preToolUse": 10,
    "postToolUse": 10,
    "postToolUseFailure": 5,
    "subagentStart": 5,
    "subagentStop": 5,
    "preCompact": 5,
    "stop": 5,
    "sessionEnd": 5,
}
