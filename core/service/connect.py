"""The daemon as the command line and other surfaces see it."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from .. import errors
from ..errors import HookwrightError, ServiceError
from ..paths import Paths
from . import client
from .wire import (
    CONTROL,
    DONE,
    REPLY_HEAD,
    RETIRE,
    VERSION,
    FrameError,
    encode,
    read_reply_head,
)

#: Seconds; tools may take long, so that calls wait this long by default.
CALL_TIMEOUT = 600.0


class DaemonLeftError(ServiceError):
    """The daemon left, or was killed, before it answered."""


class DaemonConnection:
    """A connection to the running daemon; a context manager."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    @classmethod
    def open(cls, paths: Paths, *, timeout: float = 2.0) -> Self | None:
        """Return a connection, or None when no daemon of this version answers.

        A daemon of another version is told to leave.
        """
        run = os.fsencode(os.path.abspath(paths.run))
        try:
            found = client.connect(run)
        except OSError:
            return None
        connection = cls(socket.socket(fileno=found.detach()))
        try:
            version = connection.call("ping", timeout=timeout)["version"]
            if version == VERSION:
                return connection
            connection.call("stop", timeout=timeout)
        except ServiceError:
            # It leaves at this moment, or it hangs: no daemon to rely on.
            connection.close()
            return None
        connection.close()
        return None

    def call(self, op: str, *, timeout: float = CALL_TIMEOUT, **args: Any) -> Any:
        """Run an operation of `control.Control`; return its JSON result.

        :raises ServiceError: the daemon left, hangs, or failed.
        :raises HookwrightError: what the operation raised, of the same class.
        """
        self._send(op, args)
        told = self._receive(timeout)
        if "error" in told:
            raise _error(told["error"])
        return told.get("result")

    def subscribe(self, *, recent: int = 0) -> Iterator[dict[str, Any]]:
        """Yield events as they happen, until the daemon leaves.

        :param recent: how many of the last events to yield first.
        """
        self._send("events", {"recent": recent})
        while True:
            try:
                told = self._receive(None)
            except ServiceError:
                return
            if "event" in told:
                yield told["event"]

    def abort(self) -> None:
        """End a call that another thread waits in; it raises `ServiceError`."""
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Leave."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _send(self, op: str, args: dict[str, Any]) -> None:
        request = json.dumps({"op": op, "args": args}).encode()
        try:
            self._connection.sendall(encode(CONTROL, [VERSION.encode(), request]))
        except OSError as error:
            raise DaemonLeftError(f"the daemon has left: {error}") from error

    def _receive(self, timeout: float | None) -> dict[str, Any]:
        self._connection.settimeout(timeout)
        try:
            status, _, out, err = read_reply_head(self._read(REPLY_HEAD))
            body = self._read(out + err)[:out]
        except TimeoutError as error:
            raise ServiceError(
                f"the daemon did not answer within {timeout:g} s"
            ) from error
        except (OSError, FrameError) as error:
            raise DaemonLeftError(f"the daemon has left: {error}") from error
        if status == RETIRE:
            raise DaemonLeftError("the daemon was of another version and leaves; retry")
        if status != DONE:
            raise ServiceError("the daemon failed; `hookwright daemon` shows its log")
        told = json.loads(body) if body else {}
        return told if isinstance(told, dict) else {}

    def _read(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            part = self._connection.recv(min(size - len(data), 1 << 20))
            if not part:
                raise ConnectionError("it closed the connection")
            data += part
        return bytes(data)


def _error(told: dict[str, str]) -> HookwrightError:
    kind = getattr(errors, told.get("type", ""), ServiceError)
    if not (isinstance(kind, type) and issubclass(kind, HookwrightError)):
        kind = ServiceError
    return kind(told.get("message", "the daemon gave no reason"))
