from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookwright.core.store import frames
from hookwright.core.store.frames import (
    DELIVERY,
    HEADER_SIZE,
    OPERATIONS,
    FrameError,
    decode_delivery,
    decode_header,
    encode_delivery,
    encode_frame,
    encode_header,
    read_frames,
)

HEADER = encode_header("S" * 26, "O" * 26)
PAYLOADS = st.lists(st.binary(max_size=40), max_size=6)


@given(PAYLOADS)
def test_frames_come_back_in_order(payloads: list[bytes]) -> None:
    data = HEADER + b"".join(encode_frame(OPERATIONS, item) for item in payloads)

    assert [frame.payload for frame in read_frames(data)] == payloads


@given(PAYLOADS.filter(bool))
def test_a_file_cut_at_any_byte_gives_every_whole_frame_before_it(
    payloads: list[bytes],
) -> None:
    data, ends = HEADER, []
    for payload in payloads:
        data += encode_frame(DELIVERY, payload)
        ends.append(len(data))
    for size in range(HEADER_SIZE, len(data) + 1):
        whole = [end for end in ends if end <= size]
        found = list(read_frames(data[:size]))
        assert [frame.payload for frame in found] == payloads[: len(whole)]


@given(PAYLOADS.filter(bool), st.data())
def test_a_flipped_bit_ends_the_file_there(
    payloads: list[bytes], draw: st.DataObject
) -> None:
    data, begins = HEADER, []
    for payload in payloads:
        begins.append(len(data))
        data += encode_frame(OPERATIONS, payload)
    bit = draw.draw(st.integers(HEADER_SIZE * 8, len(data) * 8 - 1))
    damaged = bytearray(data)
    damaged[bit // 8] ^= 1 << bit % 8
    before = sum(1 for begin in begins if begin <= bit // 8) - 1

    assert [item.payload for item in read_frames(bytes(damaged))] == payloads[:before]


def test_zeros_are_no_frame() -> None:
    assert list(read_frames(HEADER + bytes(4096))) == []


def test_a_header_names_segment_and_owner() -> None:
    assert decode_header(HEADER) == ("S" * 26, "O" * 26)
    assert decode_header(HEADER[:-1]) is None
    assert decode_header(b"x" * HEADER_SIZE) is None
    assert decode_header(HEADER[:-1] + b"\n") is None
    with pytest.raises(ValueError, match="26 characters"):
        encode_header("short", "O" * 26)


@given(st.integers(0, 2**60), st.text(max_size=50), st.binary(max_size=50))
def test_a_delivery_comes_back(time_ms: int, name: str, payload: bytes) -> None:
    readable = name.encode("utf-8", "replace").decode()

    found = decode_delivery(encode_delivery(time_ms, name, payload))

    assert found == (time_ms, readable, payload)


@pytest.mark.parametrize("data", [b"", b"\0" * 9, encode_delivery(1, "abc", b"")[:-1]])
def test_half_a_delivery_is_refused(data: bytes) -> None:
    with pytest.raises(FrameError):
        decode_delivery(data)


def test_what_does_not_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "MAX_PAYLOAD", 10)
    with pytest.raises(FrameError, match="11 bytes"):
        encode_frame(DELIVERY, bytes(11))
    with pytest.raises(FrameError, match="id has 70000 bytes"):
        encode_delivery(1, "x" * 70_000, b"")
