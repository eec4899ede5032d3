"""The opening of an MCP session, with next to no imports: agent hosts wait for it.

Codex CLI asks no model before it has the list of tools. Where a daemon runs, it is
given here what it asks for first; the server takes over with what comes after that.
Importing the server takes twice as long as all of this, and nobody waits for it then.
"""

from __future__ import annotations

import os

from ... import light_json
from ...places import RUN, find_places
from ...service.client import (
    CONTROL,
    DONE,
    REPLY_HEAD,
    VERSION,
    ask,
    connect,
    encode,
)
from ...service.mcp_messages import (
    MAX_MESSAGE,
    Incoming,
    RpcError,
    initialized,
    listed,
    read,
    success,
    write,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO

    from ...service.mcp_messages import Message

#: Seconds that the daemon has for its list; then the server asks once more.
_LIST_S = 2.0
_SOCKET = "daemon.sock"


class Opened:
    """What was answered, for the server that takes over.

    :param line: what was read and is not answered, or b"".
    :param tools: the list that the agent host has; None where it has none.
    :param identity: of the daemon that the list is from, as in `DaemonTools`.
    """

    def __init__(
        self,
        line: bytes = b"",
        tools: list[dict[str, Any]] | None = None,
        identity: tuple[int, int] = (0, 0),
    ) -> None:
        self.line = line
        self.tools = tools
        self.identity = identity


def open_session(source: BinaryIO, target: int) -> Opened | None:
    """Answer what a session begins with; return what is left, None at its end.

    :param source: where messages come from.
    :param target: descriptor that answers are written to.
    :raises OSError: nobody reads the answers.
    """
    data, _ = find_places()
    run = os.path.join(data, RUN)
    while line := source.readline(MAX_MESSAGE + 1):
        try:
            incoming = read(line)
        except RpcError:
            return Opened(line)
        if incoming is None or incoming.id is None:
            continue
        if incoming.method == "tools/list":
            identity = _identity(run)
            tools = _tools_of_daemon(run)
            if tools is None:
                return Opened(line)
            _send(target, incoming, listed(tools))
            return Opened(tools=tools, identity=identity)
        if incoming.method == "initialize":
            _send(target, incoming, initialized(incoming.params, tells_changes=True))
            if not _is_up(run):
                # To start one is the server's, and takes longer than to import it.
                return Opened()
        elif incoming.method == "ping":
            _send(target, incoming, {})
        else:
            return Opened(line)
    return None


def _send(target: int, incoming: Incoming, result: Message) -> None:
    line = write(success(incoming.id, result)) + b"\n"
    while line:
        line = line[os.write(target, line) :]


def _is_up(run: str) -> bool:
    try:
        connect(os.fsencode(run)).close()
    except OSError:
        return False
    return True


def _identity(run: str) -> tuple[int, int]:
    try:
        state = os.stat(os.path.join(run, _SOCKET))
    except OSError:
        return 0, 0
    return state.st_ino, state.st_mtime_ns


def _tools_of_daemon(run: str) -> list[dict[str, Any]] | None:
    """Return the daemon's tools; None where it is not there, or of another version."""
    wanted = light_json.dumps({"op": "tools", "args": {}}).encode()
    request = encode(CONTROL, [VERSION.encode(), wanted])
    try:
        connection = connect(os.fsencode(run))
    except OSError:
        return None
    try:
        reply = ask(connection, request, _LIST_S)
        if reply[5] != DONE:
            return None
        end = REPLY_HEAD + int.from_bytes(reply[8:12], "big")
        found = light_json.loads(reply[REPLY_HEAD:end])["result"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    finally:
        connection.close()
    return found if isinstance(found, list) else None
