"""What an agent and its user are told: the rule, the path, and what to do instead."""

from __future__ import annotations

from .rules import RULES
from .steps import Ruling, Step
from .words import UNKNOWN

_MOST = 3
_LONGEST = 160
_NAME = "env_protection"


def reason_for(ruling: Ruling) -> str:
    """Return the reason of an ask or a deny."""
    steps = ruling.decisive
    lines = [_line(step) for step in steps[:_MOST]]
    if len(steps) > _MOST:
        lines.append(f"and {len(steps) - _MOST} more")
    told = "; ".join(lines)
    if ruling.outcome == "deny":
        return f"{_NAME}: {told}. {_cure(steps)}"
    return (
        f"{_NAME}: it cannot be told whether this reaches a secret file: {told}. "
        "Name the files in plain words (no unknown variable, no decoding, no unknown "
        "script), or let the user decide."
    )


def _line(step: Step) -> str:
    what = shown(step.what)
    rule = RULES.get(step.rule)
    if step.outcome == "deny" and step.rule == "secret-text":
        return f"{what}: {step.why}; {step.how}"
    if step.outcome == "deny" and rule is not None:
        return f"{what} is protected (rule {rule.name}: {rule.holds}); {step.how}"
    why = f" ({step.why})" if step.why else ""
    return f"{what}: {step.how}{why}"


def _cure(steps: tuple[Step, ...]) -> str:
    rules = dict.fromkeys(step.rule for step in steps)
    cures = [RULES[rule].instead for rule in rules if rule in RULES]
    tail = ". A person can exempt a file: hookwright guard allow PATTERN --reason TEXT."
    if "guard" in rules:
        tail = "."
    return ". ".join(cures[:2]) + tail


def shown(text: str) -> str:
    """Return a path or a piece of a command for people: unknown stretches as `?`."""
    plain = "".join(
        character if character.isprintable() else " "
        for character in text.replace(UNKNOWN, "?")
    )
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 3]}..."
