"""Decisions in Codex's words: JSON on standard output, exit code 0.

Codex throws an answer away that has one key it does not know, that it cannot read, or
that says what it does not support (`ask`, a bare `allow`, a blank reason), and the tool
then runs. So nothing but the keys below leaves us, and what cannot be said is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hookwright.hookspecs import Answer, Decision, Delivery, thaw

from ..wire.output_text import output_text
from .names import PATCH, SHELL

_NO_REASON = "Hookwright refused this without a reason."
_NO_OUTPUT = "(no output)"
_ASKED = (
    "A person has to decide this, and in Codex a hook cannot ask one, so it is "
    "refused. Do not try another way: ask the person to run it themselves, or to allow "
    "it in Hookwright's settings."
)
_NOT_REWRITTEN = (
    "A plugin changed this call's input to something that Codex cannot be told, so it "
    "is refused."
)
#: Codex reads JSON that is nested up to 128 deep, the answer's own objects included.
_MAX_DEPTH = 100


def render_answer(name: str, delivery: Delivery, decision: Decision) -> Answer:
    """Return what to print for the event of that name."""
    match name:
        case "PreToolUse":
            fields = _tool_fields(_tool_name(delivery), decision)
            return _print(name, fields | _context_fields(decision))
        case "UserPromptSubmit" if decision.refuses:
            # A prompt hook cannot ask the person; the person sees why and sends again.
            return _json({"decision": "block", "reason": _reason(decision)})
        case "UserPromptSubmit" | "SessionStart":
            return _print(name, _context_fields(decision))
        case "PostToolUse" if decision.output is not None:
            # Codex gives the model this reason in place of the output.
            said = output_text(decision.output)
            return _json({"decision": "block", "reason": _said(said)})
        case _:
            return Answer()


def _tool_fields(tool: str, decision: Decision) -> dict[str, Any]:
    match decision.outcome:
        case "deny":
            return _deny(_reason(decision))
        case "ask":
            return _deny(f"{_reason(decision)}\n{_ASKED}")
        case "rewrite":
            rewritten = _rewritten(tool, thaw(decision.input))
            if rewritten is None:
                return _deny(f"{_NOT_REWRITTEN} {decision.reason}")
            return {"permissionDecision": "allow", "updatedInput": rewritten}
        case _:
            # An allow without a new input is an error to Codex; silence lets it pass.
            return {}


def _rewritten(tool: str, given: object) -> dict[str, Any] | None:
    """Return the new input as Codex takes it, None where it would not."""
    if not isinstance(given, dict):
        return None
    if tool in (SHELL, PATCH):
        command = given.get("command")
        return {"command": command} if isinstance(command, str) else None
    return given if _can_be_written(given) else None


def _can_be_written(value: object, depth: int = 0) -> bool:
    if depth > _MAX_DEPTH:
        return False
    match value:
        case dict():
            return all(_can_be_written(item, depth + 1) for item in value.values())
        case list():
            return all(_can_be_written(item, depth + 1) for item in value)
        case float():
            # Infinity and NaN are no JSON.
            return value - value == 0
        case _:
            return True


def _deny(reason: str) -> dict[str, Any]:
    return {"permissionDecision": "deny", "permissionDecisionReason": reason}


def _reason(decision: Decision) -> str:
    return decision.reason.strip() or _NO_REASON


def _said(output: str) -> str:
    return output if output.strip() else _NO_OUTPUT


def _context_fields(decision: Decision) -> dict[str, Any]:
    if not decision.contexts:
        return {}
    return {"additionalContext": "\n\n".join(decision.contexts)}


def _print(name: str, fields: dict[str, Any]) -> Answer:
    if not fields:
        return Answer()
    return _json({"hookSpecificOutput": {"hookEventName": name, **fields}})


def _json(value: dict[str, Any]) -> Answer:
    # Half a surrogate pair makes the whole answer unreadable to Codex.
    text = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()
    return Answer(stdout=text + "\n")


def _tool_name(delivery: Delivery) -> str:
    payload = delivery.payload
    name = payload.get("tool_name") if isinstance(payload, Mapping) else None
    return name if isinstance(name, str) else ""
