"""The official SDK's client against our servers: its types judge what we send."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx2
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped] # has none
from mcp import MCPError
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import TextContent

from hookwright.core.paths import Paths
from hookwright.core.service.http_access import find_access

from .conftest import SERVER

Start = Callable[..., int]
Work = Callable[[Client], Awaitable[None]]


def by_stdio(project: Path, mode: str, work: Work) -> None:
    parameters = StdioServerParameters(
        command=SERVER[0], args=list(SERVER[1:]), env=dict(os.environ), cwd=project
    )

    async def run() -> None:
        async with Client(stdio_client(parameters), mode=mode) as client:
            await work(client)

    asyncio.run(run())


def by_http(paths: Paths, mode: str, work: Work, **headers: str) -> None:
    deadline = time.monotonic() + 20
    while (access := find_access(paths)) is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    told = {"authorization": f"Bearer {access.token}", **headers}

    async def run() -> None:
        async with httpx2.AsyncClient(headers=told) as http:
            transport = streamable_http_client(f"{access.url}/v1/mcp", http_client=http)
            async with Client(transport, mode=mode) as client:
                await work(client)

    asyncio.run(run())


async def use(client: Client) -> None:
    """Do all that there is to do with a server that offers tools."""
    tools = (await client.list_tools()).tools
    names = {tool.name for tool in tools}
    assert {"give_object", "session_list", "activity_log"} <= names
    assert "decide" not in names
    for tool in tools:
        Draft202012Validator.check_schema(tool.input_schema)
        assert tool.input_schema["type"] == "object"
        assert tool.description
        assert tool.annotations is not None

    done = await client.call_tool("give_object", {"name": "a"})
    assert not done.is_error
    assert done.structured_content == {"name": "a", "count": 1}
    (content,) = done.content
    assert isinstance(content, TextContent)
    assert json.loads(content.text) == done.structured_content

    refused = await client.call_tool("give_object", {"name": "a", "count": "x"})
    assert refused.is_error
    (content,) = refused.content
    assert isinstance(content, TextContent)
    assert "count: Input should be a valid integer" in content.text

    with pytest.raises(MCPError, match="there is no tool 'nothing'"):
        await client.call_tool("nothing", {})
    with pytest.raises(MCPError, match="there is no method"):
        await client.list_resources()


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_sdk_uses_the_stdio_server(daemon: Start, project: Path, mode: str) -> None:
    daemon()

    async def work(client: Client) -> None:
        assert client.server_info is not None
        assert client.server_info.name == "hookwright"
        assert client.protocol_version == "2025-11-25"
        await use(client)
        found = await client.call_tool("where", {"path": "a"})
        assert found.structured_content == {
            "path": f"{project}/a",
            "directory": str(project),
        }

    by_stdio(project, mode, work)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_sdk_uses_the_http_door(
    daemon: Start, project: Path, paths: Paths, mode: str
) -> None:
    daemon(HOOKWRIGHT__SERVICE__HTTP="true")

    async def work(client: Client) -> None:
        assert client.server_info is not None
        assert client.server_info.name == "hookwright"
        await use(client)
        found = await client.call_tool("where", {"path": "a"})
        assert found.structured_content == {
            "path": f"{project}/a",
            "directory": str(project),
        }

    by_http(paths, mode, work, **{"x-hookwright-cwd": str(project)})


def test_the_sdk_gets_nothing_without_the_token_or_from_a_page(
    daemon: Start, paths: Paths
) -> None:
    daemon(HOOKWRIGHT__SERVICE__HTTP="true")

    async def work(client: Client) -> None:
        raise AssertionError("it was let in")

    for headers in (
        {"authorization": "Bearer wrong"},
        {"origin": "http://example.org"},
    ):
        with pytest.raises(BaseExceptionGroup) as caught:
            by_http(paths, "legacy", work, **headers)
        assert not caught.group_contains(AssertionError)
