from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookwright.core.service import wire
from hookwright.core.service.door import Send
from hookwright.core.service.http_requests import HttpError, Request
from hookwright.core.service.http_routes import Response, Routes, member, refusal

BODY = b'{"session_id": "s", "cwd": "/project", "tool_output": "x"}'


class Recorder:
    """Keeps what it is asked and answers what it was given."""

    def __init__(self, reply: wire.Reply | None = None) -> None:
        self.reply = wire.Reply() if reply is None else reply
        self.asked: list[tuple[int, list[bytes]]] = []
        self.retired = False

    async def answer(
        self, kind: int, fields: list[bytes], send: Send
    ) -> wire.Reply | None:
        assert not send(wire.Reply())
        self.asked.append((kind, fields))
        return self.reply

    def retire(self) -> None:
        self.retired = True


def ask(
    recorder: Recorder,
    path: str = "/v1/hooks/sample/before",
    body: bytes = BODY,
    method: str = "POST",
    **headers: str,
) -> Response:
    named = {f"x-hookwright-{name}": value for name, value in headers.items()}
    request = Request(method, path, named)
    return asyncio.run(Routes(recorder).answer(request, body))


def refused(recorder: Recorder, **arguments: Any) -> HttpError:
    with pytest.raises(HttpError) as caught:
        ask(recorder, **arguments)
    return caught.value


def test_a_hook_becomes_the_request_that_the_client_would_have_sent() -> None:
    recorder = Recorder(wire.Reply(stdout=b'{"a": 1}'))

    response = ask(
        recorder,
        cwd="/my%20project/%C3%BC",
        delivery="0123456789abcdef0123",
        observe="1",
        environment='{"CLAUDE_SAMPLE": "v", "PATH": "/bin", "GEMINI_API_KEY": "k"}',
    )

    assert response == Response(200, b'{"a": 1}')
    ((kind, fields),) = recorder.asked
    assert kind == wire.HOOK
    request = wire.decode_hook(fields)
    assert request.version == wire.VERSION
    assert request.delivery == "0123456789abcdef0123"
    assert request.flags == "o"
    assert (request.agent_host, request.arguments) == ("sample", ("before",))
    assert request.cwd == "/my project/ü"
    # No more than the client sends: names that adapters read, none of a secret.
    assert request.environment == {"CLAUDE_SAMPLE": "v"}
    assert request.stdin == BODY


def test_without_headers_the_body_says_where_and_each_delivery_is_new() -> None:
    recorder = Recorder()

    assert ask(recorder).body == b""
    ask(recorder)

    one, two = (wire.decode_hook(fields) for _, fields in recorder.asked)
    assert one.cwd == "/project"
    assert one.flags == ""
    assert one.delivery != two.delivery


def test_exit_code_and_stderr_of_an_answer_are_headers() -> None:
    recorder = Recorder(wire.Reply(exit_code=2, stderr="naïve\r\nx: y\n".encode()))

    headers = dict(ask(recorder).headers)

    assert headers["x-hookwright-exit-code"] == "2"
    assert headers["x-hookwright-stderr"] == "na%C3%AFve%0D%0Ax: y"


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"cwd": 1}', b'{"cwd": "a/b"}'])
def test_an_event_from_nowhere_is_refused(body: bytes) -> None:
    recorder = Recorder()
    error = refused(recorder, body=body)

    assert error.status == 400
    assert "send it as the header x-hookwright-cwd" in str(error)
    assert recorder.asked == []


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"delivery": "x"}, "20 hexadecimal digits"),
        ({"delivery": "0123456789ABCDEF0123"}, "20 hexadecimal digits"),
        ({"environment": "x"}, "JSON object of texts"),
        ({"environment": "[]"}, "JSON object of texts"),
        ({"environment": '{"CLAUDE_A": 1}'}, "JSON object of texts"),
        ({"environment": '{"CLAUDE_A=B": "1"}'}, "JSON object of texts"),
        ({"environment": '{"CLAUDE_A": "1\\u0000X=Y"}'}, "JSON object of texts"),
        ({"cwd": "relative"}, "no absolute cwd"),
        ({"cwd": "/a%00b"}, "no absolute cwd"),
    ],
)
def test_a_header_that_is_wrong_is_named(headers: dict[str, str], said: str) -> None:
    error = refused(Recorder(), **headers)

    assert (error.status, said in str(error)) == (400, True)


def test_a_client_of_another_version_makes_the_daemon_leave() -> None:
    recorder = Recorder()
    error = refused(recorder, version="0.0.1")

    assert (error.status, recorder.retired, recorder.asked) == (409, True, [])
    assert ask(recorder, version=wire.VERSION).status == 200


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (wire.Reply(wire.FAULT), 503),
        (wire.Reply(wire.RETIRE), 409),
        (wire.Reply(wire.USAGE, stderr=b"hookwright: unknown agent host"), 404),
    ],
)
def test_an_answer_that_is_none_is_an_error(reply: wire.Reply, status: int) -> None:
    error = refused(Recorder(reply))

    assert error.status == status
    assert not str(error).startswith("hookwright:")


def test_whoever_calls_a_tool_by_http_counts_as_an_agent() -> None:
    told = json.dumps({"result": {"x": [1]}}).encode()
    recorder = Recorder(wire.Reply(stdout=told))

    response = ask(recorder, "/v1/tools/note_add", b'{"text": "a"}')

    assert json.loads(response.body) == {"result": {"x": [1]}}
    ((kind, fields),) = recorder.asked
    assert kind == wire.CONTROL
    assert json.loads(fields[1]) == {
        "op": "tool",
        "args": {
            "name": "note_add",
            "arguments": {"text": "a"},
            "from_agent": True,
        },
    }
    # No argument of the tool's can say otherwise.
    ask(recorder, "/v1/tools/note_add", b'{"from_agent": false}')
    assert json.loads(recorder.asked[1][1][1])["args"]["from_agent"] is True


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("UnknownNameError", 404),
        ("ToolError", 422),
        ("StoreError", 503),
        ("PluginError", 500),
    ],
)
def test_a_tools_error_keeps_its_name_and_its_words(kind: str, status: int) -> None:
    told = json.dumps({"error": {"type": kind, "message": "plain words"}}).encode()
    error = refused(
        Recorder(wire.Reply(stdout=told, exit_code=1)), path="/v1/tools/x", body=b""
    )

    assert (error.status, error.kind, str(error)) == (status, kind, "plain words")


@pytest.mark.parametrize("body", [b"{", b"[]", b"1", b"\xff", b"[" * 100_000])
def test_arguments_that_are_no_object_are_refused(body: bytes) -> None:
    assert refused(Recorder(), path="/v1/tools/x", body=body).status == 400


def test_a_tool_takes_no_more_than_an_event() -> None:
    body = b'{"a": "' + b"x" * (4 * 2**20) + b'"}'
    assert refused(Recorder(), path="/v1/tools/x", body=body).status == 413


def test_health_names_process_and_version() -> None:
    told = json.dumps({"result": {"pid": 1, "version": "v"}}).encode()
    response = ask(Recorder(wire.Reply(stdout=told)), "/v1/health", b"", "GET")

    assert json.loads(response.body) == {"pid": 1, "version": "v"}


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "*",
        "/v1/hooks",
        "/v1/hooks/sample",
        "/v1/hooks//before",
        "/v1/hooks/sample/before/more",
        "/v1/hooks/../before",
        "/v1/hooks/sam%70le/before",
        "/v1/hooks/sample/before?x=1",
        "/v1/tools/",
        "/v2/health",
        "http://127.0.0.1/v1/health",
    ],
)
def test_there_is_nothing_anywhere_else(path: str) -> None:
    recorder = Recorder(wire.Reply(wire.USAGE, stderr=b"unknown agent host '..'"))
    assert refused(recorder, path=path).status == 404


@pytest.mark.parametrize(
    ("path", "method", "allow"),
    [
        ("/v1/health", "POST", "GET"),
        ("/v1/health", "HEAD", "GET"),
        ("/v1/hooks/a/b", "GET", "POST"),
        ("/v1/tools/a", "OPTIONS", "POST"),
    ],
)
def test_a_path_takes_one_method(path: str, method: str, allow: str) -> None:
    error = refused(Recorder(), path=path, method=method)

    assert error.status == 405
    assert ("allow", allow) in refusal(error).headers


def test_a_refusal_is_json_in_plain_words() -> None:
    response = refusal(HttpError(401, "no token"))

    assert json.loads(response.body) == {
        "error": {"type": "unauthorized", "message": "no token"}
    }
    assert response.headers == (("www-authenticate", "Bearer"),)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), JSON), st.text())
def test_a_member_is_what_json_says_it_is(value: dict[str, Any], cwd: str) -> None:
    value.pop("cwd", None)
    whole = {**value, "cwd": cwd}
    found = member(json.dumps(whole, ensure_ascii=True).encode(), "cwd")

    assert found == cwd
    assert member(json.dumps(value).encode(), "cwd") == ""


@given(st.binary())
def test_a_body_that_is_no_json_has_no_members(body: bytes) -> None:
    assert member(body, "cwd") == ""
    assert member(b'{"a": ' + body, "cwd") == ""


def test_a_directory_inside_a_tools_input_is_not_where_it_happened() -> None:
    body = b'\xef\xbb\xbf {"tool_input": {"cwd": "/evil"}, "cwd": "/real"}'
    assert member(body, "cwd") == "/real"


def test_a_large_body_is_looked_into_beside_the_loop() -> None:
    recorder = Recorder()
    text = "x" * 300_000
    body = json.dumps({"output": text, "cwd": "/late"}).encode()

    ask(recorder, body=body)

    assert wire.decode_hook(recorder.asked[0][1]).cwd == "/late"
