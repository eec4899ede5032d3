from __future__ import annotations

import asyncio
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import pytest

from hookwright.core.paths import Paths
from hookwright.core.service import wire
from hookwright.core.service.connect import DaemonConnection
from hookwright.core.service.door import Send
from hookwright.core.service.http_access import find_access, make_access
from hookwright.core.service.http_door import HttpDoor
from hookwright.core.service.http_port import read_port, write_port
from hookwright.core.service.http_token import FILE, read_token
from hookwright.hookspecs import HttpAccess


class Echo:
    """Answers with the last field of what it was sent."""

    async def answer(
        self, kind: int, fields: list[bytes], send: Send
    ) -> wire.Reply | None:
        return wire.Reply(stdout=fields[-1])

    def retire(self) -> None:
        """Stay."""


def with_door(data: Path, work: Callable[[HttpDoor], Awaitable[Any]]) -> Any:
    async def serve() -> Any:
        door = HttpDoor(data, Echo())
        try:
            return await asyncio.wait_for(work(door), 60)
        finally:
            door.shut()
            door.close()
            await asyncio.sleep(0.01)

    return asyncio.run(serve())


def access_of(data: Path) -> HttpAccess:
    found = find_access(Paths(data, data))
    assert found is not None
    return found


def call(
    access: HttpAccess,
    path: str = "/v1/health",
    body: bytes | None = None,
    connection: http.client.HTTPConnection | None = None,
    **headers: str,
) -> tuple[int, bytes]:
    """Make one request; each is a connection of its own unless one is given."""
    address = access.url.removeprefix("http://")
    way = connection or http.client.HTTPConnection(address, timeout=20)
    named = {f"X-Hookwright-{name}": value for name, value in headers.items()}
    named["Authorization"] = f"Bearer {access.token}"
    try:
        way.request("GET" if body is None else "POST", path, body, named)
        answer = way.getresponse()
        return answer.status, answer.read()
    finally:
        if connection is None:
            way.close()


async def call_beside(access: HttpAccess, **more: Any) -> tuple[int, bytes]:
    return await asyncio.to_thread(call, access, "/v1/hooks/a/b", **more)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    directory = tmp_path / "data"
    directory.mkdir(mode=0o700)
    return directory


BODY = b'{"cwd": "/p"}'


def test_the_door_opens_and_closes_as_it_is_wished(data: Path) -> None:
    async def work(door: HttpDoor) -> None:
        await door.tend("auto", 0)
        assert door.about() == {"url": "", "connections": 0, "problem": ""}

        await door.tend(True, 0)
        access = access_of(data)
        assert door.about()["url"] == access.url
        assert await call_beside(access, body=BODY) == (200, BODY)

        await door.tend(False, 0)
        with pytest.raises(ConnectionRefusedError):
            await call_beside(access, body=BODY)

        make_access(Paths(data, data), 0)
        await door.tend("auto", 0)
        assert access_of(data) == access
        assert await call_beside(access, body=BODY) == (200, BODY)

    with_door(data, work)


@pytest.mark.parametrize("turns", range(8))
def test_who_comes_as_it_closes_is_not_left_waiting(data: Path, turns: int) -> None:
    async def work(door: HttpDoor) -> None:
        await door.tend(True, 0)
        with socket.create_connection(("127.0.0.1", read_port(data) or 0), 5) as client:
            for _ in range(turns):
                await asyncio.sleep(0)
            await door.tend(False, 0)
            with suppress(ConnectionResetError):
                assert await asyncio.to_thread(client.recv, 1) == b""

    with_door(data, work)


def test_it_listens_on_the_loopback_address_and_does_not_delay(data: Path) -> None:
    async def work(door: HttpDoor) -> None:
        await door.tend(True, 0)
        port = read_port(data)
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        while not door.connections:
            await asyncio.sleep(0.001)
        (connection,) = door.connections
        assert connection._transport is not None
        accepted = connection._transport.get_extra_info("socket")
        assert accepted.getsockname() == ("127.0.0.1", port)
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        writer.close()
        await writer.wait_closed()

    with_door(data, work)


def test_a_thousand_requests_go_over_one_connection(data: Path) -> None:
    async def work(door: HttpDoor) -> None:
        await door.tend(True, 0)
        access = access_of(data)

        def many() -> set[int]:
            address = access.url.removeprefix("http://")
            way = http.client.HTTPConnection(address, timeout=20)
            found = set()
            for number in range(1000):
                body = json.dumps({"cwd": "/p", "n": number}).encode()
                assert call(access, "/v1/hooks/a/b", body, way) == (200, body)
                found.add(way.sock.getsockname()[1])
            way.close()
            return found

        assert len(await asyncio.to_thread(many)) == 1

    with_door(data, work)


def test_fifty_connections_are_served_at_once(data: Path) -> None:
    async def work(door: HttpDoor) -> None:
        await door.tend(True, 0)
        access = access_of(data)
        head = (
            f"POST /v1/hooks/a/b HTTP/1.1\r\nHost: {access.url[7:]}\r\n"
            f"Authorization: Bearer {access.token}\r\n"
        )

        async def one(number: int) -> None:
            port = int(access.url.rpartition(":")[2])
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for turn in range(20):
                body = json.dumps({"cwd": "/p", "n": [number, turn]})
                length = f"Content-Length: {len(body)}\r\n\r\n"
                writer.write((head + length + body).encode())
                assert b" 200 " in await reader.readline()
                await reader.readuntil(b"\r\n\r\n")
                assert await reader.readexactly(len(body)) == body.encode()
            writer.close()
            await writer.wait_closed()

        await asyncio.gather(*(one(number) for number in range(50)))

    with_door(data, work)


def test_a_refused_client_reads_why_although_it_sends_on(data: Path) -> None:
    async def work(door: HttpDoor) -> None:
        await door.tend(True, 0)
        access = access_of(data)
        wrong = HttpAccess(access.url, "0" * 64)
        status, body = await call_beside(wrong, body=b"x" * 8_000_000)
        assert (status, b"bearer token" in body) == (401, True)

    with_door(data, work)


def test_a_port_that_is_taken_gives_another_port_and_another_token(
    data: Path,
) -> None:
    access = make_access(Paths(data, data), 0)
    port = read_port(data) or 0

    async def work(door: HttpDoor) -> None:
        with socket.create_server(("127.0.0.1", port)):
            await door.tend("auto", 0)
        # Whoever sat there may have been told the token.
        now = access_of(data)
        assert now.url != access.url
        assert now.token != access.token
        assert await call_beside(now, body=BODY) == (200, BODY)
        old = HttpAccess(now.url, access.token)
        assert (await call_beside(old, body=BODY))[0] == 401

    with_door(data, work)


def test_a_port_that_was_set_is_not_exchanged(data: Path) -> None:
    make_access(Paths(data, data), 0)
    token = read_token(data)

    async def work(door: HttpDoor) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            await door.tend(True, port)
            assert door.about()["url"] == ""
            assert f"port {port} is not free" in door.problem
        await door.tend(True, port)
        assert door.about() == {
            "url": f"http://127.0.0.1:{port}",
            "connections": 0,
            "problem": "",
        }
        assert read_token(data) == token

    with_door(data, work)


def test_a_token_that_is_removed_opens_nothing_any_more(data: Path) -> None:
    async def work(door: HttpDoor) -> None:
        await door.tend(True, 0)
        old = access_of(data)
        (data / FILE).unlink()
        await door.tend(True, 0)
        assert (await call_beside(old, body=BODY))[0] == 401
        assert (await call_beside(access_of(data), body=BODY))[0] == 200

    with_door(data, work)


def test_a_token_that_others_can_read_keeps_the_door_closed(data: Path) -> None:
    make_access(Paths(data, data), 0)
    (data / FILE).chmod(0o644)

    async def work(door: HttpDoor) -> None:
        await door.tend("auto", 0)
        assert "open to others" in door.problem
        assert door.about()["url"] == ""
        assert find_access(Paths(data, data)) is None
        (data / FILE).chmod(0o600)
        await door.tend("auto", 0)
        assert door.problem == ""

    with_door(data, work)


class StartDaemon(Protocol):
    def __call__(self, **variables: str) -> subprocess.Popen[bytes]: ...


@pytest.fixture
def opened(
    paths: Paths, start_daemon: StartDaemon, until: Callable[..., Any]
) -> Callable[..., tuple[HttpAccess, subprocess.Popen[bytes]]]:
    """Return what starts a daemon with this door and waits until it is open."""

    def start(**variables: str) -> tuple[HttpAccess, subprocess.Popen[bytes]]:
        access = make_access(paths, 0)
        process = start_daemon(**variables)

        def answers() -> bool:
            try:
                return call(access)[0] == 200
            except ConnectionError:  # refused, or ended as the door closed
                return False

        until(answers)
        return access, process

    return start


def event(kind: str, text: str = "", session: str = "s1") -> bytes:
    fields = {"event": kind, "text": text, "session": session, "cwd": "/"}
    return json.dumps(fields).encode()


def seen(access: HttpAccess, session: str = "s1") -> dict[str, Any]:
    status, body = call(
        access, "/v1/tools/seen", b'{"session": "%s"}' % session.encode()
    )
    assert status == 200, body
    found: dict[str, Any] = json.loads(body)["result"]
    return found


Opened = Callable[..., tuple[HttpAccess, subprocess.Popen[bytes]]]


def test_the_daemon_answers_by_http_what_it_answers_at_the_socket(
    opened: Opened, until: Callable[..., Any]
) -> None:
    access, process = opened()

    status, body = call(access)
    assert (status, json.loads(body)["pid"]) == (200, process.pid)
    refused = call(access, "/v1/hooks/sample/before", event("before", "forbidden"))
    assert refused[0] == 200
    assert json.loads(refused[1])["outcome"] == "deny"
    assert call(
        access, "/v1/hooks/sample/after", event("after", "done"), Observe="1"
    ) == (200, b"")
    until(lambda: "done" in seen(access)["texts"])
    # Who calls by HTTP is no person.
    assert call(access, "/v1/tools/secret", b"{}")[0] == 422
    assert call(access, "/v1/tools/none", b"{}")[0] == 404
    assert call(access, "/v1/hooks/nobody/x", event("after"))[0] == 404


def test_one_delivery_that_is_sent_twice_is_one(
    opened: Opened, until: Callable[..., Any]
) -> None:
    access, _ = opened()
    delivery = "0123456789abcdef0123"
    answers = {
        call(
            access,
            "/v1/hooks/sample/before",
            event("before", "forbidden"),
            Delivery=delivery,
        )
        for _ in range(3)
    }
    call(access, "/v1/hooks/sample/after", event("after", "last"))

    assert len(answers) == 1
    until(lambda: "last" in seen(access)["texts"])
    assert seen(access)["count"] == 2


def test_what_was_answered_survives_kill_9(
    opened: Opened, until: Callable[..., Any]
) -> None:
    access, process = opened()
    for number in range(50):
        body = event("after", f"t{number}")
        assert call(access, "/v1/hooks/sample/after", body, Observe="1")[0] == 200
    os.kill(process.pid, signal.SIGKILL)
    process.wait()

    again, _ = opened()

    # The same port and token, so that installed hooks go on.
    assert again == access
    until(lambda: seen(again)["count"] == 50)


def test_another_version_makes_the_daemon_leave(opened: Opened) -> None:
    access, process = opened()

    assert call(access, Version="0.0.1")[0] == 409
    assert process.wait(10) == 0


def test_an_install_opens_the_door_of_a_daemon_that_runs(
    paths: Paths, start_daemon: StartDaemon, until: Callable[..., Any]
) -> None:
    start_daemon(HOOKWRIGHT__STORE__FLUSH_SECONDS="1")
    assert read_port(paths.data) is None

    access = make_access(paths, 0)

    def answers() -> bool:
        try:
            return call(access)[0] == 200
        except ConnectionRefusedError:
            return False

    until(answers)
    with DaemonConnection.open(paths) or pytest.fail("no daemon") as connection:
        assert connection.call("status")["http"]["url"] == access.url
    write_port(paths.data, read_port(paths.data) or 0, installed=False)
    until(lambda: not answers())


def test_a_daemon_without_the_door_does_not_load_its_parts(
    paths: Paths, start_daemon: StartDaemon
) -> None:
    start_daemon()

    with DaemonConnection.open(paths) or pytest.fail("no daemon") as connection:
        assert connection.call("status")["http"] is None
    code = (
        "import sys, hookwright.core.service.daemon\n"
        "print([name for name in ('h11', 'http') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert "h11" not in done.stdout


@pytest.fixture
def strace() -> str:
    program = shutil.which("strace")
    if program is None:
        pytest.skip("strace is not installed, so writes cannot be counted")
    return program


def test_each_answer_of_the_daemon_is_one_system_call(
    opened: Opened, strace: str, tmp_path: Path
) -> None:
    access, process = opened()
    trace = tmp_path / "trace"
    calls = "trace=sendto,sendmsg,write,writev"
    with traced(strace, calls, process.pid, trace):
        address = access.url.removeprefix("http://")
        way = http.client.HTTPConnection(address, timeout=20)
        for number in range(20):
            body = event("before", f"text {number}")
            assert call(access, "/v1/hooks/sample/before", body, way)[0] == 200
        way.close()
    sent = [line for line in trace.read_text().splitlines() if "HTTP/1.1" in line]

    assert len(sent) == 20
    assert all('"HTTP/1.1 200 ' in line for line in sent)
    # Nothing else went to a TCP socket: head and body were together.
    numbers = {line.partition("sendto(")[2].partition(",")[0] for line in sent}
    assert len(numbers) == 1
    prefix = f"sendto({numbers.pop()},"
    assert len([x for x in trace.read_text().splitlines() if prefix in x]) == 20


class traced:
    """Run strace on a process and all its threads while the body runs."""

    def __init__(self, program: str, calls: str, pid: int, out: Path) -> None:
        words = [program, "-f", "-s", "64", "-e", calls, "-p", str(pid), "-o", str(out)]
        self._command = words
        self._pid = pid

    def __enter__(self) -> None:
        self._process = subprocess.Popen(self._command, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 10
        status = Path(f"/proc/{self._pid}/status")
        while "TracerPid:\t0\n" in status.read_text():
            if self._process.poll() is not None:
                assert self._process.stderr is not None
                pytest.skip(f"strace may not: {self._process.stderr.read().decode()}")
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate()
