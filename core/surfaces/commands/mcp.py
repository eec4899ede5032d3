"""`hookwright mcp`: the tools of plugins for any program that speaks MCP."""

from __future__ import annotations

import os
import sys

import typer

from ...errors import ConfigError
from ..invocation import Invocation, mcp_command
from ..output import warn


def add(app: typer.Typer, invocation: Invocation) -> None:
    """Add the command `mcp`."""

    @app.command("mcp")
    def run_server() -> None:
        """Serve the tools of all plugins as an MCP server on standard input and output.

        Agent hosts run it; hookwright install registers it with them. The daemon, which
        is started when none runs, does the work. Over HTTP: see docs/mcp.md.
        """
        if invocation.wants_own_settings:
            raise ConfigError(
                "the daemon serves MCP, with its own settings: leave out --set and "
                "--no-plugins"
            )
        if sys.stdin.isatty():
            warn("hookwright: waiting for a program that speaks MCP; ^D ends it")
        # The command line takes 20 MB that a server of many hours need not hold.
        command = mcp_command()
        os.execv(command[0], command)  # noqa: S606 - our own interpreter

    _ = run_server
