from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookwright.core.errors import RecordError
from hookwright.core.store.keys import (
    MAX_PART,
    decode_key,
    encode_key,
    encode_part,
    index_key,
    prefix_range,
)

PARTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
KEYS = st.lists(PARTS, min_size=1, max_size=4).map(tuple)


@given(KEYS)
def test_a_key_within_the_cap_comes_back(key: tuple[str, ...]) -> None:
    if all(len(encode_part(part).encode()) <= 60 for part in key):
        assert decode_key(encode_key(key)) == key


@given(KEYS, KEYS)
def test_two_keys_never_become_one(
    first: tuple[str, ...], second: tuple[str, ...]
) -> None:
    assert (encode_key(first) == encode_key(second)) == (first == second)


@given(st.lists(st.text(max_size=400), min_size=1, max_size=4))
def test_a_key_never_outgrows_lmdb(key: list[str]) -> None:
    try:
        encoded = encode_key(key)
    except RecordError as error:
        assert "Unicode" in str(error)  # noqa: PT017 - a lone surrogate
        return
    assert 1 <= len(encoded) <= 511
    assert not any(byte < 0x20 for byte in encoded)


@given(
    st.lists(st.text("abz09ABZ", min_size=1, max_size=8), min_size=2, max_size=8),
)
def test_plain_parts_of_one_length_keep_their_order(parts: list[str]) -> None:
    padded = [part.ljust(8, "a") for part in parts]

    assert sorted(padded) == [
        decode_key(key)[0] for key in sorted(encode_key((part,)) for part in padded)
    ]


def test_a_part_is_readable_and_its_separators_are_escaped() -> None:
    assert (
        encode_key(("/home/ada/x%", "b\n", "ü"))
        == "%2Fhome%2Fada%2Fx%25/b%0A/ü".encode()
    )
    assert encode_key(("a", "")) == b"a/%"
    assert decode_key(b"a/%") == ("a", "")


def test_a_long_part_becomes_a_readable_head_and_a_hash() -> None:
    path = "/srv/" + "deep/" * 600
    encoded = encode_part(path)

    assert len(encoded.encode()) == MAX_PART
    assert encoded.startswith("%2Fsrv%2Fdeep%2F")
    assert encoded[-33] == "~"
    assert encode_part(path + "x") != encoded
    assert encode_part("ü" * 200).encode()[:-33].decode() == "ü" * 43


def test_a_part_that_looks_like_a_hash_is_another_key() -> None:
    hashed = encode_part("x" * 3000)

    assert encode_part(hashed) != hashed
    assert decode_key(encode_part("~" + "a" * 32).encode()) == ("~" + "a" * 32,)


@pytest.mark.parametrize("key", [(), ("a",) * 5, (1,), ("a", None), ("\ud800",)])
def test_what_is_no_key_is_refused(key: tuple[str, ...]) -> None:
    with pytest.raises(RecordError):
        encode_key(key)


def test_a_prefix_covers_whole_parts_only() -> None:
    exact, longer = prefix_range(("ab",))

    assert exact == b"ab"
    assert encode_key(("ab", "c")).startswith(longer)
    assert not encode_key(("abc", "d")).startswith(longer)
    assert prefix_range(()) == (b"", b"")


def test_an_index_key_names_index_and_value() -> None:
    assert index_key("tag", "a/b") == b"tag/a%2Fb"
