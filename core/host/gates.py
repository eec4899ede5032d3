"""Scripts of the hooks that may refuse: who is asked, about what, how often."""

from __future__ import annotations

import time
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
#: Seconds kept back for each plugin that is still to be asked, so that one that hangs
#: leaves those behind it a turn: what a guard takes for a long command, on a machine
#: that has other things to do, where the one that hangs is given up late.
_TURN_S = 0.25
#: With less time than this a plugin is not asked, and its failure policy answers.
_LEAST_S = 0.005
#: A plugin that had so much time and did not answer is at fault, whatever it declares.
_FAIR_S = 0.5


def judge(
    services: Services,
    implementations: Sequence[Implementation],
    event: PromptSubmit | ToolBefore,
    deadline: float | None = None,
) -> Generator[Call, Reply, Judged]:
    """Return the script for what may be refused: a prompt, or a tool call."""
    if isinstance(event, ToolBefore):
        return judge_tool(services, implementations, event, deadline)
    return judge_prompt(services, implementations, event, deadline)


def judge_prompt(
    services: Services,
    implementations: Sequence[Implementation],
    event: PromptSubmit,
    deadline: float | None = None,
) -> Generator[Call, Reply, Judged]:
    """Ask each plugin once; a rewrite is noted in the trace and does nothing.

    :param deadline: monotonic seconds at which the decision is due; whoever has not
        answered by then is represented by its failure policy.
    """
    opinions: list[Opinion] = []
    stages: list[Stage] = []
    for place, item in enumerate(implementations, 1):
        seconds = _seconds(item, deadline, len(implementations) - place)
        heard = yield from _ask(services, item, event, seconds)
        opinions.append(_opinion(item, heard, rewritable=False))
        stages += heard.stages
    return decide(opinions), stages


def judge_tool(
    services: Services,
    implementations: Sequence[Implementation],
    event: ToolBefore,
    deadline: float | None = None,
) -> Generator[Call, Reply, Judged]:
    """Ask each plugin about the input as those before it left it, then once more.

    The second round is for those that were asked before the last rewrite; it is left
    out when the call is denied already.

    :param deadline: as for `judge_prompt`.
    """
    opinions: list[Opinion] = []
    stages: list[Stage] = []
    rewrote: list[bool] = []
    todo = list(implementations)
    asked = 1
    while todo:
        for place, item in enumerate(todo, 1):
            seconds = _seconds(item, deadline, len(todo) - place)
            heard = yield from _ask(services, item, event, seconds)
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
                    item.plugin.name,
                    item.plugin.info.on_gate_failure,
                    item.plugin.held or failure,
                ),
                failure=item.plugin.held or failure,
            )
            for item in implementations
        ]
    )


def _ask(
    services: Services,
    item: Implementation,
    event: PromptSubmit | ToolBefore,
    seconds: float,
) -> Generator[Call, Reply, Heard]:
    """Ask one plugin, unless it cannot be asked."""
    if item.plugin.held:
        return Heard(None, item.plugin.held)
    if seconds < _LEAST_S:
        return Heard(None, "was not asked: no time was left")
    call = begin(services, item, {"event": event}, seconds)
    if call is None:
        return left_alone()
    call.hurried = seconds < min(item.gate_budget, _FAIR_S)
    return settle(services, call, (yield call), _is_verdict)


def _seconds(item: Implementation, deadline: float | None, later: int) -> float:
    """Return how long a plugin may take when so many are to be asked after it."""
    if deadline is None:
        return item.gate_budget
    left = deadline - time.monotonic()
    return min(item.gate_budget, max(left - _TURN_S * later, left / 2))


def _opinion(
    item: Implementation, heard: Heard, asked: int = 1, rewritable: bool = True
) -> Opinion:
    name = item.plugin.name
    verdict = heard.value
    if heard.failure:
        verdict = stand_in(name, item.plugin.info.on_gate_failure, heard.failure)
    return Opinion(name, verdict, heard.failure, heard.seconds, asked, rewritable)
