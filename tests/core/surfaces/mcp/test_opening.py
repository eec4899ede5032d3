"""The opening of a session in this process: with a real daemon, and with none."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.paths import Paths
from hookwright.core.service.mcp_messages import MAX_MESSAGE
from hookwright.core.surfaces.mcp import opening
from hookwright.core.surfaces.mcp.daemon_tools import CACHE, DaemonTools
from hookwright.core.surfaces.mcp.opening import Opened, open_session

from .conftest import SERVER

INITIALIZE = {"id": 1, "method": "initialize", "params": {}}
INITIALIZED = {"method": "notifications/initialized"}
LIST = {"id": 2, "method": "tools/list"}
#: Packages that take longer to import than the whole opening may.
HEAVY = ("collections", "json", "pathlib", "re", "socket", "threading", "typing")
Daemon = Callable[..., int]


def lines(messages: Sequence[object]) -> bytes:
    return b"".join(
        each
        if isinstance(each, bytes)
        else json.dumps({"jsonrpc": "2.0", **dict(each)}).encode() + b"\n"  # type: ignore[call-overload]
        for each in messages
    )


def opened(*messages: object) -> tuple[Opened | None, list[dict[str, Any]], bytes]:
    """Return what is left, the answers, and what was not read."""
    source = io.BytesIO(lines(messages))
    reader, writer = os.pipe()
    try:
        found = open_session(source, writer)
    finally:
        os.close(writer)
    with os.fdopen(reader, "rb") as answers:
        told = [json.loads(line) for line in answers]
    return found, told, source.read()


def test_the_tools_of_a_daemon_are_listed(
    daemon: Daemon, paths: Paths, project: Path
) -> None:
    daemon()
    tools = DaemonTools(paths, str(project))

    left, answers, rest = opened(
        INITIALIZE, INITIALIZED, LIST, {"id": 3, "method": "x"}
    )

    assert left is not None
    assert [answer["id"] for answer in answers] == [1, 2]
    assert answers[0]["result"]["serverInfo"]["name"] == "hookwright"
    assert answers[1]["result"]["tools"] == left.tools == tools.list()
    assert left.identity == tools.identity() != (0, 0)
    assert left.line == b""
    assert json.loads(rest)["id"] == 3


def test_where_no_daemon_runs_the_server_takes_over_at_once(paths: Paths) -> None:
    left, answers, rest = opened(INITIALIZE, LIST)

    assert left is not None
    assert (left.line, left.tools, left.identity) == (b"", None, (0, 0))
    assert [answer["id"] for answer in answers] == [1]
    assert json.loads(rest)["id"] == 2
    assert not paths.run.exists()


def test_a_list_that_no_daemon_gives_is_left_to_the_server() -> None:
    left, answers, _ = opened(LIST)

    assert left is not None
    assert json.loads(left.line)["id"] == 2
    assert answers == []


@pytest.mark.parametrize(
    "first",
    [
        {"id": 7, "method": "tools/call", "params": {"name": "a"}},
        {"id": 7, "method": "server/discover"},
        b"no JSON\n",
        b"[]\n",
        b'{"jsonrpc": "2.0", "id": 1.5, "method": "ping"}\n',
        b"\n",
    ],
)
def test_everything_else_is_left_to_the_server(first: object) -> None:
    left, answers, rest = opened(first, LIST)

    assert left is not None
    assert left.line == lines([first])
    assert answers == []
    assert json.loads(rest)["id"] == 2


def test_a_message_that_is_too_large_is_left_as_far_as_it_was_read() -> None:
    left, answers, rest = opened(b"x" * (MAX_MESSAGE + 10) + b"\n")

    assert left is not None
    assert len(left.line) == MAX_MESSAGE + 1
    assert answers == []
    assert rest == b"x" * 9 + b"\n"


def test_pings_are_answered_and_notifications_are_not() -> None:
    ping = {"id": "p", "method": "ping"}

    left, answers, rest = opened(ping, INITIALIZED, ping)

    assert left is None
    assert [answer["result"] for answer in answers] == [{}, {}]
    assert rest == b""


def test_nobody_who_reads_is_told_to_the_caller() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        with pytest.raises(OSError, match="Broken pipe"):
            open_session(io.BytesIO(lines([INITIALIZE])), writer)
    finally:
        os.close(writer)


def test_what_a_daemon_of_another_kind_says_is_no_list(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon()
    monkeypatch.setattr(opening, "ask", lambda *_: b"HKWA" + bytes(12))

    left, answers, _ = opened(INITIALIZE, LIST)

    assert left is not None
    assert json.loads(left.line)["id"] == 2
    assert len(answers) == 1


def test_what_was_listed_is_remembered(
    daemon: Daemon, connect: Callable[..., Any], paths: Paths
) -> None:
    daemon()
    session = connect()
    tools = session.ask("tools/list")["result"]["tools"]
    deadline = time.monotonic() + 30
    while not (paths.run / CACHE).exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert json.loads((paths.run / CACHE).read_text())["tools"] == tools
    assert session.end() == 0


def test_it_is_light(daemon: Daemon) -> None:
    daemon()
    names = repr(HEAVY)
    code = (
        "import os, sys, io\n"
        "package = sys.modules['hookwright'] = type(sys)('hookwright')\n"
        f"package.__path__ = [{str(Path(SERVER[-1]).parents[3])!r}]\n"
        "from hookwright.core.surfaces.mcp import __main__, opening\n"
        f"source = io.BytesIO({lines([INITIALIZE, LIST])!r})\n"
        "opened = opening.open_session(source, os.open(os.devnull, os.O_WRONLY))\n"
        f"print(opened.tools is not None, *sorted(set({names}) & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-S", "-c", code],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "True\n", done.stdout + done.stderr
