"""The names on Copilot CLI's wire that more than one module here needs.

Source: the types in Copilot CLI 1.0.102 (`copilot-sdk/types.d.ts`) and its messages.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hookwright.hookspecs import GateKind

AGENT_HOST = "copilot"
MAIN_AGENT = "main"
#: Names the top of the repository that Copilot CLI was started in; only hooks have it.
PROJECT_VARIABLE = "COPILOT_PROJECT_DIR"
#: Where Copilot CLI keeps its files, when that is not `~/.copilot`.
HOME_VARIABLE = "COPILOT_HOME"

#: Every event that becomes one of ours, with the seconds its hook may take.
TIMEOUTS: Mapping[str, int] = {
    "sessionStart": 10,
    "userPromptSubmitted": 10,
    "preToolUse": 10,
    "postToolUse": 10,
    "postToolUseFailure": 5,
    "agentStop": 5,
    "subagentStart": 5,
    "subagentStop": 5,
    "preCompact": 5,
    "sessionEnd": 5,
}

#: The same events by the names of Claude Code's, under which Copilot CLI tells them to
#: entries in `.claude/settings*.json` and in Claude Code's plugins.
LENT: Mapping[str, str] = {
    "SessionStart": "sessionStart",
    "UserPromptSubmit": "userPromptSubmitted",
    "PreToolUse": "preToolUse",
    "PostToolUse": "postToolUse",
    "PostToolUseFailure": "postToolUseFailure",
    "Stop": "agentStop",
    "SubagentStart": "subagentStart",
    "SubagentStop": "subagentStop",
    "PreCompact": "preCompact",
    "SessionEnd": "sessionEnd",
}

_GATES: Mapping[str, GateKind] = {
    "preToolUse": "tool_before",
    "userPromptSubmitted": "prompt_submit",
}
#: Events whose answer Copilot CLI obeys when it says no, under both names.
REFUSABLE: Mapping[str, GateKind] = MappingProxyType(
    {**_GATES, **{lent: _GATES[own] for lent, own in LENT.items() if own in _GATES}}
)

#: Events that take text for the model; Copilot CLI waits for their answer.
ANSWERED = frozenset({*_GATES, "sessionStart"})

#: Events whose answer can put another output in place of a tool's, under both names.
OUTPUTS = frozenset({"postToolUse", "PostToolUse"})


def own_name(name: str) -> str:
    """Return Copilot CLI's own name of an event, "" for one we have no use for."""
    return LENT.get(name, name if name in TIMEOUTS else "")
