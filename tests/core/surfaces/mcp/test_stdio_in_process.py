"""The stdio server in this process, beside a real daemon."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.paths import Paths
from hookwright.core.service.mcp_messages import MAX_MESSAGE
from hookwright.core.surfaces.mcp.daemon_tools import DaemonTools
from hookwright.core.surfaces.mcp.stdio import StdioServer


class Line:
    """The two pipes to a server, and what came back."""

    def __init__(self, paths: Paths, project: Path) -> None:
        source, self._to = os.pipe()
        self._from, target = os.pipe()
        self._target = target
        self._source = os.fdopen(source, "rb")
        self._answers = os.fdopen(self._from, "rb")
        tools = DaemonTools(paths, str(project))
        self.server = StdioServer(tools, self._source, target)
        self.thread = threading.Thread(target=self.server.run)
        self.thread.start()

    def send(self, content: object) -> None:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        os.write(self._to, data + b"\n")

    def receive(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._answers.readline())
        return found

    def ask(self, number: int, method: str, **params: Any) -> dict[str, Any]:
        self.send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        while (answer := self.receive()).get("id") != number:
            pass
        return answer

    def close(self) -> None:
        os.close(self._to)
        self.thread.join(30)
        assert not self.thread.is_alive()
        os.close(self._target)
        self._answers.close()
        self._source.close()


@pytest.fixture
def line(paths: Paths, project: Path, daemon: Callable[..., int]) -> Iterator[Line]:
    daemon()
    found = Line(paths, project)
    yield found
    found.close()


def test_a_session_from_the_greeting_to_a_call(line: Line) -> None:
    greeting = line.ask(1, "initialize", protocolVersion="2025-11-25")
    assert greeting["result"]["serverInfo"]["name"] == "hookwright"
    line.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
    assert line.ask(2, "ping")["result"] == {}
    names = [it["name"] for it in line.ask(3, "tools/list")["result"]["tools"]]
    assert "give_list" in names
    called = line.ask(4, "tools/call", name="give_list", arguments={})
    assert called["result"]["structuredContent"] == {"result": [1, 2]}


def test_what_is_wrong_is_an_error_of_its_own(line: Line) -> None:
    assert line.ask(1, "server/discover")["error"]["code"] == -32601
    unknown = line.ask(2, "tools/call", name="nope", arguments={})
    assert "there is no tool 'nope'" in unknown["error"]["message"]
    line.send(b"{no json")
    assert line.receive()["error"]["code"] == -32700
    line.send(b"")
    line.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {}})
    absent = {"requestId": 99}
    line.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": absent})
    assert line.ask(3, "ping")["result"] == {}


def test_a_message_that_is_too_large_is_refused_and_the_next_one_answered(
    line: Line,
) -> None:
    sender = threading.Thread(target=_pour, args=[line, MAX_MESSAGE + 10])
    sender.start()
    said = line.receive()
    sender.join(60)
    assert "too large" in said["error"]["message"]
    assert line.ask(2, "ping")["result"] == {}


def _pour(line: Line, size: int) -> None:
    left = b"x" * size + b"\n"
    while left:
        left = left[os.write(line._to, left) :]
