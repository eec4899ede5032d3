"""What the HTTP door offers: each route as a request of the socket's.

Answers come from the same `Answerer` with the same deadline, so that both doors say
the same. Whoever comes by HTTP counts as an agent, never as a person.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from .client import sent_environment
from .door import Answerer
from .http_requests import (
    CWD,
    DELIVERY,
    ENVIRONMENT,
    OBSERVE,
    SENDER,
    HttpError,
    Request,
    too_large,
)
from .intake import MAX_EVENT
from .wire import CONTROL, DONE, HOOK, RETIRE, USAGE, VERSION, Reply

#: A body with more bytes is looked into beside the event loop.
_LARGE = 256 * 2**10
_MAX_SAID = 2_000
_NAME = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
_DECODER = json.JSONDecoder(strict=False)
_REPLACED = "the daemon is of another version and leaves; try again"
_BY_ERROR: Mapping[str, int] = {
    "UnknownNameError": 404,
    "ToolError": 422,
    "ConfigError": 422,
    "RecordError": 422,
    "StoreError": 503,
    "StoreFullError": 503,
    "StoreReadOnlyError": 503,
}


@dataclass(frozen=True)
class Response:
    """What is sent back; a body is JSON."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


def refusal(error: HttpError) -> Response:
    """Return the answer that tells of an error."""
    told = {"error": {"type": error.kind, "message": str(error)}}
    headers: tuple[tuple[str, str], ...] = ()
    if error.status == 401:
        headers = (("www-authenticate", "Bearer"),)
    elif error.allow:
        headers = (("allow", error.allow),)
    return Response(error.status, json.dumps(told).encode(), headers)


class Routes:
    """Brings requests that were let in to the answerer."""

    def __init__(self, answerer: Answerer) -> None:
        self._answerer = answerer

    async def answer(self, request: Request, body: bytes) -> Response:
        """Return the answer.

        :raises HttpError: the request cannot be answered as it asks.
        """
        match request.path.split("/"):
            case ["", "v1", "hooks", agent_host, event]:
                _allow(request, "POST")
                return await self._hook(request, agent_host, event, body)
            case ["", "v1", "tools", name]:
                _allow(request, "POST")
                return await self._tool(request, name, body)
            case ["", "v1", "tools"]:
                _allow(request, "GET")
                found = await self._control(request, "tools", {})
                return _as_json({"tools": found})
            case ["", "v1", "mcp"]:
                _allow(request, "POST")
                return await self._mcp(request, body)
            case ["", "v1", "health"]:
                _allow(request, "GET")
                return _as_json(await self._control(request, "ping", {}))
        raise HttpError(404, f"there is nothing at {request.path[:200]}")

    async def _hook(
        self, request: Request, agent_host: str, event: str, body: bytes
    ) -> Response:
        _check_names(agent_host, event)
        fields = [
            self._version(request),
            _delivery(request).encode(),
            b"o" if request.header(OBSERVE) == "1" else b"",
            f"{agent_host}\0{event}".encode(),
            (await _cwd(request, body)).encode(),
            _environment(request),
            body,
        ]
        reply = await self._ask(HOOK, fields)
        if reply.status == USAGE:
            said = reply.stderr.decode("utf-8", "replace").strip()
            said = said.removeprefix("hookwright: ")
            raise HttpError(404, said, kind="UnknownNameError")
        headers: list[tuple[str, str]] = []
        if reply.exit_code:
            headers.append(("x-hookwright-exit-code", str(reply.exit_code)))
        if reply.stderr:
            said = quote(reply.stderr.strip()[:_MAX_SAID], safe=" ':,;()[]/")
            headers.append(("x-hookwright-stderr", said))
        return Response(200, reply.stdout, tuple(headers))

    async def _tool(self, request: Request, name: str, body: bytes) -> Response:
        _check_names(name)
        if len(body) > MAX_EVENT:
            raise too_large(MAX_EVENT)
        try:
            arguments = json.loads(body) if body.strip() else {}
        except (ValueError, RecursionError) as error:
            raise HttpError(400, f"the body is not JSON: {error}") from None
        if not isinstance(arguments, dict):
            raise HttpError(400, "the body is not a JSON object of arguments")
        wanted = {"name": name, "arguments": arguments, "from_agent": True}
        if cwd := _given_cwd(request):
            wanted["cwd"] = cwd
        return _as_json({"result": await self._control(request, "tool", wanted)})

    async def _mcp(self, request: Request, body: bytes) -> Response:
        # Imported late: few agent hosts come this way.
        from . import http_mcp

        told = await http_mcp.answer(
            body,
            request.header(http_mcp.REVISION),
            _given_cwd(request),
            lambda operation, wanted: self._control(request, operation, wanted),
        )
        return Response(http_mcp.status_of(told), told)

    async def _control(
        self, request: Request, operation: str, arguments: Mapping[str, Any]
    ) -> Any:
        asked = json.dumps({"op": operation, "args": dict(arguments)}).encode()
        reply = await self._ask(CONTROL, [self._version(request), asked])
        told = json.loads(reply.stdout)
        if (error := told.get("error")) is not None:
            status = _BY_ERROR.get(error["type"], 500)
            raise HttpError(status, error["message"], kind=error["type"])
        return told["result"]

    async def _ask(self, kind: int, fields: list[bytes]) -> Reply:
        reply = await self._answerer.answer(kind, fields, lambda _: False)
        if reply is None or reply.status not in (DONE, USAGE, RETIRE):
            raise HttpError(503, "there was no answer in time; see the daemon's log")
        if reply.status == RETIRE:
            raise HttpError(409, _REPLACED)
        return reply

    def _version(self, request: Request) -> bytes:
        version = request.header(SENDER) or VERSION
        if version != VERSION:
            self._answerer.retire()
            raise HttpError(409, _REPLACED)
        return version.encode()


def _as_json(value: object) -> Response:
    return Response(200, json.dumps(value).encode())


def _allow(request: Request, method: str) -> None:
    if request.method != method:
        raise HttpError(405, f"this path takes {method} only", allow=method)


def _check_names(*names: str) -> None:
    for name in names:
        if not name or len(name) > 128 or not _NAME.issuperset(name):
            raise HttpError(404, f"{name[:200]!r} is no name; see docs/http.md")


def _delivery(request: Request) -> str:
    given = request.header(DELIVERY)
    if not given:
        return os.urandom(10).hex()
    if len(given) != 20 or given.strip("0123456789abcdef"):
        raise HttpError(400, f"{DELIVERY} is not 20 hexadecimal digits")
    return given


def _given_cwd(request: Request) -> str:
    """Return the caller's working directory, "" when it does not say."""
    found = request.decoded(CWD)
    if found and (not found.startswith("/") or "\0" in found):
        raise HttpError(400, f"{CWD} is not an absolute path")
    return found


async def _cwd(request: Request, body: bytes) -> str:
    """Return the directory in which it happened: the project's secrets are there."""
    found = request.decoded(CWD)
    if not found and len(body) > _LARGE:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(None, member, body, "cwd")
    elif not found:
        found = member(body, "cwd")
    if not found.startswith("/") or "\0" in found:
        raise HttpError(
            400, f"no absolute cwd is in the body; send it as the header {CWD}"
        )
    return found


def _environment(request: Request) -> bytes:
    text = request.header(ENVIRONMENT)
    if not text:
        return b""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict) or not all(
        isinstance(value, str) and "\0" not in name + value and "=" not in name
        for name, value in given.items()
    ):
        raise HttpError(400, f"{ENVIRONMENT} is not a JSON object of texts")
    encoded = {
        name.encode("utf-8", "replace"): value.encode("utf-8", "replace")
        for name, value in given.items()
    }
    return b"\0".join(sent_environment(encoded))


def member(body: bytes, name: str) -> str:
    """Return a text member of a JSON object, "" when there is none.

    Read from the front and no further than needed: agent hosts name the directory
    before the tool's input and output.
    """
    text = body.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if not text.startswith("{"):
        return ""
    at = 1
    try:
        while True:
            key, at = _DECODER.raw_decode(text, _skip(text, at))
            at = _skip(text, at)
            if text[at] != ":":
                return ""
            value, at = _DECODER.raw_decode(text, _skip(text, at + 1))
            if key == name:
                return value if isinstance(value, str) else ""
            at = _skip(text, at)
            if text[at] != ",":
                return ""
            at += 1
    except (ValueError, IndexError, RecursionError):
        return ""


def _skip(text: str, at: int) -> int:
    while text[at] in " \t\r\n":
        at += 1
    return at
