"""Functions of Python are folded as Python does it, within bounds."""

from __future__ import annotations

import bz2
import codecs
import zlib
from collections.abc import Callable

import pytest

from hookwright.plugins.env_protection.programs.python_functions import FUNCTIONS
from hookwright.plugins.env_protection.programs.python_values import LONGEST

DECODE = FUNCTIONS["codecs.decode"]


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (b"LmVudg==", "base64"),
        (b"2e656e76", "hex_codec"),
        (".rai", "rot13"),
        (b".env", "utf-8"),
        (zlib.compress(b".env"), "zlib"),
        (bz2.compress(b".env"), "bz2_codec"),
    ],
)
def test_a_codec_gives_what_python_gives(value: str | bytes, name: str) -> None:
    decode: Callable[..., object] = codecs.decode
    expected = decode(value, name)

    assert DECODE(value, name) == expected


@pytest.mark.parametrize(
    ("bomb", "name"),
    [
        (bz2.compress(b"a" * 50_000_000), "bz2"),
        (zlib.compress(b"a" * 10_000_000), "ZIP"),
    ],
)
def test_a_few_bytes_that_stand_for_many_stay_bounded(bomb: bytes, name: str) -> None:
    found = DECODE(bomb, name)

    assert isinstance(found, bytes)
    assert 0 < len(found) <= LONGEST
