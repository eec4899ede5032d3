"""`hookwright plugins`: who is loaded, who is not and why, how fast they are."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from ...host import PluginStatus
from ...host.crashes import Crashes
from ...service import lifetime
from ..engine import plugin_statuses
from ..invocation import Invocation
from ..options import AsJson
from ..output import write, write_json, write_table


def add(app: typer.Typer, invocation: Invocation) -> None:
    """Add the command `plugins`, with `plugins retry` below it."""
    group = typer.Typer()
    app.add_typer(group, name="plugins")

    @group.callback(invoke_without_command=True)
    def plugins(
        context: typer.Context,
        hooks: bool = typer.Option(False, "--hooks", help="One row for each hook."),
        as_json: AsJson = False,
    ) -> None:
        """List the plugins: state, calls, errors and times.

        Counts and times are the running daemon's.
        """
        if context.invoked_subcommand is not None:
            return
        found = plugin_statuses(invocation)
        if as_json or invocation.json:
            write_json(found)
        elif not found:
            write("No plugin is installed.")
        elif hooks:
            write_hooks(found)
        else:
            write_plugins(found)

    @group.command()
    def retry(name: str) -> None:
        """Forget that a plugin ended the daemon, and try it as before.

        A daemon that runs is stopped; the next event of an agent starts another.
        """
        if not Crashes(invocation.paths.data).forget(name):
            write(f"Nothing is held against a plugin {name}.")
            return
        lifetime.end(invocation.paths)
        write(f"Plugin {name} is tried again when the next daemon starts.")


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
        running = f"worker process {status.process}" if status.process else ""
        for text in (status.why, running, *status.notes):
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
