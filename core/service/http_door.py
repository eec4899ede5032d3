"""The HTTP door: 127.0.0.1 with a bearer token, for agent hosts with HTTP hooks.

It is opened only where it is wanted (`service.http`, or something that was installed
with it), and imported only then.
"""

from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path
from typing import Any

from ..errors import ServiceError
from .door import Answerer
from .http_connection import HttpConnection
from .http_port import (
    ADDRESS,
    Wish,
    is_wanted,
    listen,
    listen_anywhere,
    port_of,
    read_port,
    write_port,
)
from .http_requests import Guard
from .http_routes import Routes
from .http_token import FILE as TOKEN_FILE
from .http_token import load_token, replace_token

_log = logging.getLogger(__name__)
#: Rounds of the event loop in which an accepted socket becomes a connection.
_TURNS = 5


class HttpDoor:
    """Listens on the remembered port while it is wanted."""

    def __init__(self, data: Path, answerer: Answerer) -> None:
        self._data = data
        self._routes = Routes(answerer)
        self._server: asyncio.Server | None = None
        self._guard: Guard | None = None
        self._token_file = (0, 0)
        self._port = 0
        #: Why it is not open though it is wanted, for people; or "".
        self.problem = ""
        self.connections: set[HttpConnection] = set()

    @property
    def busy(self) -> bool:
        """Return whether a request is being answered."""
        return any(connection.busy for connection in self.connections)

    async def tend(self, wish: Wish, fixed_port: int) -> None:
        """Open, renew or close the door, as settings and files now ask.

        Never raises: what is wrong is logged once and kept as `problem`.
        """
        try:
            if not is_wanted(wish, self._data):
                await self._stop()
            elif self._server is None or fixed_port not in (0, self._port):
                await self._stop()
                await self._open(fixed_port)
            else:
                self._renew()
            problem = ""
        except (OSError, ServiceError) as error:
            await self._stop()
            problem = str(error)
        if problem and problem != self.problem:
            _log.error("the HTTP door is closed: %s", problem)
        self.problem = problem

    def shut(self) -> None:
        """Take no more connections; those that are there stay."""
        if self._server is not None:
            self._server.close()

    def close(self) -> None:
        """End every connection."""
        for connection in list(self.connections):
            connection.leave()

    def about(self) -> dict[str, Any]:
        """Return what status and doctor tell of it."""
        return {
            "url": f"http://{ADDRESS}:{self._port}" if self._server else "",
            "connections": len(self.connections),
            "problem": self.problem,
        }

    async def _open(self, fixed_port: int) -> None:
        remembered = fixed_port or read_port(self._data)
        listener = listen(remembered) if remembered else listen_anywhere()
        if listener is None and fixed_port:
            raise ServiceError(
                f"port {fixed_port} is not free; end what has it, or change "
                "service.http_port"
            )
        if listener is None:
            # Hooks that were installed tell the token to whoever sits there now.
            replace_token(self._data)
            listener = listen_anywhere()
            _log.error(
                "port %d is taken, the HTTP door is at %d with a new token; what "
                "was installed with --http must be installed again",
                remembered,
                port_of(listener),
            )
        try:
            self._port = port_of(listener)
            write_port(self._data, self._port)
            self._guard = Guard(self._port, load_token(self._data))
            self._token_file = self._identity()
            guard = self._guard
            self._server = await asyncio.get_running_loop().create_server(
                lambda: HttpConnection(guard, self._routes, self.connections),
                sock=listener,
            )
        except BaseException:
            listener.close()
            raise
        _log.info("HTTP on %s:%d", ADDRESS, self._port)

    def _renew(self) -> None:
        """Take the token that a person made, or had made by removing the old one."""
        if self._guard is not None and self._identity() != self._token_file:
            self._guard.token = load_token(self._data)
            self._token_file = self._identity()
            _log.warning("the HTTP door has another token now")

    def _identity(self) -> tuple[int, int]:
        try:
            state = os.lstat(self._data / TOKEN_FILE)
        except FileNotFoundError:
            return (0, 0)
        return state.st_ino, state.st_mtime_ns

    async def _stop(self) -> None:
        if self._server is None:
            return
        loop = asyncio.get_running_loop()
        for listener in self._server.sockets:
            loop.remove_reader(listener.fileno())
        # What was accepted just now becomes a connection, which is ended like others:
        # a server that is closed before leaves its client waiting for ever (CPython
        # 3.11, `Server._attach`).
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        self._server.close()
        self._server = None
        self.close()
        _log.info("the HTTP door is closed")
