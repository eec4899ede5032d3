"""From an event to the decision that the agent host is told."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, get_args

from hookwright.hookspecs import (
    Answer,
    BriefingPart,
    Decision,
    Event,
    PromptSubmit,
    SessionStart,
    ToolBefore,
    freeze,
)
from hookwright.hookspecs.verdicts import Outcome

from ..host import GATE_HOOKS, PluginHost, cut_briefing
from ..redaction import Redaction
from .complaints import line
from .deliveries import Received

if TYPE_CHECKING:
    from ..store import Stage

_log = logging.getLogger(__name__)

#: Weakest first.
_STRENGTH: tuple[Outcome, ...] = get_args(Outcome)


def decide(
    host: PluginHost,
    events: Sequence[Event],
    briefing_tokens: int,
    deadline: float | None = None,
) -> tuple[Decision, list[Stage]]:
    """Ask the plugins about the events of one delivery.

    A delivery that stands for several events gets the strongest of their decisions
    and the contexts of all.

    :param deadline: monotonic seconds at which the gates' decision is due.
    """
    decisions: list[Decision] = []
    stages: list[Stage] = []
    for event in events:
        if isinstance(event, ToolBefore | PromptSubmit):
            decision, written = host.decide(event, deadline)
        elif isinstance(event, SessionStart):
            parts, written = host.briefing(event)
            decision = _told(cut_briefing(parts, briefing_tokens))
        else:
            continue
        decisions.append(decision)
        stages += written
    return strongest(decisions), stages


def unread(host: PluginHost, kinds: Iterable[str] = tuple(GATE_HOOKS)) -> Decision:
    """Return the decision on a message that nobody could judge: the strictest.

    :param kinds: what it could be; all that can be refused when nobody knows.
    """
    return strongest([host.failures_default(kind) for kind in kinds])


def strongest(decisions: Sequence[Decision]) -> Decision:
    """Return the strongest decision, with every decision's contexts and steps."""
    if len(decisions) < 2:
        return decisions[0] if decisions else Decision()
    first = max(decisions, key=lambda decision: _STRENGTH.index(decision.outcome))
    return first.model_copy(
        update={
            "contexts": tuple(text for item in decisions for text in item.contexts),
            "steps": tuple(step for item in decisions for step in item.steps),
        }
    )


def restored(decision: Decision, redaction: Redaction) -> Decision:
    """Return the decision as the agent host must run it.

    A rewritten input was made from a redacted one; what the agent itself wrote is
    put back, in memory only.
    """
    if decision.outcome != "rewrite" or not redaction.originals:
        return decision
    original = redaction.restore(decision.input)
    return decision.model_copy(update={"input": freeze(original)})


def render(
    received: Received, decision: Decision, redact: Callable[[str], str]
) -> Answer:
    """Return the decision in the agent host's words; a failing adapter says nothing."""
    try:
        answer = received.adapter.render(
            received.delivery, restored(decision, received.redaction)
        )
    except Exception as error:  # noqa: BLE001 - an adapter is a plugin
        host = received.delivery.agent_host
        _log.exception("adapter %s: render failed", host)
        return Answer(
            stderr=line(redact(f"adapter {host} failed to answer: {error!r}"))
        )
    said = received.problem or received.note
    if not said:
        return answer
    return Answer(answer.stdout, answer.stderr + line(said), answer.exit_code)


def _told(parts: Sequence[BriefingPart]) -> Decision:
    texts = [f"## {part.title}\n{part.text.strip()}" for part in parts]
    return Decision(contexts=("\n\n".join(texts),)) if texts else Decision()
