from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.service import door as door_module
from hookwright.core.service import wire
from hookwright.core.service.door import Send, SocketDoor, peer_uid


class Echo:
    """Answers with what it was sent."""

    def __init__(self) -> None:
        self.retired = False
        self.go = asyncio.Event()

    async def answer(
        self, kind: int, fields: list[bytes], send: Send
    ) -> wire.Reply | None:
        if fields == [b"raise"]:
            raise RuntimeError("a fault of ours")
        if fields == [b"wait"]:
            await self.go.wait()
        if fields == [b"stream"]:
            while send(wire.Reply(stdout=b"x" * 100_000)):
                await asyncio.sleep(0)
            return None
        return wire.Reply(exit_code=kind, stdout=b",".join(fields))

    def retire(self) -> None:
        self.retired = True

    def answer_soon(
        self, fields: list[bytes], send: Callable[[wire.Reply], None]
    ) -> bool:
        if fields == [b"fail"]:
            raise RuntimeError("a fault of ours")
        if fields[:1] != [b"thread"]:
            return False
        reply = wire.Reply(stdout=b",".join(fields[1:]))
        threading.Thread(target=send, args=[reply]).start()
        return True


async def connect(run: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    # The path is too long for an address, as it is for the client.
    descriptor = os.open(run, os.O_RDONLY)
    try:
        path = f"/proc/self/fd/{descriptor}/daemon.sock"
        return await asyncio.open_unix_connection(path)
    finally:
        os.close(descriptor)


async def reply_of(reader: asyncio.StreamReader) -> tuple[int, int, bytes]:
    head = await reader.readexactly(wire.REPLY_HEAD)
    status, code, out, err = wire.read_reply_head(head)
    return status, code, await reader.readexactly(out + err)


def with_door(run: Path, work: Callable[[SocketDoor, Echo], Awaitable[Any]]) -> Any:
    async def serve() -> Any:
        echo = Echo()
        door = SocketDoor(run, echo)
        await door.open()
        try:
            return await asyncio.wait_for(work(door, echo), 20)
        finally:
            echo.go.set()
            door.shut()
            door.close()
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    return asyncio.run(serve())


@pytest.fixture
def run(tmp_path: Path) -> Path:
    directory = tmp_path / ("d" * 120) / "run"
    directory.mkdir(parents=True, mode=0o700)
    return directory


def test_requests_on_one_connection_are_answered_in_order(run: Path) -> None:
    async def work(_door: SocketDoor, _echo: Echo) -> list[Any]:
        reader, writer = await connect(run)
        data = b"".join(wire.encode(1, [b"%d" % n]) for n in range(5))
        for at in range(0, len(data), 7):
            writer.write(data[at : at + 7])
            await writer.drain()
        found = [await reply_of(reader) for _ in range(5)]
        writer.close()
        return found

    assert with_door(run, work) == [(wire.DONE, 1, b"%d" % n) for n in range(5)]


def test_the_socket_is_its_users_alone_and_replaces_a_stale_one(run: Path) -> None:
    stale = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    stale.bind(f"/proc/self/fd/{os.open(run, os.O_RDONLY)}/daemon.sock")
    stale.close()

    async def work(_door: SocketDoor, _echo: Echo) -> int:
        _, writer = await connect(run)
        writer.close()
        return (run / "daemon.sock").stat().st_mode & 0o777

    assert with_door(run, work) == 0o600
    assert not (run / "daemon.sock").exists()
    assert not (run / "daemon.sock.new").exists()


def test_a_process_of_another_user_is_turned_away(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_module, "peer_uid", lambda _connection: 65534)

    async def work(_door: SocketDoor, _echo: Echo) -> bytes:
        reader, writer = await connect(run)
        writer.write(wire.encode(1, [b"x"]))
        try:
            return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.close()

    assert with_door(run, work) == b""


def test_the_kernel_says_whose_process_it_is() -> None:
    one, other = socket.socketpair()
    with one, other:
        assert peer_uid(one) == os.geteuid()


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        wire.MAGIC + bytes((wire.PROTOCOL, 1)) + b"\xff\xff\xff\xff",
        wire.MAGIC + bytes((wire.PROTOCOL, 1)) + b"\0\0\0\x05" + b"\0\0\0\x09x",
    ],
)
def test_what_is_no_request_ends_its_connection_only(run: Path, data: bytes) -> None:
    async def work(_door: SocketDoor, _echo: Echo) -> tuple[Any, bytes, Any]:
        reader, writer = await connect(run)
        writer.write(data)
        refused = await reply_of(reader)
        rest = await reader.read()
        writer.close()
        reader, writer = await connect(run)
        writer.write(wire.encode(2, [b"still here"]))
        answered = await reply_of(reader)
        writer.close()
        return refused, rest, answered

    refused, rest, answered = with_door(run, work)

    assert (refused, rest) == ((wire.FAULT, 0, b""), b"")
    assert answered == (wire.DONE, 2, b"still here")


def test_another_protocol_makes_the_daemon_leave(run: Path) -> None:
    async def work(_door: SocketDoor, echo: Echo) -> tuple[Any, bool]:
        reader, writer = await connect(run)
        writer.write(wire.MAGIC + bytes((wire.PROTOCOL + 1, 1)) + bytes(4))
        found = await reply_of(reader)
        writer.close()
        return found[0], echo.retired

    assert with_door(run, work) == (wire.RETIRE, True)


def test_a_fault_in_one_request_is_its_own(run: Path) -> None:
    async def work(_door: SocketDoor, _echo: Echo) -> list[Any]:
        reader, writer = await connect(run)
        writer.write(wire.encode(1, [b"raise"]) + wire.encode(1, [b"x"]))
        found = [await reply_of(reader), await reply_of(reader)]
        writer.close()
        return found

    assert with_door(run, work) == [(wire.FAULT, 0, b""), (wire.DONE, 1, b"x")]


def test_half_a_request_is_not_waited_for_for_ever(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_module, "_PATIENCE", 0.05)

    async def work(_door: SocketDoor, _echo: Echo) -> tuple[Any, bytes]:
        reader, writer = await connect(run)
        writer.write(wire.encode(1, [b"x"])[:-1])
        found = await reply_of(reader), await reader.read()
        writer.close()
        return found

    assert with_door(run, work) == ((wire.FAULT, 0, b""), b"")


def test_who_leaves_early_hurts_nobody(run: Path) -> None:
    async def work(door: SocketDoor, echo: Echo) -> list[bool]:
        _, writer = await connect(run)
        writer.write(wire.encode(1, [b"wait"]))
        while not door.busy:
            await asyncio.sleep(0.01)
        writer.close()
        while door.connections:
            await asyncio.sleep(0.01)
        echo.go.set()
        await asyncio.sleep(0.02)
        return [door.busy]

    assert with_door(run, work) == [False]


def test_a_subscriber_that_does_not_read_is_let_go(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_module, "_MAX_UNREAD", 300_000)

    async def work(door: SocketDoor, _echo: Echo) -> int:
        reader, writer = await connect(run)
        reader._limit = 1  # type: ignore[attr-defined] # reads no more than it must
        writer.write(wire.encode(1, [b"stream"]))
        await reader.readexactly(1)
        while door.connections:
            await asyncio.sleep(0.01)
        writer.close()
        return len(door.connections)

    assert with_door(run, work) == 0


@pytest.mark.parametrize("size", [10, 3_000_000])
def test_a_thread_writes_answers_by_itself_in_order(run: Path, size: int) -> None:
    # More than a socket takes at once is the event loop's to send.
    async def work(door: SocketDoor, echo: Echo) -> list[bytes]:
        reader, writer = await connect(run)
        for number in (b"1", b"2", b"3"):
            part = number * size
            writer.write(wire.encode(wire.HOOK, [b"thread", part]))
        found = [(await reply_of(reader))[2] for _ in range(3)]
        writer.close()
        return found

    assert with_door(run, work) == [b"1" * size, b"2" * size, b"3" * size]


def test_a_fault_of_ours_before_a_thread_has_it_is_answered(run: Path) -> None:
    async def work(door: SocketDoor, echo: Echo) -> list[int]:
        reader, writer = await connect(run)
        writer.write(wire.encode(wire.HOOK, [b"fail"]))
        writer.write(wire.encode(wire.HOOK, [b"thread", b"on"]))
        found = [(await reply_of(reader))[0] for _ in range(2)]
        writer.close()
        return found

    assert with_door(run, work) == [wire.FAULT, wire.DONE]


def test_an_answer_for_one_who_left_goes_nowhere(run: Path) -> None:
    async def work(door: SocketDoor, echo: Echo) -> bool:
        held: list[Callable[[wire.Reply], None]] = []
        echo.answer_soon = lambda fields, send: not held.append(send)  # type: ignore[method-assign,func-returns-value]
        _, writer = await connect(run)
        writer.write(wire.encode(wire.HOOK, [b"thread", b"late"]))
        while not held:
            await asyncio.sleep(0.01)
        writer.close()
        while door.connections:
            await asyncio.sleep(0.01)
        await asyncio.to_thread(held[0], wire.Reply())
        await asyncio.sleep(0.05)
        return door.busy

    assert with_door(run, work) is False


@pytest.mark.parametrize(
    ("leaves", "flags"), [("stays", b""), ("is done sending", b""), ("closes", b"o")]
)
def test_what_nobody_waits_for_is_only_recorded(
    run: Path, leaves: str, flags: bytes
) -> None:
    class Heard(Echo):
        def __init__(self) -> None:
            super().__init__()
            self.flags: list[bytes] = []

        async def answer(
            self, kind: int, fields: list[bytes], send: Send
        ) -> wire.Reply | None:
            self.flags.append(fields[2])
            return await super().answer(kind, fields, send)

    async def serve() -> list[bytes]:
        heard = Heard()
        door = SocketDoor(run, heard)
        await door.open()
        descriptor = os.open(run, os.O_RDONLY)
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # Without a turn of the loop: as to a daemon that was stopped.
        client.connect(f"/proc/self/fd/{descriptor}/daemon.sock")
        os.close(descriptor)
        client.sendall(wire.encode(wire.HOOK, [b"version", b"id", b"", b"words"]))
        if leaves == "closes":
            client.close()
        elif leaves == "is done sending":
            client.shutdown(socket.SHUT_WR)
        while not heard.flags:
            await asyncio.sleep(0.01)
        client.close()
        door.shut()
        door.close()
        await asyncio.sleep(0.01)
        return heard.flags

    assert asyncio.run(serve()) == [flags]
