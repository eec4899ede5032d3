"""One HTTP connection: h11 reads, `Guard` admits, `Routes` answers, one write each.

h11 refuses what is smuggled past other parsers (two lengths, a length beside chunks,
bare line feeds in headers). Requests are taken one after another: what a client sends
before it has its answer is not read, and the answer says that the connection ends.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

import h11

from .http_requests import MAX_BODY, MAX_HEAD, Guard, HttpError, Request, too_large
from .http_routes import Response, Routes, refusal

_log = logging.getLogger(__name__)

#: Seconds for one whole request from its first byte, and for the first request.
PATIENCE = 15.0
#: Seconds that a connection may rest between requests. Long: who sends just when we
#: close has lost that request.
IDLE = 3600.0
#: Seconds in which what a refused client still sends is read and thrown away; a
#: connection that is closed with bytes unread takes the answer with it.
_FAREWELL = 1.0
#: Everybody on the machine can connect; file descriptors are for the socket's door.
MAX_CONNECTIONS = 128


class HttpConnection(asyncio.Protocol):
    """One client; its requests are answered one after another."""

    def __init__(
        self, guard: Guard, routes: Routes, others: set[HttpConnection]
    ) -> None:
        self._guard = guard
        self._routes = routes
        self._others = others
        self._transport: asyncio.Transport | None = None
        self._parser = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD)
        self._request: Request | None = None
        self._method = b""
        self._body = bytearray()
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._begun = False
        self._last = False
        self._over = False

    @property
    def busy(self) -> bool:
        """Return whether a request is being answered."""
        return self._task is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, unless there are too many."""
        assert isinstance(transport, asyncio.Transport)
        if len(self._others) >= MAX_CONNECTIONS:
            _log.warning("more than %d HTTP connections", MAX_CONNECTIONS)
            transport.abort()
            return
        self._transport = transport
        self._others.add(self)
        self._set_timer(PATIENCE)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio
        """Forget the connection; what is being answered is answered to nobody."""
        self._others.discard(self)
        self._transport = None
        self._set_timer(0)

    def data_received(self, data: bytes) -> None:
        """Collect bytes until there is a request."""
        if self._over:
            return
        if self._task is not None:
            self._last = True
            return
        if not self._begun:
            self._begun = True
            self._set_timer(PATIENCE)
        self._parser.receive_data(data)
        self._advance()

    def eof_received(self) -> bool:
        """Keep the way back open while there is an answer to come."""
        self._last = True
        return self._task is not None

    def leave(self) -> None:
        """End the connection when what was sent has been read."""
        if self._transport is not None:
            self._transport.close()

    def _advance(self) -> None:
        try:
            while self._task is None:
                event = self._parser.next_event()
                if event is h11.NEED_DATA:
                    self._encourage()
                    return
                self._take(event)
        except h11.RemoteProtocolError as error:
            # The text is h11's own and has nothing of ours in it.
            self._refuse(HttpError(error.error_status_hint, f"bad HTTP: {error}"))
        except HttpError as error:
            self._refuse(error)

    def _take(self, event: object) -> None:
        if isinstance(event, h11.Request):
            self._method = event.method
            self._request = self._guard.admit(event.method, event.target, event.headers)
        elif isinstance(event, h11.Data):
            self._body += event.data
            if len(self._body) > MAX_BODY:
                raise too_large()
        elif isinstance(event, h11.EndOfMessage) and self._request is not None:
            self._set_timer(0)
            self._last |= bool(self._parser.trailing_data[0])
            body, self._body = bytes(self._body), bytearray()
            answering = self._answer(self._request, body)
            self._task = asyncio.get_running_loop().create_task(answering)

    def _encourage(self) -> None:
        """Tell a client that waits for it that its body is welcome."""
        if self._request is not None and self._parser.they_are_waiting_for_100_continue:
            go_on = h11.InformationalResponse(status_code=100, headers=[])
            self._write(self._parser.send(go_on) or b"")

    async def _answer(self, request: Request, body: bytes) -> None:
        try:
            response = await self._routes.answer(request, body)
        except HttpError as error:
            response = refusal(error)
        except Exception:  # noqa: BLE001 - one connection never ends the daemon
            _log.exception("a request by HTTP could not be answered")
            fault = HttpError(500, "it failed; see the daemon's log", kind="fault")
            response = refusal(fault)
        self._send(response)
        self._task = None
        if self._last or self._parser.our_state is not h11.DONE:
            self._end()
            return
        self._parser.start_next_cycle()
        self._request, self._begun = None, False
        self._set_timer(IDLE)

    def _refuse(self, error: HttpError) -> None:
        self._last = True
        if self._parser.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._send(refusal(error))
        self._end()

    def _send(self, response: Response) -> None:
        body = b"" if self._method == b"HEAD" else response.body
        headers = [
            ("content-length", str(len(body))),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            *response.headers,
        ]
        if body:
            headers.append(("content-type", "application/json"))
        if self._last:
            headers.append(("connection", "close"))
        send = self._parser.send
        head = send(h11.Response(status_code=response.status, headers=headers))
        data = send(h11.Data(data=body)) if body else b""
        end = send(h11.EndOfMessage())
        # One write: a second one would wait for the first one's acknowledgement.
        self._write((head or b"") + (data or b"") + (end or b""))

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _end(self) -> None:
        """Close when the client has what was sent, or soon."""
        self._over = True
        self._body.clear()
        if self._transport is None or self._transport.is_closing():
            return
        with suppress(OSError):
            self._transport.write_eof()
        self._set_timer(_FAREWELL)

    def _set_timer(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if seconds:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(seconds, self._time_is_up)

    def _time_is_up(self) -> None:
        self._timer = None
        if self._begun and not self._over:
            self._refuse(HttpError(408, f"no whole request within {PATIENCE:g} s"))
        elif self._transport is not None:
            self._transport.abort() if self._over else self._transport.close()
