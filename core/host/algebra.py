"""How the verdicts of many plugins become one decision. Pure functions.

The strongest verdict wins, whatever the order: deny, ask, rewrite, allow, none.
Rewrites compose in call order: each plugin judged the input as those before it had
left it, so the last one's input is the composed one. A plugin that was asked before
the last rewrite is asked once more about the final input; there only its deny or
its ask counts.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from hookwright.hookspecs import (
    Allow,
    Ask,
    Context,
    Decision,
    Deny,
    Rewrite,
    ToolBefore,
    ToolCall,
    Verdict,
)
from hookwright.hookspecs.verdicts import Outcome

FailurePolicy = Literal["allow", "ask", "deny"]
#: Weakest first.
STRENGTH: tuple[Outcome, ...] = get_args(Outcome)


@dataclass(slots=True)  # not frozen: a frozen one takes thrice as long to make
class Opinion:
    """What one plugin was asked and said, or what stands in for it.

    :param failure: why the plugin gave no answer of its own; "" when it did.
    :param rewritable: whether the event takes another input; a prompt does not.
    """

    plugin: str
    verdict: Verdict | None = None
    failure: str = ""
    seconds: float = 0.0
    round: int = 1
    rewritable: bool = True

    @property
    def outcome(self) -> Outcome:
        """Return the strength that this opinion has in its round."""
        verdict = self.verdict
        if verdict is None or isinstance(verdict, Context):
            return "none"
        if isinstance(verdict, Rewrite) and not self.rewritable:
            return "none"
        if self.round > 1 and not isinstance(verdict, Ask | Deny):
            return "none"
        return verdict.kind

    def step(self) -> dict[str, Any]:
        """Return the opinion as the fields of a `Step`."""
        # Only what differs from the defaults: fifty of these are made for one event.
        fields: dict[str, Any] = {
            "plugin": self.plugin,
            "said": "none",
            "duration_ms": self.seconds * 1000,
            "round": self.round,
        }
        verdict = self.verdict
        if verdict is not None:
            fields["said"] = verdict.kind
            if not isinstance(verdict, Context):
                fields["reason"] = verdict.reason
            if isinstance(verdict, Rewrite):
                fields["input"] = verdict.input
        if self.failure:
            fields["said"] = "failed"
            fields["reason"] = fields.get("reason") or self.failure
        return fields


def stand_in(plugin: str, policy: FailurePolicy, failure: str) -> Verdict | None:
    """Return the verdict that takes a failed plugin's place.

    `allow` becomes no opinion: an explicit allow could spare the agent a question
    that its own host would have asked.
    """
    if policy == "allow":
        return None
    reason = f"Plugin {plugin} could not judge this: it {_clause(failure)}."
    if policy == "ask":
        return Ask(reason=f"{reason} It is declared to ask a person then.")
    return Deny(reason=f"{reason} It is declared to refuse then.")


def strongest(outcomes: Iterable[Outcome]) -> Outcome:
    """Return the strongest of the outcomes; `none` when there are none."""
    return max(outcomes, key=STRENGTH.index, default="none")


def decide(opinions: Sequence[Opinion]) -> Decision:
    """Merge opinions, in the order they were asked for, into one decision."""
    outcomes = [opinion.outcome for opinion in opinions]
    outcome = strongest(set(outcomes))
    deciding = [
        opinion.verdict
        for opinion, own in zip(opinions, outcomes, strict=True)
        if own == outcome != "none"
    ]
    reasons: list[str] = []
    rewritten: Any = None
    for verdict in deciding:
        if isinstance(verdict, Allow | Ask | Deny | Rewrite):
            if verdict.reason and verdict.reason not in reasons:
                reasons.append(verdict.reason)
            if isinstance(verdict, Rewrite):
                rewritten = verdict.input
    # The steps are made in one go inside pydantic: that takes a third of the time.
    return Decision.model_validate(
        {
            "outcome": outcome,
            "reason": "\n".join(reasons),
            "input": rewritten,
            "contexts": tuple(
                opinion.verdict.text
                for opinion in opinions
                if opinion.round == 1 and isinstance(opinion.verdict, Context)
            ),
            "steps": tuple([opinion.step() for opinion in opinions]),
        }
    )


def second_round(rewrote: Sequence[bool]) -> list[int]:
    """Return the positions to ask again: all those before the last that rewrote."""
    last = max((place for place, did in enumerate(rewrote) if did), default=0)
    return list(range(last))


def rewritten_event(event: ToolBefore, rewrite: Rewrite) -> ToolBefore:
    """Return the event with the rewrite's input and all that is derived from it."""
    call = event.call
    original = call.input if event.original_input is None else event.original_input
    changed = call.model_copy(
        update={
            "input": rewrite.input,
            "command": _command(call, rewrite.input),
            "paths": _paths(call, rewrite.input, event.cwd),
        }
    )
    return event.model_copy(update={"call": changed, "original_input": original})


def _command(call: ToolCall, new: Mapping[str, Any]) -> str:
    """Return the command line in the new input, found where the old one stood."""
    if call.tool != "shell":
        return call.command
    for name, value in call.input.items():
        if value == call.command and isinstance(new.get(name), str):
            return str(new[name])
    # It cannot be told which text is run: a guard is shown all of it.
    return "\n".join(value for value in new.values() if isinstance(value, str))


def _paths(call: ToolCall, new: Mapping[str, Any], cwd: str) -> tuple[str, ...]:
    """Return the paths of the new input; those not found in the old one stay."""
    named = {name: _absolute(value, cwd) for name, value in call.input.items()}
    replaced = {path for path in named.values() if path in call.paths}
    found = [path for path in call.paths if path not in replaced]
    for name, value in new.items():
        path = _absolute(value, cwd)
        telling = named.get(name) in replaced or name.endswith(("path", "file"))
        if path and telling and path not in found:
            found.append(path)
    return tuple(found)


def _absolute(value: Any, cwd: str) -> str:
    if not isinstance(value, str) or not value or "\0" in value:
        return ""
    return os.path.normpath(os.path.join(cwd, value))


def _clause(failure: str) -> str:
    """Return a failure so that it reads after "it"; one line, not too long."""
    line = failure.partition("\n")[0][:400].rstrip(".")
    return f"was {line}" if line.startswith(("left", "still")) else line
