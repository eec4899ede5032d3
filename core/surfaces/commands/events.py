"""`hookwright events`: what the agents did lately, and what they do now."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Annotated, Any

import typer

from hookwright.hookspecs import EVENT_KINDS

from ...errors import HookwrightError, UnknownNameError
from ...service.eventlog import follow as follow_log
from ...service.eventlog import tail
from ..engine import engine
from ..invocation import Invocation
from ..options import AsJson
from ..output import local_time, warn, write, write_json

_SHOWN = 20
#: More than this is looked through when a filter leaves only some.
_SEARCHED = 100_000
#: Text of a line after time, agent and kind.
_DETAIL_WIDTH = 72
Line = dict[str, Any]


def add(app: typer.Typer, invocation: Invocation) -> None:
    """Add the command `events`."""

    @app.command()
    def events(
        count: Annotated[
            int, typer.Option("--count", "-n", min=0, help="How many at most.")
        ] = _SHOWN,
        follow: Annotated[
            bool, typer.Option("--follow", "-f", help="Go on until ^C.")
        ] = False,
        kind: Annotated[
            list[str] | None, typer.Option("--kind", help="Only of this kind.")
        ] = None,
        session: Annotated[
            str, typer.Option("--session", help="Only of sessions that begin so.")
        ] = "",
        as_json: AsJson = False,
    ) -> None:
        """Show the last events, oldest first.

        With --json each event is one line.
        """
        wanted = chooser(kind or [], session)
        show = write_line_as_json if as_json or invocation.json else write_line
        _take_over(invocation)
        for line in recent(invocation, count, wanted):
            show(line)
        if follow:
            for line in follow_log(invocation.paths.logs, lambda: False):
                if wanted(line):
                    show(line, flush=True)


def chooser(kinds: list[str], session: str) -> Callable[[Line], bool]:
    """Return what tells whether an event is wanted.

    :raises UnknownNameError: there is no such kind of event.
    """
    for kind in kinds:
        if kind not in EVENT_KINDS:
            known = ", ".join(EVENT_KINDS)
            raise UnknownNameError(
                f"there is no event kind {kind!r}; kinds are {known}"
            )

    def wanted(line: Line) -> bool:
        of_kind = not kinds or line.get("kind") in kinds
        return of_kind and str(line.get("session_id", "")).startswith(session)

    return wanted


def recent(
    invocation: Invocation, count: int, wanted: Callable[[Line], bool]
) -> Iterator[Line]:
    """Return the last wanted events of the log, oldest first."""
    found = [line for line in tail(invocation.paths.logs, _SEARCHED) if wanted(line)]
    # What waited for a daemon was logged after what it answered first.
    found.sort(key=lambda line: str(line.get("time", "")))
    return iter(found[-count:] if count else [])


def _take_over(invocation: Invocation) -> None:
    """Have what waits for a daemon logged, where there is none to do it."""
    try:
        with os.scandir(invocation.paths.spool) as entries:
            waits = any(True for _ in entries)
    except OSError:
        return  # nothing was ever kept here, or nothing of it can be read
    if not waits:
        return
    try:
        with engine(invocation):
            pass
    except HookwrightError as error:
        # Who looks here looks for a fault: what was logged is shown all the same.
        warn(f"hookwright: what waits for a daemon is not shown: {error}")


def write_line_as_json(line: Line, *, flush: bool = False) -> None:
    """Write an event as one line of JSON."""
    write_json(line, indent=None, flush=flush)


def write_line(line: Line, *, flush: bool = False) -> None:
    """Write an event as one line for people."""
    when = local_time(datetime.fromisoformat(line["time"])).partition(" ")[2]
    kind = str(line.get("kind", ""))
    agent = line.get("agent", {}).get("id", "")
    text = " ".join(f"{when}  {kind:<14}  {agent}  {detail(line)}".split("\n"))
    write(text.rstrip(), flush=flush)


def detail(line: Line) -> str:
    """Return what matters of an event beyond its kind, on one line."""
    call = line.get("call") or {}
    parts = [
        call.get("native_name", ""),
        call.get("command") or ", ".join(call.get("paths", ())),
        line.get("prompt") or line.get("subject") or line.get("path", ""),
        line.get("message") or line.get("reason", ""),
        line.get("remote", ""),
        line.get("source", "") if line.get("kind") == "session_start" else "",
    ]
    if line.get("kind") == "usage_reported":
        parts.append(f"{line.get('model')} {line.get('output_tokens')} tokens out")
    if line.get("succeeded") is False:
        parts.append("FAILED")
    if decision := line.get("decision"):
        outcome = decision.get("outcome", "none")
        parts.append(outcome.upper() if outcome != "none" else "")
    text = " ".join(" ".join(str(part) for part in parts if part).split())
    if len(text) > _DETAIL_WIDTH:
        text = text[: _DETAIL_WIDTH - 3] + "..."
    return text
