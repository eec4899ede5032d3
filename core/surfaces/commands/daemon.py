"""`hookwright daemon`: the process that answers agents; it comes and goes by itself."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Annotated, Any

import typer

from ...service import lifetime
from ...service.logs import FILE
from ..engine import daemon_details
from ..invocation import Invocation, own_version
from ..options import AsJson
from ..output import ago, progress, write, write_json

_NOT_RUNNING = "No daemon runs. The next event of an agent starts one."
_LINES = 40


def add(app: typer.Typer, invocation: Invocation) -> None:
    """Add the group `daemon`."""
    group = typer.Typer(no_args_is_help=True)
    text = "Look at the daemon; agents start it by themselves."
    app.add_typer(group, name="daemon", help=text)

    @group.command()
    def status(as_json: AsJson = False) -> None:
        """Say whether the daemon runs, since when, and what it has done.

        Exits with 1 when none runs.
        """
        found = daemon_status(invocation)
        if as_json or invocation.json:
            write_json(found)
        else:
            write(status_text(found))
        if not found["running"]:
            raise typer.Exit(1)

    @group.command()
    def start() -> None:
        """Start the daemon unless it runs."""
        if lifetime.is_listening(invocation.paths):
            write("The daemon runs already.")
            return
        with progress("The daemon starts ..."):
            lifetime.start(invocation.paths, os.environ)
        write("The daemon runs.")

    @group.command()
    def stop() -> None:
        """Let the daemon write everything to the store and leave."""
        with progress("The daemon stops ..."):
            stopped = lifetime.end(invocation.paths)
        write("The daemon is stopped." if stopped else _NOT_RUNNING)

    @group.command()
    def logs(
        lines: Annotated[
            int, typer.Option("--lines", "-n", min=0, help="How many at most.")
        ] = _LINES,
    ) -> None:
        """Show the end of the daemon's log."""
        write(log_text(invocation, lines))


def daemon_status(invocation: Invocation) -> dict[str, Any]:
    """Return what is known of the daemon, as JSON values."""
    holder = lifetime.holder(invocation.paths)
    found: dict[str, Any] = {"running": holder is not None, **(holder or {})}
    if holder is not None and holder.get("version") == own_version():
        found |= daemon_details(invocation)
    return found


def status_text(found: dict[str, Any]) -> str:
    """Return the status for a person."""
    if not found["running"]:
        return _NOT_RUNNING
    since = ""
    if started := found.get("started"):
        since = f", started {ago(datetime.fromisoformat(started))}"
    version = found.get("version", "unknown")
    text = f"The daemon runs: process {found.get('pid', 'unknown')}, version {version}"
    if version not in ("unknown", own_version()):
        text += f" (this is {own_version()}; the next event replaces it)"
    lines = [text + since + "."]
    if "events" in found:
        lines.append(f"{found['events']} events answered.")
    lines += [f"problem: {found['problem']}"] if found.get("problem") else []
    lines += [f"note: {note}" for note in found.get("notes", ())]
    return "\n".join(lines)


def log_text(invocation: Invocation, lines: int) -> str:
    """Return the last lines of the log, or where it would be."""
    path = invocation.paths.logs / FILE
    if not path.is_file():
        return f"There is no log yet; it will be {path}."
    found = path.read_text("utf-8", "replace").splitlines()
    return "\n".join(found[-lines:] if lines else [])
