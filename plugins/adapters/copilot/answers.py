"""Decisions in Copilot CLI's words: JSON on standard output, exit code 0.

Silence is the answer that means "no opinion". Another exit code would refuse a tool
call, and without the reason, so it is never used. The words are the same under both
spellings of an event's name (seen in 1.0.102).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from hookwright.hookspecs import Answer, Decision, thaw

from .calls import TEXT

#: Where a name like `result_type` has its humps.
_INNER = re.compile(r"_([a-z])")
_NO_REASON = "Hookwright refused this without a reason."


def render_answer(name: str, decision: Decision, *, takes_text: bool = False) -> Answer:
    """Return what to print for the event that Copilot CLI itself calls so.

    :param takes_text: whether the tool takes a text in place of an object.
    """
    match name:
        case "preToolUse":
            return _print({**_tool(decision, takes_text), **_context(decision)})
        case "userPromptSubmitted" if decision.refuses:
            # A prompt hook cannot ask the person; the person sees why and sends again.
            return _print({"decision": "block", "reason": _reason(decision)})
        case "userPromptSubmitted" | "sessionStart":
            return _print(_context(decision))
        case "postToolUse" if isinstance(decision.output, Mapping):
            return _print({"modifiedResult": _result(decision.output)})
        case _:
            return Answer()


def _tool(decision: Decision, takes_text: bool) -> dict[str, Any]:
    match decision.outcome:
        case "deny" | "ask":
            return {
                "permissionDecision": decision.outcome,
                "permissionDecisionReason": _reason(decision),
            }
        case "allow":
            reason = decision.reason
            told = {"permissionDecisionReason": reason} if reason else {}
            return {"permissionDecision": "allow", **told}
        case "rewrite":
            # Without a permissionDecision the person's own rules apply to the new
            # input; `allow` would skip them.
            return {"modifiedArgs": _arguments(decision.input, takes_text)}
        case _:
            return {}


def _arguments(given: Any, takes_text: bool) -> Any:
    if takes_text and isinstance(given, Mapping) and isinstance(given.get(TEXT), str):
        return given[TEXT]
    return thaw(given)


def _result(output: Mapping[str, Any]) -> dict[str, Any]:
    """Return a tool's result under Copilot CLI's own names, whichever it came in."""
    return {
        _INNER.sub(lambda found: found[1].upper(), name): value
        for name, value in thaw(output).items()
    }


def _context(decision: Decision) -> dict[str, Any]:
    if not decision.contexts:
        return {}
    return {"additionalContext": "\n\n".join(decision.contexts)}


def _reason(decision: Decision) -> str:
    return decision.reason or _NO_REASON


def _print(fields: dict[str, Any]) -> Answer:
    return Answer(stdout=json.dumps(fields) + "\n") if fields else Answer()
