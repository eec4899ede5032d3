"""Decisions in Gemini CLI's words: JSON on standard output, exit code 0.

Silence means "no opinion". Exit code 2 would refuse too; other text is shown to the
person as if it were an answer, so nothing else is ever printed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from hookwright.hookspecs import Answer, Decision, thaw

from ..wire.output_text import output_text
from .calls import text_of

_NO_REASON = "Hookwright refused this without a reason."
_ASK = (
    "A person has to allow this first, and Gemini CLI cannot be made to ask here. "
    "Do not try it again; say what you wanted to do and why."
)

_REPLACED = (
    "The tool has run. What it gave back held a secret, which was taken out; without "
    "it, it is:"
)


def render_answer(name: str, decision: Decision) -> Answer:
    """Return what to print for the event of that name."""
    match name:
        case "BeforeTool" | "BeforeAgent" if decision.refuses:
            return _json({"decision": "deny", "reason": _reason(decision)})
        case "BeforeTool" if decision.outcome == "rewrite":
            # Taken as the whole input in 0.61.0, although it is documented to be
            # merged into the old one; so it is given whole.
            return _specific(name, {"tool_input": thaw(decision.input)})
        case "BeforeAgent" | "SessionStart":
            return tell(name, decision.contexts)
        case _:
            return Answer()


def after_tool(output: Any, contexts: Sequence[str]) -> Answer:
    """Return what to print so that the model reads another output, and these texts.

    :param output: the redacted `tool_response`, None to leave it as it is.
    """
    if output is None:
        return tell("AfterTool", contexts)
    # Gemini CLI gives the model this reason as that of a tool that failed, and takes
    # no context beside it (seen in 0.61.0).
    given = output if isinstance(output, Mapping) else {"llmContent": output}
    said = [_REPLACED, text_of(given.get("llmContent")) or output_text(given)]
    return _json({"decision": "deny", "reason": "\n\n".join([*said, *contexts])})


def tell(name: str, contexts: Sequence[str]) -> Answer:
    """Return what to print so that the model reads these texts, with the event."""
    if not contexts:
        return Answer()
    return _specific(name, {"additionalContext": "\n\n".join(contexts)})


def _reason(decision: Decision) -> str:
    """Return all that the model is to read: a refusal takes no context beside it."""
    said = [decision.reason or _NO_REASON]
    if decision.outcome == "ask":
        # `ask` is honoured where a person sits; without one the program ends in the
        # middle of the turn, silently and with exit code 0 (seen in 0.61.0).
        said.append(_ASK)
    return "\n\n".join([*said, *decision.contexts])


def _specific(name: str, fields: dict[str, Any]) -> Answer:
    return _json({"hookSpecificOutput": {"hookEventName": name, **fields}})


def _json(value: dict[str, Any]) -> Answer:
    return Answer(stdout=json.dumps(value) + "\n")
