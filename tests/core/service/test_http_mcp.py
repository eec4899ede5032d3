from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest

from hookwright.core.service import wire
from hookwright.core.service.door import Send
from hookwright.core.service.http_requests import HttpError, Request
from hookwright.core.service.http_routes import Response, Routes
from hookwright.core.service.mcp_messages import MAX_MESSAGE

TOOLS = [{"name": "one", "inputSchema": {"type": "object"}}]


class Daemon:
    """Answers what the door asks of the daemon."""

    def __init__(self, told: object) -> None:
        self.told = told
        self.asked: list[dict[str, Any]] = []

    async def answer(
        self, kind: int, fields: list[bytes], send: Send
    ) -> wire.Reply | None:
        assert kind == wire.CONTROL
        self.asked.append(json.loads(fields[1]))
        return wire.Reply(stdout=json.dumps(self.told).encode())

    def retire(self) -> None:
        """Stay."""


def post(
    daemon: Daemon,
    message: object,
    method: str = "POST",
    path: str = "/v1/mcp",
    headers: Mapping[str, str] | None = None,
) -> Response:
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    request = Request(method, path, headers or {})
    return asyncio.run(Routes(daemon).answer(request, body))


def ask(daemon: Daemon, method: str, **params: Any) -> dict[str, Any]:
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    response = post(daemon, request)
    assert response.status == 200
    answer: dict[str, Any] = json.loads(response.body)
    assert answer["id"] == 1
    return answer


def failed(kind: str, message: str) -> Daemon:
    return Daemon({"error": {"type": kind, "message": message}})


def test_opening_and_pinging_need_nothing_of_the_daemon() -> None:
    daemon = Daemon(None)
    result = ask(daemon, "initialize", protocolVersion="2025-06-18")["result"]
    assert result["protocolVersion"] == "2025-06-18"
    # There is no way to tell of changes.
    assert result["capabilities"] == {"tools": {}}
    assert ask(daemon, "ping")["result"] == {}
    assert daemon.asked == []


def test_tools_are_listed_in_both_ways_alike() -> None:
    daemon = Daemon({"result": TOOLS})
    assert ask(daemon, "tools/list")["result"] == {"tools": TOOLS}
    response = post(daemon, b"", method="GET", path="/v1/tools")
    assert json.loads(response.body) == {"tools": TOOLS}
    assert [asked["op"] for asked in daemon.asked] == ["tools", "tools"]


def test_a_call_is_an_agents_from_where_it_says_it_is() -> None:
    daemon = Daemon({"result": [1]})
    call = {"name": "one", "arguments": {"a": 1}}
    message = {"jsonrpc": "2.0", "id": "x", "method": "tools/call", "params": call}
    response = post(daemon, message, headers={"x-hookwright-cwd": "/my%20place"})
    assert json.loads(response.body)["result"]["structuredContent"] == {"result": [1]}
    assert daemon.asked == [
        {"op": "tool", "args": {**call, "from_agent": True, "cwd": "/my place"}}
    ]
    with pytest.raises(HttpError, match="is not an absolute path"):
        post(daemon, message, headers={"x-hookwright-cwd": "place"})


def test_what_a_tool_refuses_is_a_result_that_says_why() -> None:
    for kind in ("ToolError", "StoreError"):
        answer = ask(failed(kind, "not now"), "tools/call", name="one")
        assert answer["result"] == {
            "content": [{"type": "text", "text": "not now"}],
            "isError": True,
        }


def test_what_is_not_there_is_an_error_of_the_protocol() -> None:
    answer = ask(failed("UnknownNameError", "there is no tool"), "tools/call", name="a")
    assert answer["error"] == {"code": -32602, "message": "there is no tool"}
    assert ask(Daemon(None), "server/discover")["error"]["code"] == -32601
    answer = ask(failed("ServiceError", "it leaves"), "tools/list")
    assert answer["error"] == {"code": -32603, "message": "it leaves"}


@pytest.mark.parametrize(
    "message",
    [
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 3, "result": {}},
    ],
)
def test_what_needs_no_answer_is_accepted(message: object) -> None:
    response = post(Daemon(None), message)
    assert (response.status, response.body) == (202, b"")


@pytest.mark.parametrize("message", [b"", b"{", b"[]", b'{"id": 1}'])
def test_what_is_no_message_is_refused(message: bytes) -> None:
    response = post(Daemon(None), message)
    assert response.status == 400
    assert json.loads(response.body)["error"]["code"] in (-32700, -32600)


def test_a_revision_without_a_handshake_is_refused_so_that_clients_go_on() -> None:
    message = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    for revision, status in (("2026-07-28", 400), ("2025-03-26", 200), ("x", 400)):
        headers = {"mcp-protocol-version": revision}
        assert post(Daemon(None), message, headers=headers).status == status


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_there_are_no_streams_and_no_sessions(method: str) -> None:
    with pytest.raises(HttpError) as caught:
        post(Daemon(None), b"", method=method)
    assert (caught.value.status, caught.value.allow) == (405, "POST")


def test_a_message_that_is_too_large_is_refused() -> None:
    with pytest.raises(HttpError) as caught:
        post(Daemon(None), b"x" * (MAX_MESSAGE + 1))
    assert caught.value.status == 413
