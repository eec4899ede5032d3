"""The unix socket's door: bytes in, frames to whoever answers, replies out.

Only processes of the same user get in: the socket is 0600 in a 0700 directory, and
the kernel is asked whose process is at the other end.
"""

from __future__ import annotations

import asyncio
import logging
import os
import select
import socket
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from .lifetime import SOCKET
from .locks import same_file
from .outlet import Outlet
from .wire import (
    FAULT,
    HOOK,
    PROTOCOL,
    REQUEST_HEAD,
    RETIRE,
    FrameError,
    Head,
    Reply,
    encode_reply,
    fields_of,
    read_head,
)

_log = logging.getLogger(__name__)

#: More than a burst of sessions: a full queue refuses at once on a unix socket.
_BACKLOG = 1024
#: Seconds for the rest of a request whose beginning is there.
_PATIENCE = 15.0
#: A subscriber that reads this little is let go.
_MAX_UNREAD = 8 * 2**20
#: Where the flags are among a hook request's fields.
_FLAGS = 2

Send = Callable[[Reply], bool]


class Answerer(Protocol):
    """What a door brings its requests to."""

    async def answer(self, kind: int, fields: list[bytes], send: Send) -> Reply | None:
        """Return the reply; None when it went, or goes, through `send`."""
        ...

    def retire(self) -> None:
        """Leave: somebody of another version is here."""
        ...


class EventAnswerer(Answerer, Protocol):
    """One that has threads of its own for events."""

    def answer_soon(self, fields: list[bytes], send: Callable[[Reply], None]) -> bool:
        """Have an event answered through `send`, which is called once, in any thread.

        False: not so; it is to be brought to `answer`.
        """
        ...


class SocketDoor:
    """Listens on the run directory's socket."""

    def __init__(self, run: Path, answerer: EventAnswerer) -> None:
        self._path = run / SOCKET
        self._answerer = answerer
        self._server: asyncio.Server | None = None
        #: Device and inode of the socket's file.
        self._identity: tuple[int, int] | None = None
        self.connections: set[Connection] = set()

    async def open(self) -> None:
        """Listen; a socket that a dead daemon left is replaced.

        :raises OSError: the run directory cannot be written.
        """
        listener = _bound(self._path)
        state = os.lstat(self._path)
        self._identity = (state.st_dev, state.st_ino)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(
            lambda: Connection(self._answerer, self.connections),
            sock=listener,
            backlog=_BACKLOG,
        )

    @property
    def busy(self) -> bool:
        """Return whether a request is being answered."""
        return any(connection.busy for connection in self.connections)

    @property
    def stands(self) -> bool:
        """Return whether who looks for the daemon finds this socket."""
        return same_file(self._path, self._identity)

    def shut(self) -> None:
        """Take no more connections; those that are there stay."""
        # The name goes first: who comes from now on finds no daemon, not a deaf one.
        if self.stands:
            self._path.unlink(missing_ok=True)
        if self._server is not None:
            self._server.close()

    def close(self) -> None:
        """End every connection."""
        for connection in list(self.connections):
            connection.leave()


class Connection(asyncio.Protocol):
    """One process at the other end; its requests are answered one after another."""

    def __init__(self, answerer: EventAnswerer, others: set[Connection]) -> None:
        self._answerer = answerer
        self._others = others
        self._transport: asyncio.Transport | None = None
        self._data = bytearray()
        self._head: Head | None = None
        self._task: asyncio.Task[None] | None = None
        self._outlet: Outlet | None = None
        #: Whether a thread has the request and writes its answer by itself.
        self._answering = False
        self._timer: asyncio.TimerHandle | None = None

    @property
    def busy(self) -> bool:
        """Return whether a request is being answered."""
        return self._task is not None or self._answering

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let the process in if it is our user's."""
        assert isinstance(transport, asyncio.Transport)
        uid = peer_uid(transport.get_extra_info("socket"))
        if uid != os.geteuid():
            _log.warning("a process of user %s was turned away", uid)
            transport.abort()
            return
        self._transport = transport
        self._outlet = Outlet(transport)
        self._others.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio
        """Forget the connection; what is being answered is answered to nobody."""
        self._others.discard(self)
        self._transport = None
        if self._outlet is not None:
            self._outlet.close()
        if self._timer is not None:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        """Collect bytes until there is a request."""
        self._data += data
        self._next()

    def send(self, reply: Reply) -> bool:
        """Send one reply; False when there is nobody who reads it."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return False
        if transport.get_write_buffer_size() > _MAX_UNREAD:
            transport.abort()
            return False
        transport.write(encode_reply(reply))
        return True

    def leave(self) -> None:
        """End the connection when what was sent has been read."""
        if self._transport is not None:
            self._transport.close()

    def _next(self) -> None:
        if self.busy or self._transport is None:
            return
        try:
            if self._head is None and len(self._data) >= REQUEST_HEAD:
                self._head = read_head(self._data)
                if self._head.protocol != PROTOCOL:
                    self._refuse(RETIRE)
                    self._answerer.retire()
                    return
            if self._head is None or len(self._data) < REQUEST_HEAD + self._head.length:
                self._wait()
                return
            head, end = self._head, REQUEST_HEAD + self._head.length
            fields = fields_of(memoryview(self._data)[REQUEST_HEAD:end].toreadonly())
        except FrameError as error:
            _log.warning("a request was refused: %s", error)
            self._refuse(FAULT)
            return
        if head.kind == HOOK and len(fields) > _FLAGS and self._is_abandoned():
            # It has its answer from elsewhere, or was killed: only record the event.
            fields[_FLAGS] += b"o"
        self._data = self._data[end:]
        self._head = None
        self._wait()
        if head.kind != HOOK or not self._answer_soon(fields):
            self._task = asyncio.get_running_loop().create_task(
                self._answer(head.kind, fields)
            )

    def _is_abandoned(self) -> bool:
        """Return whether the process at the other end has closed the connection."""
        assert self._transport is not None
        asked = select.poll()
        asked.register(self._transport.get_extra_info("socket"), 0)
        # Closed, that is, not merely done with sending.
        return bool(asked.poll(0))

    def _wait(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._data:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(_PATIENCE, self._give_up)

    def _give_up(self) -> None:
        if self.busy:
            self._wait()  # an answer is being written
        else:
            self._refuse(FAULT)

    def _refuse(self, status: int) -> None:
        self.send(Reply(status))
        self._data.clear()
        self.leave()

    def _answer_soon(self, fields: list[bytes]) -> bool:
        outlet, transport = self._outlet, self._transport
        assert outlet is not None
        assert transport is not None
        loop = asyncio.get_running_loop()
        # What is left of an earlier answer goes first, and the loop has it.
        is_first = not transport.get_write_buffer_size()

        def send(reply: Reply) -> None:
            data = encode_reply(reply)
            left = outlet.write(data) if is_first else data
            try:
                loop.call_soon_threadsafe(self._answered, left)
            except RuntimeError:
                _log.warning("an answer was ready after the daemon had left")

        self._answering = True
        try:
            taken = self._answerer.answer_soon(fields, send)
        except Exception:  # noqa: BLE001 - one connection never ends the daemon
            _log.exception("a request could not be answered")
            send(Reply(FAULT))
            return True
        self._answering = taken
        return taken

    def _answered(self, left: bytes) -> None:
        """Go on after an answer that a thread wrote, as far as it could."""
        if left and self._transport is not None:
            self._transport.write(left)
        self._answering = False
        self._next()

    async def _answer(self, kind: int, fields: list[bytes]) -> None:
        try:
            reply = await self._answerer.answer(kind, fields, self.send)
        except Exception:  # noqa: BLE001 - one connection never ends the daemon
            _log.exception("a request could not be answered")
            reply = Reply(FAULT)
        if reply is not None:
            self.send(reply)
        self._task = None
        self._next()


def peer_uid(connection: socket.socket) -> int | None:
    """Return the user id of the process at the other end; None: it cannot be told."""
    if sys.platform == "darwin":
        # struct xucred of sys/ucred.h: version u32, uid u32, ...; SOL_LOCAL is 0.
        data = connection.getsockopt(0, 1, 76)
        return int(struct.unpack_from("=II", data)[1])
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return None
    data = connection.getsockopt(socket.SOL_SOCKET, option, struct.calcsize("3i"))
    return int(struct.unpack("3i", data)[1])


def _bound(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # Relative, because the address of a socket holds only 104 to 108 bytes; under
    # another name first, so that whoever finds the socket finds somebody listening.
    back = os.open(".", os.O_RDONLY)
    mask = os.umask(0o177)
    try:
        os.chdir(path.parent)
        draft = f"{path.name}.new"
        Path(draft).unlink(missing_ok=True)
        listener.bind(draft)
        listener.listen(_BACKLOG)
        os.replace(draft, path.name)
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(mask)
        os.fchdir(back)
        os.close(back)
    listener.setblocking(False)
    return listener
