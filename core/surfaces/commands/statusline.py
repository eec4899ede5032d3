"""`hookwright statusline`: how things stand, in one line."""

from __future__ import annotations

import os
import shlex
import sys
from typing import Annotated

import typer

from ...errors import ServiceError
from ...service import client
from ...service.cold_start import ASLEEP
from ...service.connect import DaemonConnection
from ...service.wire import DONE, REPLY_HEAD, FrameError, read_reply_head
from ..clients import choose
from ..invocation import Invocation
from ..options import AsJson
from ..output import write, write_json

#: The client's word for such a request; see the adapter's `StatusReader`.
EVENT = "StatusLine"
_SECONDS = 2.0
AgentHost = Annotated[
    str,
    typer.Option(
        metavar="AGENT_HOST", help="Whose message is on standard input, if one is."
    ),
]
ShowCommand = Annotated[
    bool,
    typer.Option(
        "--command", help="Print the command for a status line of your own, and leave."
    ),
]


def add(app: typer.Typer, invocation: Invocation) -> None:
    """Add the command `statusline`."""

    @app.command()
    def statusline(
        agent_host: AgentHost = "claude-code",
        command: ShowCommand = False,
        as_json: AsJson = False,
    ) -> None:
        """Show how things stand in one line, as an agent host's status line has it.

        An agent host's message on standard input tells which session is meant; without
        one it is the last in this project. Agent hosts run a faster command, which
        `--command` prints: it needs no more than the daemon that runs.
        """
        if command:
            write(status_command(invocation, agent_host))
            return
        message = b"" if sys.stdin.isatty() else client.read_all(sys.stdin.fileno())
        if message.strip():
            line = asked_as(agent_host, message)
        else:
            line = asked_here(invocation)
        if as_json or invocation.json:
            write_json({"line": line})
        else:
            write(line)

    _ = statusline


def status_command(invocation: Invocation, agent_host: str) -> str:
    """Return the shell text that prints the line for a message on standard input."""
    picked = choose(invocation.paths, "auto", dry_run=True)
    return shlex.join((*picked.command, agent_host, EVENT, "--if-running"))


def asked_as(agent_host: str, message: bytes) -> str:
    """Return the line for an agent host's message, as the client is given it."""
    try:
        reply = client.exchange("i", os.urandom(10).hex(), [agent_host, EVENT], message)
        status, _, out, _ = read_reply_head(reply)
    except (OSError, FrameError):
        return _asleep()
    found = reply[REPLY_HEAD : REPLY_HEAD + out] if status == DONE else ASLEEP
    return found.decode("utf-8", "replace").strip()


def asked_here(invocation: Invocation) -> str:
    """Return the line for the working directory."""
    connection = DaemonConnection.open(invocation.paths)
    if connection is None:
        return _asleep()
    with connection:
        try:
            cwd = str(invocation.cwd)
            return str(connection.call("status_line", timeout=_SECONDS, cwd=cwd))
        except ServiceError:
            return _asleep()


def _asleep() -> str:
    return ASLEEP.decode().strip()
