"""What was looked at on the way to a verdict, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from .access import Access

Outcome = Literal["allow", "ask", "deny"]
_STRENGTH = {"allow": 0, "ask": 1, "deny": 2}


class Step(NamedTuple):
    """One thing that was looked at.

    :param what: the path, or the piece of the command that is in doubt.
    :param how: what would be done with it, for people.
    :param rule: the rule it meets, "" for none.
    :param why: in a few words.
    """

    outcome: Outcome
    what: str
    how: str
    mode: str = ""
    rule: str = ""
    why: str = ""


class Ruling(NamedTuple):
    """The verdict on a whole call, and the steps to it."""

    outcome: Outcome
    steps: tuple[Step, ...] = ()

    @property
    def decisive(self) -> tuple[Step, ...]:
        """Return the steps that made the outcome."""
        return tuple(step for step in self.steps if step.outcome == self.outcome)


def strongest(steps: Iterable[Step]) -> Ruling:
    """Return the ruling that the steps come to."""
    found = tuple(steps)
    outcomes: list[Outcome] = ["allow", *(step.outcome for step in found)]
    return Ruling(max(outcomes, key=_STRENGTH.__getitem__), found)


def step_of(access: Access, outcome: Outcome, *, rule: str = "", why: str = "") -> Step:
    """Return the step about an access."""
    return Step(outcome, access.path, access.how, access.mode, rule, why)
