"""What the demo shows at the end: the card, numbers, and what to do next."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from .claude import Meter
from .scratch import Scratch

_AGENT = "claude-code/main"
_MANY = "1000000"
_NEXT = """What next, in a project of yours:
  hookwright install claude-code         this project, with Claude Code and git
  hookwright install claude-code --user  all your projects, with Claude Code
  hookwright install git                 this project, with git alone
Then: hookwright doctor, hookwright events, hookwright agent status."""


@dataclass(frozen=True)
class Summary:
    """What the day left behind.

    :param card: the main agent's status card.
    :param delivered: events that Claude Code's hooks handed over, by its names.
    :param p50_ms: median wall time of such a hook, start of the process to its exit,
        by its names; `all` is over all of them.
    :param events: events recorded, by kind.
    :param records: records in the store, by type.
    :param flushes: transactions of the store, by reason.
    :param files_searched: files of the data directory.
    :param files_with_secret: those that hold the secret that was typed.
    """

    card: str
    delivered: dict[str, int]
    p50_ms: dict[str, float]
    events: dict[str, int]
    records: dict[str, int]
    flushes: dict[str, int]
    files_searched: int
    files_with_secret: int

    def as_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return asdict(self)


def make_summary(scratch: Scratch, meter: Meter, secret: str) -> Summary:
    """Ask the `hookwright` command what was recorded."""
    stats = json.loads(scratch.hookwright("store", "stats", "--json"))
    lines = scratch.hookwright("events", "--count", _MANY, "--json").splitlines()
    kinds = Counter(json.loads(line)["kind"] for line in lines)
    files = [path for path in scratch.data.rglob("*") if path.is_file()]
    times = meter.milliseconds
    p50 = {event: round(median(found), 1) for event, found in times.items()}
    everything = [item for found in times.values() for item in found]
    return Summary(
        card=scratch.hookwright("agent", "status", _AGENT).rstrip(),
        delivered={event: len(found) for event, found in times.items()},
        p50_ms={"all": round(median(everything), 1), **p50},
        events=dict(kinds.most_common()),
        records=stats["records"],
        flushes=stats["flushes"],
        files_searched=len(files),
        files_with_secret=sum(_holds(path, secret) for path in files),
    )


def summary_text(summary: Summary) -> str:
    """Return the summary for a person."""
    clean = "none" if not summary.files_with_secret else summary.files_with_secret
    return "\n".join(
        (
            "",
            summary.card,
            "",
            f"{sum(summary.delivered.values())} hooks of Claude Code ran, "
            f"each in a process of its own: median {summary.p50_ms['all']:.0f} ms",
            *(
                f"  {event:<20} {count:>3}  {summary.p50_ms[event]:>6.1f} ms"
                for event, count in summary.delivered.items()
            ),
            f"Events recorded:  {_listed(summary.events)}",
            f"Records stored:   {_listed(summary.records)}",
            f"Flushed after:    {_listed(summary.flushes)}",
            f"The secret that the agent typed is in {clean} of the "
            f"{summary.files_searched} files written.",
            "",
            _NEXT,
        )
    )


def _listed(counts: dict[str, int]) -> str:
    """Return counts on lines of at most 80 columns, indented under a label."""
    lines, line = [], ""
    for text in (f"{count} {name}" for name, count in counts.items() if count):
        if line and len(line) + len(text) > 56:
            lines.append(line)
            line = ""
        line += f", {text}" if line else text
    return (",\n" + " " * 18).join([*lines, line]) if line else "none"


def _holds(path: Path, secret: str) -> bool:
    return secret.encode() in path.read_bytes()
