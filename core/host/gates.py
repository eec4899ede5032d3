"""Scripts of the hooks that may refuse: who is asked, about what, how often."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING

from hookwright.hookspecs import Decision, PromptSubmit, Rewrite, ToolBefore
from hookwright.hookspecs.verdicts import VERDICTS

from .algebra import Opinion, decide, rewritten_event, second_round, stand_in
from .chain import Call, Reply
from .context import Services
from .guard import Heard, begin, instance_of, left_alone, settle
from .plugin import Implementation

if TYPE_CHECKING:
    from ..store import Stage

Judged = tuple[Decision, "list[Stage]"]
_is_verdict = instance_of(*VERDICTS)


def judge_prompt(
    services: Services, implementations: Sequence[Implementation], event: PromptSubmit
) -> Generator[Call, Reply, Judged]:
    """Ask each plugin once; a rewrite is noted in the trace and does nothing."""
    opinions: list[Opinion] = []
    stages: list[Stage] = []
    values = {"event": event}
    for item in implementations:
        call = begin(services, item, values, item.gate_budget)
        heard = (
            settle(services, call, (yield call), _is_verdict) if call else left_alone()
        )
        opinions.append(_opinion(item, heard, rewritable=False))
        stages += heard.stages
    return decide(opinions), stages


def judge_tool(
    services: Services, implementations: Sequence[Implementation], event: ToolBefore
) -> Generator[Call, Reply, Judged]:
    """Ask each plugin about the input as those before it left it, then once more.

    The second round is for those that were asked before the last rewrite; it is left
    out when the call is denied already.
    """
    opinions: list[Opinion] = []
    stages: list[Stage] = []
    rewrote: list[bool] = []
    todo = list(implementations)
    asked = 1
    while todo:
        for item in todo:
            call = begin(services, item, {"event": event}, item.gate_budget)
            heard = (
                settle(services, call, (yield call), _is_verdict)
                if call
                else left_alone()
            )
            opinion = _opinion(item, heard, asked)
            opinions.append(opinion)
            stages += heard.stages
            if asked == 1:
                rewrote.append(isinstance(opinion.verdict, Rewrite))
                if isinstance(opinion.verdict, Rewrite):
                    event = rewritten_event(event, opinion.verdict)
        todo = []
        if asked == 1 and not any(opinion.outcome == "deny" for opinion in opinions):
            todo = [implementations[place] for place in second_round(rewrote)]
        asked += 1
    return decide(opinions), stages


def unread(implementations: Sequence[Implementation], failure: str) -> Decision:
    """Return what the gates' failure policies make of an event nobody can read."""
    return decide(
        [
            Opinion(
                plugin=item.plugin.name,
                verdict=stand_in(
                    item.plugin.name, item.plugin.info.on_gate_failure, failure
                ),
                failure=failure,
            )
            for item in implementations
        ]
    )


def _opinion(
    item: Implementation, heard: Heard, asked: int = 1, rewritable: bool = True
) -> Opinion:
    name = item.plugin.name
    verdict = heard.value
    if heard.failure:
        verdict = stand_in(name, item.plugin.info.on_gate_failure, heard.failure)
    return Opinion(name, verdict, heard.failure, heard.seconds, asked, rewritable)
