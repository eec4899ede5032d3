"""`hookwright daemon`: the process that answers agents; it comes and goes by itself."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import typer

from ...paths import Paths
from ...service import lifetime
from ...service.logs import FILE, Entry, entries, last_lines, new_lines
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
    def restart() -> None:
        """Let the daemon write everything and leave, and start a new one."""
        with progress("The daemon restarts ..."):
            old = lifetime.end(invocation.paths)
            new = lifetime.start(invocation.paths, os.environ)
        before = f"process {old} has left" if old else "none ran"
        write(f"The daemon runs: process {new}; {before}.")

    _add_logs(group, invocation)


def _add_logs(group: typer.Typer, invocation: Invocation) -> None:
    @group.command()
    def logs(
        lines: Annotated[
            int, typer.Option("--lines", "-n", min=0, help="How many at most.")
        ] = _LINES,
        follow: Annotated[
            bool, typer.Option("--follow", "-f", help="Go on until ^C.")
        ] = False,
        as_json: AsJson = False,
    ) -> None:
        """Show the end of the daemon's log.

        When no daemon runs, also what the last one said on standard error, which is
        why it did not come up. With --json each entry is one line.
        """
        as_json = as_json or invocation.json
        show = _write_entries if as_json else _write_lines
        found = last_lines(invocation.paths.logs, lines)
        show(found)
        words = last_words(invocation.paths) if lines else None
        if words is not None:
            _write_words(words, as_json=as_json)
        elif not found and lines and not as_json:
            write(f"There is no log yet; it will be {invocation.paths.logs / FILE}.")
        if follow:
            for more in new_lines(invocation.paths.logs, lambda: False):
                show(more)


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
    pid = found.get("pid") or "unknown"
    if "started" not in found and "version" not in found:
        return f"The daemon is starting: process {pid}."
    since = ""
    if started := found.get("started"):
        since = f", started {ago(datetime.fromisoformat(started))}"
    version = found.get("version", "unknown")
    text = f"The daemon runs: process {pid}, version {version}"
    if version not in ("unknown", own_version()):
        text += f" (this is {own_version()}; the next event replaces it)"
    lines = [text + since + "."]
    if "events" in found:
        lines.append(f"{found['events']} events answered.")
    if (http := found.get("http")) and (http["url"] or http["problem"]):
        lines.append(f"HTTP: {http['problem'] or http['url']}.")
    lines += [f"problem: {found['problem']}"] if found.get("problem") else []
    lines += [f"note: {note}" for note in found.get("notes", ())]
    return "\n".join(lines)


def last_words(paths: Paths) -> Entry | None:
    """Return what a daemon that does not run any more said on standard error."""
    file = paths.run / lifetime.BOOT_LOG
    try:
        said = file.read_text("utf-8", "replace").strip()
        when = datetime.fromtimestamp(file.stat().st_mtime).astimezone()
    except OSError:
        return None
    if not said or lifetime.holder(paths) is not None:
        return None
    return Entry(f"{when:%Y-%m-%d %H:%M:%S},000", "ERROR", str(file), said)


def _write_words(words: Entry, *, as_json: bool) -> None:
    if as_json:
        write_json(words._asdict(), indent=None)
        return
    lines = words.message.split("\n")[-_LINES:]
    heading = f"{words.time} The last daemon said on standard error ({words.logger}):"
    write("\n".join([heading, *lines]))


def _write_lines(lines: Sequence[str]) -> None:
    if lines:
        write("\n".join(lines), flush=True)


def _write_entries(lines: Sequence[str]) -> None:
    for entry in entries(lines):
        write_json(entry._asdict(), indent=None, flush=True)
