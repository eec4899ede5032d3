"""What a plugin may answer to an event that can be refused, and what came of it.

The strongest answer wins: deny, then ask, then rewrite, then allow. `Context`
has no opinion on the event; it only adds text that the model will read.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .events import Value
from .frozen import FrozenObject, FrozenValue


class Allow(Value):
    """Let it pass. It does not overrule another plugin's ask or deny."""

    kind: Literal["allow"] = "allow"
    reason: str = ""


class Ask(Value):
    """Let a person decide. What a guard answers when it cannot tell."""

    kind: Literal["ask"] = "ask"
    reason: str = Field(min_length=1)


class Deny(Value):
    """Refuse. The reason reaches the model: say what to do instead."""

    kind: Literal["deny"] = "deny"
    reason: str = Field(min_length=1)


class Rewrite(Value):
    """Let it pass with another input, which replaces the whole old one."""

    kind: Literal["rewrite"] = "rewrite"
    input: FrozenObject
    reason: str = Field(min_length=1)


class Context(Value):
    """Add text to what the model reads; no opinion on the event itself."""

    kind: Literal["context"] = "context"
    text: str = Field(min_length=1)


Verdict = Allow | Ask | Deny | Rewrite | Context
VERDICTS = (Allow, Ask, Deny, Rewrite, Context)

Outcome = Literal["none", "allow", "rewrite", "ask", "deny"]


class Step(Value):
    """One line of a decision's trace: what one plugin was asked and said."""

    plugin: str
    #: `none` when it had no opinion, `failed` when it raised, hung or was skipped.
    said: Literal["none", "allow", "rewrite", "ask", "deny", "context", "failed"]
    reason: str = ""
    #: Wall time of the call in milliseconds.
    duration_ms: float = 0.0
    #: The input as this plugin left it, when it rewrote it.
    input: FrozenValue = None
    #: 1 for the first round, 2 when asked again about a rewritten input.
    round: int = 1


class Decision(Value):
    """All verdicts on one event, merged."""

    outcome: Outcome = "none"
    #: Reasons of the verdicts that made the outcome, in call order, one a line.
    reason: str = ""
    #: The input to run with when the outcome is `rewrite`, else None.
    input: FrozenValue = None
    #: Texts for the model, in call order.
    contexts: tuple[str, ...] = ()
    #: What the model is to read in place of what a tool gave back, in the agent host's
    #: own shape; None leaves it as it is. Only of a message that follows a tool call.
    output: FrozenValue = None
    steps: tuple[Step, ...] = ()

    @property
    def refuses(self) -> bool:
        """Return whether the event must not simply go on."""
        return self.outcome in ("ask", "deny")
