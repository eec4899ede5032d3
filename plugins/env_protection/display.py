"""The commands' results for people, made with rich when something is shown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .records import GuardEvent, GuardStep
from .views import AllowView, ScanView, StepView, TestView

if TYPE_CHECKING:
    from rich.console import RenderableType

#: What agents wrote must not steer a terminal.
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_SHORT_ID = 8
_LONGEST = 60
_MOST_STEPS = 30


def test(view: TestView) -> str:
    """Return the verdict on a command with its steps."""
    steps = [step for step in view.steps if step.outcome == view.outcome]
    others = [step for step in view.steps if step.outcome != view.outcome]
    lines = [f"{view.outcome}: {view.command}", f"  in {view.directory}"]
    lines += [_step(step) for step in [*steps, *others][:_MOST_STEPS]]
    if len(view.steps) > _MOST_STEPS:
        lines.append(f"  and {len(view.steps) - _MOST_STEPS} more steps")
    if not view.steps:
        lines.append("  it touches no file that could be a secret one")
    if view.reason:
        lines.append(view.reason)
    return _clean("\n".join(lines))


def _step(step: StepView | GuardStep) -> str:
    why = f", {step.why}" if step.why else ""
    rule = f", rule {step.rule}" if step.rule else ""
    return f"  {step.outcome:5} {step.what}: {step.how}{rule}{why}"


def log(events: Sequence[GuardEvent]) -> RenderableType:
    """Return a table of what was refused and noticed."""
    if not events:
        return "The guard has refused nothing yet."
    from rich.table import Table
    from rich.text import Text

    made = Table(box=None, pad_edge=False)
    for column in ("Id", "When", "Outcome", "Agent", "Rules", "Call"):
        made.add_column(column)
    for event in events:
        made.add_row(
            event.id[-_SHORT_ID:],
            f"{event.time:%Y-%m-%d %H:%M}",
            event.outcome,
            Text(_clean(event.agent)),
            Text(", ".join(event.rules)),
            Text(_cut(event.call)),
        )
    return made


def explained(event: GuardEvent) -> str:
    """Return one refusal with its steps."""
    lines = [
        f"{event.outcome} {event.id}, {event.time:%Y-%m-%d %H:%M:%S %Z}",
        f"  agent    {event.agent}, session {event.session_id}",
        f"  project  {event.project}",
        f"  in       {event.cwd}",
        f"  call     {event.call}",
        *(_step(step) for step in event.steps),
        event.reason,
    ]
    return _clean("\n".join(lines))


def allowed(view: AllowView) -> str:
    """Return what was written."""
    word = "is allowed now" if view.added else "was allowed already"
    return _clean(f"{view.pattern} {word}, in {view.file}")


def scan(view: ScanView) -> str:
    """Return where secrets are."""
    lines = [f"{each.file}:{each.line}: {each.rule}" for each in view.findings]
    if view.more:
        lines.append("There are more.")
    lines += [f"skipped {text}" for text in view.skipped]
    where = " and ".join(view.places)
    count = len(view.findings)
    found = "1 secret" if count == 1 else f"{count or 'No'} secrets"
    lines.append(f"{found} in {where}.")
    return _clean("\n".join(lines))


def _cut(text: str) -> str:
    plain = _clean(text).replace("\n", " ")
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 3]}..."


def _clean(text: str) -> str:
    return _CONTROL.sub("", text)
