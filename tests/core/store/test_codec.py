from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookwright.core.store.codec import (
    DamagedValueError,
    pack,
    pack_document,
    unpack,
    unpack_document,
)


@given(st.integers(0, 255), st.binary(max_size=200))
def test_a_value_comes_back_with_its_version(version: int, data: bytes) -> None:
    assert unpack(pack(version, data)) == (version, data)


@given(st.binary(min_size=1, max_size=60), st.data())
def test_a_flipped_bit_is_always_noticed(data: bytes, draw: st.DataObject) -> None:
    value = bytearray(pack(1, data))
    bit = draw.draw(st.integers(0, len(value) * 8 - 1))
    value[bit // 8] ^= 1 << bit % 8

    with pytest.raises(DamagedValueError):
        unpack(bytes(value))


def test_a_value_that_is_cut_off_is_damaged() -> None:
    with pytest.raises(DamagedValueError):
        unpack(b"\x01\x02")


def test_an_integer_of_any_size_survives() -> None:
    assert unpack_document(pack_document({"n": 2**90})) == {"n": 2**90}
