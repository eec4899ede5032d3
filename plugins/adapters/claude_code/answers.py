"""Decisions in Claude Code's words: JSON on standard output, exit code 0.

Silence is the only answer that means "no opinion", so nothing is printed without
need. Exit code 2 would refuse too, but JSON must then be absent; it is not used.
"""

from __future__ import annotations

import json
from typing import Any

from hookwright.hookspecs import Answer, Decision, thaw

_NO_REASON = "Hookwright refused this without a reason."


def render_answer(name: str, decision: Decision) -> Answer:
    """Return what to print for the event of that name."""
    match name:
        case "PreToolUse":
            return _print(name, _tool_fields(decision))
        case "UserPromptSubmit" if decision.refuses:
            # A prompt hook cannot ask the person; the person sees why and sends again.
            return _json({"decision": "block", "reason": decision.reason or _NO_REASON})
        case "UserPromptSubmit" | "SessionStart":
            return _print(name, _context_fields(decision))
        case "PostToolUse" if decision.output is not None:
            # In the tool's own shape: Claude Code keeps the output that it has when
            # this one does not fit the tool (seen in 2.1.329).
            return _print(name, {"updatedToolOutput": thaw(decision.output)})
        case _:
            return Answer()


def render_line(decision: Decision) -> Answer:
    """Return the status line, which Claude Code shows as it is printed."""
    line = " ".join(decision.contexts)
    return Answer(stdout=line + "\n") if line else Answer()


def _tool_fields(decision: Decision) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    match decision.outcome:
        case "deny" | "ask":
            fields["permissionDecision"] = decision.outcome
            fields["permissionDecisionReason"] = decision.reason or _NO_REASON
        case "allow":
            fields["permissionDecision"] = "allow"
            if decision.reason:
                fields["permissionDecisionReason"] = decision.reason
        case "rewrite":
            # Without a permissionDecision the person's own permission rules still
            # apply to the new input; `allow` would skip them (seen in 2.1.329).
            fields["updatedInput"] = thaw(decision.input)
    return fields | _context_fields(decision)


def _context_fields(decision: Decision) -> dict[str, Any]:
    if not decision.contexts:
        return {}
    return {"additionalContext": "\n\n".join(decision.contexts)}


def _print(name: str, fields: dict[str, Any]) -> Answer:
    if not fields:
        return Answer()
    return _json({"hookSpecificOutput": {"hookEventName": name, **fields}})


def _json(value: dict[str, Any]) -> Answer:
    return Answer(stdout=json.dumps(value) + "\n")
