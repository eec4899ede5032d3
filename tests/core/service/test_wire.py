from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookwright.core.service import wire

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(st.integers(1, 2), st.lists(st.binary(max_size=200), max_size=8))
def test_fields_come_back_as_they_were_sent(kind: int, fields: list[bytes]) -> None:
    frame = wire.encode(kind, fields)
    head = wire.read_head(frame)

    assert (head.protocol, head.kind) == (wire.PROTOCOL, kind)
    assert head.length == len(frame) - wire.REQUEST_HEAD
    assert wire.fields_of(frame[wire.REQUEST_HEAD :]) == fields


@given(st.binary(max_size=300))
def test_any_bytes_are_fields_or_an_error(body: bytes) -> None:
    try:
        fields = wire.fields_of(body)
    except wire.FrameError:
        return
    assert wire.encode(1, fields)[wire.REQUEST_HEAD :] == body


@pytest.mark.parametrize(
    "data", [b"", b"HKWR", b"GET / HTTP/1.1\r\n", b"HKWA" + bytes(20)]
)
def test_what_is_no_request_is_refused(data: bytes) -> None:
    with pytest.raises(wire.FrameError, match="not a Hookwright request"):
        wire.read_head(data)


def test_a_size_is_refused_before_anything_is_kept() -> None:
    head = wire.MAGIC + bytes((1, 1)) + (wire.MAX_BODY + 1).to_bytes(4)

    with pytest.raises(wire.FrameError, match=str(wire.MAX_BODY)):
        wire.read_head(head)


def test_more_fields_than_anybody_sends_are_refused() -> None:
    with pytest.raises(wire.FrameError):
        wire.fields_of(bytes(4) * 17)


@given(TEXT, st.lists(TEXT, max_size=4), st.binary(max_size=100))
def test_a_hook_request_comes_back(cwd: str, words: list[str], stdin: bytes) -> None:
    fields = [
        wire.VERSION.encode(),
        b"0123456789abcdef0123",
        b"o",
        "\0".join(["claude-code", *words]).encode(),
        cwd.encode(),
        b"A=1\0B=x=y",
        stdin,
    ]

    request = wire.decode_hook(fields)

    assert request.agent_host == "claude-code"
    assert request.arguments == tuple(words)
    assert request.cwd == cwd
    assert request.environment == {"A": "1", "B": "x=y"}
    assert (request.flags, request.stdin) == ("o", stdin)


@pytest.mark.parametrize("delivery", [b"", b"../../../../../../etc", b"X" * 20])
def test_a_delivery_id_is_hexadecimal(delivery: bytes) -> None:
    with pytest.raises(wire.FrameError, match="hexadecimal"):
        wire.decode_hook([b"0.1.0", delivery, b"", b"x", b"/", b"", b""])


def test_missing_fields_are_an_error() -> None:
    with pytest.raises(wire.FrameError, match="2 fields where 7 belong"):
        wire.decode_hook([b"", b""])


@given(st.integers(0, 3), st.integers(0, 255), st.binary(), st.binary())
def test_a_reply_comes_back(status: int, code: int, out: bytes, err: bytes) -> None:
    data = wire.encode_reply(wire.Reply(status, code, out, err))

    assert wire.read_reply_head(data) == (status, code, len(out), len(err))
    assert data[wire.REPLY_HEAD :] == out + err


@pytest.mark.parametrize("data", [b"", b"HKWA", b"x" * 16, b"HKWA" + b"\xff" * 12])
def test_what_is_no_reply_is_refused(data: bytes) -> None:
    with pytest.raises(wire.FrameError):
        wire.read_reply_head(data)
