"""`hookwright plugins`: who is loaded, who is not and why, how fast they are."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from ...host import PluginStatus
from ..engine import plugin_statuses
from ..invocation import Invocation
from ..options import AsJson
from ..output import write, write_json, write_table


def add(app: typer.Typer, invocation: Invocation) -> None:
    """Add the command `plugins`."""

    @app.command()
    def plugins(
        hooks: bool = typer.Option(False, "--hooks", help="One row for each hook."),
        as_json: AsJson = False,
    ) -> None:
        """List the plugins: state, calls, errors and times.

        Counts and times are the running daemon's.
        """
        found = plugin_statuses(invocation)
        if as_json or invocation.json:
            write_json(found)
        elif not found:
            write("No plugin is installed.")
        elif hooks:
            write_hooks(found)
        else:
            write_plugins(found)


def write_plugins(found: Sequence[PluginStatus]) -> None:
    """Write one row for each plugin, and below it what is wrong with some."""
    columns = ("name", "version", "from", "state", ">hooks", ">calls", ">errors")
    write_table(
        (*columns, ">p50 ms", ">p95 ms"),
        (
            (
                status.name,
                status.version,
                status.distribution if status.source == "installed" else status.source,
                status.state,
                len(status.hooks),
                sum(hook.calls for hook in status.hooks),
                sum(hook.errors for hook in status.hooks),
                max((hook.p50_ms for hook in status.hooks), default=0.0),
                max((hook.p95_ms for hook in status.hooks), default=0.0),
            )
            for status in found
        ),
    )
    for status in found:
        for text in (status.why, *status.notes):
            if text:
                write(f"{status.label}: {text}")


def write_hooks(found: Sequence[PluginStatus]) -> None:
    """Write one row for each hook of each plugin."""
    write_table(
        ("plugin", "hook", ">calls", ">errors", ">p50 ms", ">p95 ms"),
        (
            (
                status.name,
                hook.hook.removeprefix("hookwright_"),
                hook.calls,
                hook.errors,
                hook.p50_ms,
                hook.p95_ms,
            )
            for status in found
            for hook in status.hooks
        ),
    )
