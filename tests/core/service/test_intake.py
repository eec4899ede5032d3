from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hookwright.core.service import intake
from hookwright.core.service.intake import IntakeError, take_in
from hookwright.hookspecs.frozen import MAX_DEPTH

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@settings(max_examples=50)
@given(st.dictionaries(st.text(), JSON))
def test_plain_json_comes_through_unchanged(payload: dict[str, Any]) -> None:
    assert take_in(json.dumps(payload).encode(), "json").payload == payload


@given(st.binary(max_size=200))
def test_any_bytes_are_taken_or_refused_with_a_sentence(data: bytes) -> None:
    try:
        taken = take_in(data, None)
    except IntakeError as error:
        said = str(error)
    else:
        said = "standard input"
        json.dumps(taken.payload).encode()

    assert said.startswith("standard input")


def test_the_depth_limit_is_that_of_events() -> None:
    assert intake.MAX_DEPTH == MAX_DEPTH


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "standard input is empty; expected one JSON object"),
        (b" \n ", "standard input is empty"),
        (b"{", "standard input is not JSON: Expecting property name"),
        (b'{"a": 1} trailing', "standard input is not JSON: Extra data"),
        (b"nonsense", "standard input is not JSON"),
        (b"[1, 2]", "standard input is a JSON array, not an object"),
        (b'"text"', "standard input is a JSON string, not an object"),
        (b"null", "standard input is a JSON null, not an object"),
        (b"true", "standard input is a JSON boolean, not an object"),
        (b"12", "standard input is a JSON number, not an object"),
        (b"\0\0\0", "standard input is not JSON"),
        (b'{"a":' * 10_000, "nested deeper than 200 levels"),
        (
            b'{"a":' + b"[" * 300 + b"]" * 300 + b"}",
            "standard input is nested deeper than 200 levels",
        ),
    ],
)
def test_what_cannot_be_understood_is_named(data: bytes, message: str) -> None:
    with pytest.raises(IntakeError) as caught:
        take_in(data, "json")

    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'\xef\xbb\xbf{"a": 1}', 1),
        (b'{"a": "\\ud83d"}', "\ufffd"),
        (b'{"a": "\\ud83d\\ude00"}', "\U0001f600"),
        (b'{"\\udc00": 1, "a": 2}', 2),
        (b'{"a": NaN}', None),
        (b'{"a": -Infinity}', None),
        (b'{"a": 1e999}', None),
        (b'{"a": 18446744073709551615}', 2**64 - 1),
        (b'{"a": 18446744073709551616}', "18446744073709551616"),
        (b'{"a": -9223372036854775809}', "-9223372036854775809"),
        (b'{"a": ' + b"9" * 5000 + b"}", "9" * 5000),
        (b'{"a": 1, "a": 2}', 2),
        (b'{"a": "x\\u0000y"}', "x\0y"),
        (b'{"a": "x\0y\n"}', "x\0y\n"),
        (b'{"session_id": "x", "a": "../../etc/passwd"}', "../../etc/passwd"),
    ],
)
def test_odd_values_become_json_that_can_be_stored(data: bytes, value: Any) -> None:
    taken = take_in(data, "json")

    assert taken.payload["a"] == value
    assert taken.note == ""
    json.dumps(taken.payload, allow_nan=False).encode()


def test_invalid_utf8_is_replaced_and_noted() -> None:
    taken = take_in(b'{"a": "x\xff"}', "json")

    assert taken.payload == {"a": "x\ufffd"}
    assert taken.note == "byte 8 of standard input is not UTF-8; replaced"


def test_text_stays_text() -> None:
    assert take_in(b"[not json", "text").payload == "[not json"
    assert take_in(b"", "text").payload == ""


def test_a_host_nobody_knows_yet_sends_json_or_text() -> None:
    assert take_in(b' {"a": 1}', None).payload == {"a": 1}
    assert take_in(b"refs/heads/main 1 2", None).payload == "refs/heads/main 1 2"


def test_an_event_that_is_too_large_keeps_all_but_its_long_texts() -> None:
    output = "word " * 10 * 2**20
    members = {"session_id": "s", "tool": {"big": output}, "tool_use_id": "t"}
    data = json.dumps(members).encode()

    taken = take_in(data, "json")

    assert (taken.payload["session_id"], taken.payload["tool_use_id"]) == ("s", "t")
    kept = taken.payload["tool"]["big"]
    assert len(kept) < 33_000
    assert kept.startswith("word word ")
    assert kept.endswith(f"word [{len(output) - 32765} characters left out]")
    assert taken.payload["hookwright_oversize"]["bytes"] == len(data)
    assert taken.partial


def test_a_large_event_of_many_values_keeps_its_first_members() -> None:
    members = {"session_id": "s", "cwd": "/x", "tool": {"big": [7] * 2_000_000}}
    data = json.dumps(members).encode()

    taken = take_in(data, "json")

    assert taken.payload == {
        "session_id": "s",
        "cwd": "/x",
        "hookwright_oversize": {
            "bytes": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
        },
    }
    assert taken.partial
    assert taken.note == (
        f"standard input has {len(data)} bytes, accepted: 4194304; "
        "what is too long in it was shortened"
    )


def test_a_large_event_of_many_middling_texts_keeps_its_first_members() -> None:
    members = {"session_id": "s", "texts": ["y" * 30_000] * 200, "last": 1}

    taken = take_in(json.dumps(members).encode(), "json")

    assert set(taken.payload) == {"session_id", "hookwright_oversize"}


@pytest.mark.parametrize(
    "head", ["{", "{1: 2, ", '{"a" 1', '{"a": 1 "b"', '{"a": ' + "[" * 5000]
)
def test_a_large_event_with_a_broken_head_keeps_what_there_is(head: str) -> None:
    taken = take_in(head.encode() + b" " * intake.MAX_EVENT, "json")

    assert set(taken.payload) == {"hookwright_oversize"}


def test_a_large_text_is_cut_where_a_line_ends() -> None:
    line = b"x" * 1000 + b"\n"

    taken = take_in(line * 5000, "text")

    assert taken.payload.endswith("x\n")
    assert len(taken.payload) == len(line) * (256 * 1024 // len(line))
    assert taken.partial
