"""Decisions in Cursor's words: a JSON object on standard output, exit code 0.

An event that fails closed is refused when its hook says nothing, so "no opinion" is
the empty object there and silence elsewhere. Whatever else is no JSON object would
refuse as well; nothing else is ever printed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hookwright.hookspecs import Answer, Decision, thaw

from .calls import can_take, tool_name
from .names import FAIL_CLOSED

_NO_REASON = "Hookwright refused this without a reason."
_ASK = "A person has to allow this first, and Cursor cannot be made to ask here."
_NOT_TAKEN = (
    "A plugin wants this to run with another input, which Cursor cannot be given, so "
    "it does not run:"
)


def render_answer(name: str, decision: Decision, payload: object) -> Answer:
    """Return what to print for the event of that name.

    :param payload: the message; a rewritten input is compared with its own.
    """
    match name:
        case "preToolUse":
            return _json(_tool_fields(decision, payload))
        case "beforeSubmitPrompt" if decision.refuses:
            # The person sees why and sends it again, changed.
            why = decision.reason or _NO_REASON
            return _json({"continue": False, "user_message": why})
        case "beforeSubmitPrompt" | "sessionStart":
            fields = _context_fields(decision)
            return _json(fields) if fields or name in FAIL_CLOSED else Answer()
        case "postToolUse" if decision.output is not None and _is_mcp(payload):
            return _json({"updated_mcp_tool_output": thaw(decision.output)})
        case _:
            return Answer()


def _is_mcp(payload: object) -> bool:
    """Return whether it is an MCP tool's message: Cursor takes no other output."""
    native = payload.get("tool_name") if isinstance(payload, Mapping) else None
    return isinstance(native, str) and tool_name(native) == "mcp"


def _tool_fields(decision: Decision, payload: object) -> dict[str, Any]:
    fields = _context_fields(decision)
    match decision.outcome:
        case "deny":
            return _deny(decision.reason or _NO_REASON) | fields
        case "ask":
            # `ask` is a word that `preToolUse` may say and Cursor passes over.
            return _deny("\n\n".join(filter(None, (decision.reason, _ASK)))) | fields
        case "rewrite":
            return _rewrite(decision, payload) | fields
        case _:
            return fields


def _rewrite(decision: Decision, payload: object) -> dict[str, Any]:
    given = thaw(decision.input)
    message = payload if isinstance(payload, Mapping) else {}
    native, before = message.get("tool_name"), message.get("tool_input")
    if (
        isinstance(native, str)
        and isinstance(before, Mapping)
        and isinstance(given, dict)
        and can_take(native, before, given)
    ):
        # Without a permission: an allow may spare a person the question.
        return {"updated_input": given}
    return _deny(f"{_NOT_TAKEN} {decision.reason}")


def _deny(reason: str) -> dict[str, Any]:
    return {"permission": "deny", "user_message": reason, "agent_message": reason}


def _context_fields(decision: Decision) -> dict[str, Any]:
    if not decision.contexts:
        return {}
    return {"additional_context": "\n\n".join(decision.contexts)}


def _json(value: dict[str, Any]) -> Answer:
    return Answer(stdout=json.dumps(value) + "\n")
