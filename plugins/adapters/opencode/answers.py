"""Decisions in the words of `shim.js`: a JSON object, or nothing for "no opinion".

| key | of | what the shim does |
| --- | --- | --- |
| `deny` | `tool.execute.before` | throws it, and OpenCode gives it to the model |
| `args` | `tool.execute.before` | puts these arguments in place of the call's |
| `replace` | `chat.message` | puts this text in place of the prompt and its files |
| `context` | these two, `session.created` | adds it to what the model reads |
| `output` | `tool.execute.after` | puts its members in place of the result's |

OpenCode calls no hook that could ask a person, so what is to be asked is refused.
"""

from __future__ import annotations

import json
from typing import Any

from hookwright.hookspecs import Answer, Decision, thaw

_NO_REASON = "Hookwright refused this without a reason."
_ASK = (
    "A person has to allow this, and OpenCode has no way to ask for a plugin: tell "
    "them what you want to do and why, and let them do it themselves."
)
_REFUSED = (
    "The person's prompt was refused before you could see it. Tell them so, with the "
    "reason, and do nothing else. The reason: "
)


def render_answer(name: str, decision: Decision) -> Answer:
    """Return what the shim is told for the event of that name."""
    fields: dict[str, Any] = {}
    match name:
        case "tool.execute.before" if decision.refuses:
            fields["deny"] = "\n\n".join((_reason(decision), *decision.contexts))
        case "tool.execute.before":
            if decision.outcome == "rewrite":
                fields["args"] = thaw(decision.input)
            fields |= _context(decision)
        case "chat.message" if decision.refuses:
            fields["replace"] = _REFUSED + (decision.reason or _NO_REASON)
        case "chat.message" | "session.created":
            fields |= _context(decision)
        case "tool.execute.after" if decision.output is not None:
            fields["output"] = thaw(decision.output)
    return Answer(stdout=json.dumps(fields) + "\n" if fields else "")


def _reason(decision: Decision) -> str:
    reason = decision.reason or _NO_REASON
    return f"{reason}\n\n{_ASK}" if decision.outcome == "ask" else reason


def _context(decision: Decision) -> dict[str, str]:
    return {"context": "\n\n".join(decision.contexts)} if decision.contexts else {}
