from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookwright.core.service.mcp_messages import (
    Incoming,
    RpcError,
    called,
    done,
    failure,
    initialized,
    read,
    refused,
    success,
    unknown_method,
    write,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
MEMBERS = st.sampled_from(["jsonrpc", "id", "method", "params", "result", "error"])


@given(st.dictionaries(MEMBERS, JSON) | JSON)
def test_whatever_is_sent_is_a_message_or_an_error(value: Any) -> None:
    try:
        found = read(json.dumps(value).encode())
    except RpcError as error:
        told = failure(error)
        assert told["error"]["code"] in (-32700, -32600, -32602)
        assert json.loads(write(told)) == told
        return
    if found is not None:
        assert found.method == value["method"]
        assert isinstance(found.params, dict)
        assert (found.id is None) == ("id" not in value)


@given(st.binary() | st.text(" 0123456789").map(str.encode))
def test_bytes_that_are_no_request_are_an_error(
    content: bytes,
) -> None:
    if content.strip(b" \t\r\n0123456789"):
        with suppress(RpcError):
            read(content)
        return
    # Nothing, or a number: neither is a request.
    with pytest.raises(RpcError) as caught:
        read(content)
    assert caught.value.id is None


@given(JSON)
def test_every_result_is_text_and_an_object_on_one_line_of_ascii(value: Any) -> None:
    line = write(success(1, done(value)))
    assert line.isascii()
    assert b"\n" not in line
    result = json.loads(line)["result"]
    assert isinstance(result["structuredContent"], dict)
    (content,) = result["content"]
    text = content["text"]
    assert text == value if isinstance(value, str) else json.loads(text) == value


def test_what_cannot_be_encoded_is_escaped() -> None:
    (content,) = json.loads(write(refused("a \ud800 b")))["content"]
    assert content["text"] == "a \ud800 b"


def test_answers_carry_the_id_that_was_sent() -> None:
    incoming = read(b'{"jsonrpc": "2.0", "id": "x", "method": "no/such"}')
    assert incoming is not None
    assert (incoming.method, incoming.params, incoming.id) == ("no/such", {}, "x")
    assert failure(unknown_method(incoming)) == {
        "jsonrpc": "2.0",
        "id": "x",
        "error": {"code": -32601, "message": "there is no method 'no/such'"},
    }


def test_a_notification_with_wrong_parameters_gets_no_answer() -> None:
    assert read(b'{"jsonrpc": "2.0", "method": "a", "params": 1}') is None


@pytest.mark.parametrize(
    "params", [{}, {"name": 1}, {"name": "a", "arguments": "x"}, {"name": None}]
)
def test_a_call_without_a_name_or_with_other_arguments_is_an_error(
    params: dict[str, Any],
) -> None:
    with pytest.raises(RpcError) as caught:
        called(Incoming("tools/call", params, 7))
    assert (caught.value.code, caught.value.id) == (-32602, 7)


def test_arguments_may_be_left_out() -> None:
    assert called(Incoming("tools/call", {"name": "a"}, 1)) == ("a", {})
    assert called(Incoming("tools/call", {"name": "a", "arguments": None}, 1))[1] == {}


def test_changes_are_promised_only_where_they_are_told() -> None:
    assert initialized({}, tells_changes=False)["capabilities"] == {"tools": {}}
    told = initialized({"protocolVersion": ["odd"]}, tells_changes=True)
    assert told["capabilities"] == {"tools": {"listChanged": True}}
    assert told["protocolVersion"] == "2025-11-25"
