"""A connection's socket for threads that have an answer ready."""

from __future__ import annotations

import asyncio
import os
import socket
import threading


class Outlet:
    """The socket of a connection, for threads that have an answer ready.

    A thread that writes by itself saves the agent the event loop's next turn. The loop
    writes nothing meanwhile: requests of a connection are answered one at a time.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        number = transport.get_extra_info("socket").fileno()
        # A number of its own: the loop's may be another connection's by then.
        self._socket: socket.socket | None = socket.socket(fileno=os.dup(number))
        self._lock = threading.Lock()

    def write(self, data: bytes) -> bytes:
        """Send what can be sent at once; return the rest, which is the loop's to send.

        Nothing is left of what nobody reads any more.
        """
        with self._lock:
            if self._socket is None:
                return b""
            try:
                sent = self._socket.send(data)
            except BlockingIOError:
                sent = 0
            except OSError:
                return b""
            return data[sent:]

    def close(self) -> None:
        """Write no more."""
        with self._lock:
            if self._socket is not None:
                self._socket.close()
                self._socket = None
