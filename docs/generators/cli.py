"""The command reference: the help text of every command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache

import typer
from typer.main import get_command

from hookwright.core.host import PluginHost, discover
from hookwright.core.surfaces.cli import build_app
from hookwright.core.surfaces.invocation import Invocation

#: The distribution whose plugins the documents are about.
OURS = "hookwright"


@cache
def invocation() -> Invocation:
    """Return a call of the command line with the bundled plugins and no others."""
    made = Invocation(all_commands=True)
    others = [
        found.name for found in discover(made.paths.run) if found.distribution != OURS
    ]
    made.overrides = (f"plugins.disabled={json.dumps(others)}",)
    return made


def bundled_host() -> PluginHost:
    """Return a plugin host with the bundled plugins, opened on no store."""
    return invocation().host()


def commands() -> Iterator[tuple[str, str]]:
    """Yield the words and the help text of every command, groups first."""
    root = get_command(build_app(invocation()))
    top = root.make_context("hookwright", [], resilient_parsing=True)
    pending = [("hookwright", root, top)]
    while pending:
        words, command, context = pending.pop(0)
        context.terminal_width = 80
        yield words, command.get_help(context)
        inner = getattr(command, "commands", {})
        for name in sorted(inner, reverse=True):
            below = typer.Context(inner[name], info_name=name, parent=context)
            pending.insert(0, (f"{words} {name}", inner[name], below))


def command_reference() -> str:
    """Return a section a command."""
    return "\n\n".join(
        f"### `{words}`\n\n```text\n{help_text.strip()}\n```"
        for words, help_text in commands()
    )
