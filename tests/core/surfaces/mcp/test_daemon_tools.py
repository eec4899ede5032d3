from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hookwright.core.errors import ServiceError, ToolError
from hookwright.core.paths import Paths
from hookwright.core.service import lifetime, wire
from hookwright.core.service.connect import DaemonConnection
from hookwright.core.surfaces.mcp.daemon_tools import DaemonTools

#: For each connection in turn, what its requests are answered with; None: it closes.
Script = list[list[object]]
PING = {"result": {"version": wire.VERSION, "pid": 1}}


@pytest.fixture
def serve(paths: Paths) -> Iterator[Callable[[Script], list[dict[str, Any]]]]:
    """Return what stands for daemons that answer, or leave, as a script says."""
    lifetime.make_run_directory(paths)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    back = os.getcwd()
    os.chdir(paths.run)
    listener.bind(lifetime.SOCKET)
    os.chdir(back)
    listener.listen(5)
    listener.settimeout(10)
    threads: list[threading.Thread] = []

    def start(script: Script) -> list[dict[str, Any]]:
        asked: list[dict[str, Any]] = []

        def run() -> None:
            for replies in script:
                connection, _ = listener.accept()
                with connection:
                    for reply in replies:
                        head = connection.recv(wire.REQUEST_HEAD, socket.MSG_WAITALL)
                        length = wire.read_head(head).length
                        body = connection.recv(length, socket.MSG_WAITALL)
                        asked.append(json.loads(wire.fields_of(body)[1]))
                        if reply is None:
                            break
                        stdout = json.dumps(reply).encode()
                        connection.sendall(wire.encode_reply(wire.Reply(stdout=stdout)))

        threads.append(threading.Thread(target=run))
        threads[-1].start()
        return asked

    yield start
    for thread in threads:
        thread.join()
    listener.close()


def began(_: DaemonConnection) -> None:
    """Take no note."""


def test_a_call_says_where_it_comes_from_and_that_an_agent_makes_it(
    paths: Paths, serve: Callable[[Script], list[dict[str, Any]]]
) -> None:
    asked = serve([[PING, {"result": 1}]])
    assert DaemonTools(paths, "/here").call("it", {"a": 1}, began, again=True) == 1
    assert asked[1] == {
        "op": "tool",
        "args": {
            "name": "it",
            "arguments": {"a": 1},
            "from_agent": True,
            "cwd": "/here",
        },
    }


def test_what_only_reads_is_sent_once_more_when_the_daemon_leaves(
    paths: Paths, serve: Callable[[Script], list[dict[str, Any]]]
) -> None:
    asked = serve([[PING, None], [PING, {"result": "second"}]])
    tools = DaemonTools(paths, "/here")
    assert tools.call("it", {}, began, again=True) == "second"
    assert [request["op"] for request in asked] == ["ping", "tool", "ping", "tool"]


@pytest.mark.parametrize("again", [True, False])
def test_what_cannot_be_sent_again_is_an_error(
    paths: Paths, serve: Callable[[Script], list[dict[str, Any]]], again: bool
) -> None:
    asked = serve([[PING, None]] * (1 + again))
    with pytest.raises(ServiceError, match="it was begun and did not end"):
        DaemonTools(paths, "/here").call("it", {}, began, again=again)
    assert len(asked) == 2 + 2 * again


def test_what_the_tool_says_is_never_asked_twice(
    paths: Paths, serve: Callable[[Script], list[dict[str, Any]]]
) -> None:
    asked = serve([[PING, {"error": {"type": "ToolError", "message": "no"}}]])
    with pytest.raises(ToolError, match="no"):
        DaemonTools(paths, "/here").call("it", {}, began, again=True)
    assert len(asked) == 2


def test_a_call_that_is_aborted_ends(
    paths: Paths, serve: Callable[[Script], list[dict[str, Any]]]
) -> None:
    serve([[PING]])

    def leave(connection: DaemonConnection) -> None:
        connection.abort()
        connection.abort()

    with pytest.raises(ServiceError):
        DaemonTools(paths, "/here").call("it", {}, leave, again=False)


def test_another_daemon_has_another_identity(paths: Paths) -> None:
    tools = DaemonTools(paths, "/here")
    assert tools.identity() == (0, 0)
    tools.start()
    first = tools.identity()
    assert tools.is_up
    tools.start()
    assert tools.identity() == first != (0, 0)
    lifetime.end(paths)
    assert tools.identity() == (0, 0)
    tools.start()
    assert tools.identity() not in (first, (0, 0))
    assert tools.list() == tools.remembered()
    lifetime.end(paths)


def test_who_waits_for_a_start_that_fails_does_not_wait_for_another(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = DaemonTools(paths, "/here")
    starts = 0

    def fail() -> str:
        nonlocal starts
        starts += 1
        time.sleep(0.3)
        return "no memory"

    monkeypatch.setattr(tools, "_start", fail)
    said: list[str] = []

    def start() -> None:
        with pytest.raises(ServiceError) as caught:
            tools.start()
        said.append(str(caught.value))

    threads = [threading.Thread(target=start) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == ["Hookwright's daemon does not come up: no memory"] * 5
    assert starts == 1
    start()
    assert starts == 2
