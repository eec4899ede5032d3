from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hookwright.core.errors import ServiceError, ToolError, UnknownNameError
from hookwright.core.paths import Paths
from hookwright.core.service import lifetime, wire
from hookwright.core.service.connect import DaemonConnection

Replies = list[bytes]


@pytest.fixture
def serve(paths: Paths) -> Iterator[Callable[[list[Replies]], list[str]]]:
    """Return what serves connections: for each request, the next bytes."""
    lifetime.make_run_directory(paths)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    back = os.getcwd()
    os.chdir(paths.run)
    listener.bind(lifetime.SOCKET)
    os.chdir(back)
    listener.listen(5)
    listener.settimeout(10)
    threads: list[threading.Thread] = []

    def start(connections: list[Replies]) -> list[str]:
        asked: list[str] = []

        def run() -> None:
            for replies in connections:
                connection, _ = listener.accept()
                with connection:
                    for reply in replies:
                        head = connection.recv(wire.REQUEST_HEAD, socket.MSG_WAITALL)
                        length = wire.read_head(head).length
                        body = connection.recv(length, socket.MSG_WAITALL)
                        asked.append(json.loads(wire.fields_of(body)[1])["op"])
                        connection.sendall(reply)

        threads.append(threading.Thread(target=run))
        threads[-1].start()
        return asked

    yield start
    for thread in threads:
        thread.join()
    listener.close()


def told(value: Any) -> bytes:
    return wire.encode_reply(wire.Reply(stdout=json.dumps(value).encode()))


PING = told({"result": {"version": wire.VERSION, "pid": 1}})


def test_without_a_daemon_there_is_no_connection(paths: Paths) -> None:
    assert DaemonConnection.open(paths) is None


def test_a_call_gives_its_result(
    paths: Paths, serve: Callable[[list[Replies]], list[str]]
) -> None:
    asked = serve([[PING, told({"result": [1, 2]}), told({})]])

    with DaemonConnection.open(paths) or pytest.fail("no connection") as daemon:
        assert daemon.call("stats") == [1, 2]
        assert daemon.call("stats") is None

    assert asked == ["ping", "stats", "stats"]


def test_a_daemon_of_another_version_is_told_to_leave(
    paths: Paths, serve: Callable[[list[Replies]], list[str]]
) -> None:
    other = told({"result": {"version": "0.0.1", "pid": 1}})
    asked = serve([[other, told({"result": {}})]])

    assert DaemonConnection.open(paths) is None
    assert asked == ["ping", "stop"]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"type": "ToolError", "message": "no such agent"}, ToolError),
        ({"type": "UnknownNameError", "message": "no such agent"}, UnknownNameError),
        ({"type": "SystemExit", "message": "no such agent"}, ServiceError),
        ({"type": "annotations", "message": "no such agent"}, ServiceError),
    ],
)
def test_an_error_is_raised_as_what_it_was(
    paths: Paths,
    serve: Callable[[list[Replies]], list[str]],
    error: dict[str, str],
    kind: type[Exception],
) -> None:
    serve([[PING, told({"error": error})]])

    with DaemonConnection.open(paths) or pytest.fail("no connection") as daemon:
        with pytest.raises(kind, match="no such agent") as caught:
            daemon.call("tool")
        assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (b"", "the daemon has left"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "the daemon has left: not a Hookwright reply"),
        (wire.encode_reply(wire.Reply(wire.RETIRE)), "another version"),
        (wire.encode_reply(wire.Reply(wire.FAULT)), "the daemon failed"),
    ],
)
def test_a_daemon_that_fails_is_told(
    paths: Paths,
    serve: Callable[[list[Replies]], list[str]],
    reply: bytes,
    message: str,
) -> None:
    serve([[PING, reply]])

    with (
        DaemonConnection.open(paths) or pytest.fail("no connection") as daemon,
        pytest.raises(ServiceError, match=message),
    ):
        daemon.call("stats")


def test_a_daemon_that_hangs_is_given_up(
    paths: Paths, serve: Callable[[list[Replies]], list[str]]
) -> None:
    serve([[PING]])

    with DaemonConnection.open(paths) or pytest.fail("no connection") as daemon:
        one, _other = socket.socketpair()
        with one, _other:
            daemon._connection.close()
            daemon._connection = one
            with pytest.raises(ServiceError, match=r"did not answer within 0\.05 s"):
                daemon.call("stats", timeout=0.05)


def test_a_subscription_ends_with_the_daemon(
    paths: Paths, serve: Callable[[list[Replies]], list[str]]
) -> None:
    events = [{"event": {"n": 1}}, {}, {"event": {"n": 2}}]
    serve([[PING, b"".join(map(told, events))]])

    with DaemonConnection.open(paths) or pytest.fail("no connection") as daemon:
        assert list(daemon.subscribe()) == [{"n": 1}, {"n": 2}]


def test_a_daemon_that_has_left_is_told_when_something_is_sent(paths: Paths) -> None:
    one, other = socket.socketpair()
    other.close()

    with DaemonConnection(one) as daemon, pytest.raises(ServiceError, match="has left"):
        daemon.call("x" * 1_000_000)
