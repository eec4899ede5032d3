"""The stdio transport: one JSON message a line, each request in a thread of its own.

The reading thread never waits for the daemon, so `initialize`, `ping` and cancellation
are answered at once, whatever becomes of a call.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO

from ...errors import HookwrightError, ServiceError, UnknownNameError
from ...paths import find_paths
from ...service.mcp_messages import (
    BAD_PARAMS,
    FAULT,
    MAX_MESSAGE,
    NOT_JSON,
    Incoming,
    RpcError,
    called,
    done,
    failure,
    initialized,
    listed,
    notification,
    read,
    refused,
    success,
    unknown_method,
    write,
)
from .daemon_tools import DaemonTools, Tools

if TYPE_CHECKING:
    from ...service.connect import DaemonConnection
    from ...service.mcp_messages import Id, Message
    from .opening import Opened

#: Requests that are answered at the same time; agent hosts send a few.
_MOST = 64
#: Seconds for what is under way when the agent host has closed the input.
_LAST = 5.0
#: Seconds between two looks whether another daemon listens.
_LOOK = 3.0
_CHANGED = "notifications/tools/list_changed"


def serve(opened: Opened | None = None) -> int:
    """Serve the agent host that started this process; return the exit code.

    :param opened: what has been answered already.
    """
    tools = DaemonTools(find_paths(), os.getcwd())
    server = StdioServer(tools, sys.stdin.buffer, sys.stdout.fileno(), opened)
    try:
        server.run()
    except KeyboardInterrupt:
        return 130
    return 0


class Call:
    """A request that is being answered, and how to end that."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: DaemonConnection | None = None
        self.cancelled = False

    def began(self, connection: DaemonConnection) -> None:
        """Take note of the connection that the call waits in."""
        with self._lock:
            self._connection = connection
            if self.cancelled:
                connection.abort()

    def cancel(self) -> None:
        """Wait no longer; the tool itself runs to its end in the daemon."""
        with self._lock:
            self.cancelled = True
            if self._connection is not None:
                self._connection.abort()


class StdioServer:
    """Reads requests until the input ends.

    :param tools: whom to ask.
    :param source: where messages come from.
    :param target: descriptor that answers are written to.
    :param opened: what has been answered already.
    """

    def __init__(
        self,
        tools: DaemonTools,
        source: BinaryIO,
        target: int,
        opened: Opened | None = None,
    ) -> None:
        self._tools = tools
        self._source = source
        self._target = target
        self._writing = threading.Lock()
        self._calls: dict[Id, Call] = {}
        self._calls_lock = threading.Lock()
        #: A line that was read and is yet to be answered.
        self._first = b"" if opened is None else opened.line
        #: The list that the agent host has; None while it has none.
        self._told: Tools | None = None if opened is None else opened.tools
        self._known = (0, 0) if opened is None else opened.identity
        self._look = threading.Event()
        self._over = False

    def run(self) -> None:
        """Serve until the input ends or nobody reads the output."""
        self._in_thread(self._watch)
        while not self._over and (line := self._line()) is not None:
            if line.strip():
                self._take(line)
        deadline = time.monotonic() + _LAST
        while self._calls and not self._over and time.monotonic() < deadline:
            time.sleep(0.01)
        self._over = True

    def _line(self) -> bytes | None:
        """Return the next line, None at the end; one that is too long is refused."""
        line = self._first or self._source.readline(MAX_MESSAGE + 1)
        self._first = b""
        if len(line) <= MAX_MESSAGE or line.endswith(b"\n"):
            return line or None
        while line and not line.endswith(b"\n"):
            line = self._source.readline(MAX_MESSAGE)
        text = f"the message is too large; accepted: {MAX_MESSAGE} bytes"
        self._send(failure(RpcError(NOT_JSON, text)))
        return b"\n"

    def _take(self, line: bytes) -> None:
        try:
            incoming = read(line)
            if incoming is None:
                return
            if incoming.id is None:
                self._note(incoming)
                return
            if (result := self._at_once(incoming)) is not None:
                self._send(success(incoming.id, result))
                return
            self._begin(incoming)
        except RpcError as error:
            self._send(failure(error))

    def _note(self, incoming: Incoming) -> None:
        if incoming.method == "notifications/cancelled":
            number = incoming.params.get("requestId")
            if not isinstance(number, (str, int)):
                return
            with self._calls_lock:
                call = self._calls.get(number)
            if call is not None:
                call.cancel()

    def _at_once(self, incoming: Incoming) -> Message | None:
        """Return the result of what needs no daemon; None for what needs one."""
        if incoming.method == "initialize":
            return initialized(incoming.params, tells_changes=True)
        if incoming.method == "ping":
            return {}
        if incoming.method not in ("tools/list", "tools/call"):
            raise unknown_method(incoming)
        return None

    def _begin(self, incoming: Incoming) -> None:
        assert incoming.id is not None
        number, call = incoming.id, Call()
        with self._calls_lock:
            if len(self._calls) >= _MOST:
                text = f"{_MOST} requests are being answered; wait for one of them"
                raise RpcError(FAULT, text, number)
            if number in self._calls:
                raise RpcError(BAD_PARAMS, "this id is being answered", number)
            self._calls[number] = call
        self._in_thread(lambda: self._answer(incoming, call))

    def _answer(self, incoming: Incoming, call: Call) -> None:
        assert incoming.id is not None
        try:
            answer = success(incoming.id, self._result(incoming, call))
        except RpcError as error:
            answer = failure(error)
        except Exception as error:  # noqa: BLE001 - one request never ends the server
            text = f"a fault of Hookwright's: {type(error).__name__}: {error}"
            answer = failure(RpcError(FAULT, text, incoming.id))
        if not call.cancelled:
            self._send(answer)
        with self._calls_lock:
            del self._calls[incoming.id]

    def _result(self, incoming: Incoming, call: Call) -> Message:
        if incoming.method == "tools/list":
            return self._list(incoming)
        name, arguments = called(incoming)
        try:
            only_reads = name in self._only_read()
            return done(self._tools.call(name, arguments, call.began, again=only_reads))
        except UnknownNameError as error:
            raise RpcError(BAD_PARAMS, str(error), incoming.id) from error
        except HookwrightError as error:
            return refused(str(error))
        finally:
            # Changed settings may have brought or taken a plugin meanwhile.
            self._look.set()

    def _only_read(self) -> set[str]:
        """Return the tools that may be called twice."""
        told = self._told or []
        return {it["name"] for it in told if it["annotations"]["readOnlyHint"]}

    def _list(self, incoming: Incoming) -> Message:
        """Return the tools: what was offered last where a daemon is yet to come."""
        found = None if self._tools.is_up else self._tools.remembered()
        if found is None:
            self._known = self._tools.identity()
            try:
                found = self._tools.list()
            except HookwrightError as error:
                raise RpcError(FAULT, str(error), incoming.id) from error
        self._told = found
        return listed(found)

    def _watch(self) -> None:
        """Have a daemon started, then tell when another one offers other tools."""
        try:
            self._tools.start()
        except (ServiceError, OSError) as error:
            self._say(f"{error}\n")
        if self._told is not None:
            self._tools.remember(self._told)
        while not self._over:
            called_since = self._look.wait(_LOOK)
            self._look.clear()
            found = self._tools.identity()
            if self._told is None or (found == self._known and not called_since):
                continue
            # A daemon that has left, for want of work, is not started for this.
            if self._tools.is_up:
                self._compare(found)

    def _compare(self, identity: tuple[int, int]) -> None:
        try:
            tools = self._tools.list()
        except HookwrightError:
            # It leaves again; the next one is looked at.
            return
        self._known = identity
        if tools != self._told:
            self._told = tools
            self._send(notification(_CHANGED))

    def _send(self, message: Message) -> None:
        line = write(message) + b"\n"
        with self._writing:
            try:
                while line:
                    line = line[os.write(self._target, line) :]
            except OSError:
                # Nobody reads any more.
                self._over = True

    def _say(self, text: str) -> None:
        sys.stderr.write(f"hookwright: {text}")
        sys.stderr.flush()

    def _in_thread(self, work: Callable[[], None]) -> None:
        threading.Thread(target=work, daemon=True).start()
