from __future__ import annotations

from typing import Any

import pytest

from hookwright.core.errors import RecordError
from hookwright.core.store.codec import pack
from hookwright.core.store.frames import FrameError
from hookwright.core.store.keys import encode_key
from hookwright.core.store.operations import (
    Change,
    Delete,
    Operation,
    Put,
    PutIfAbsent,
    Step,
    decode_batch,
    decode_operation,
    encode_batch,
)
from hookwright.core.store.schema import Schema

NOTE = b'{"author":"a","tags":["x"]}'


@pytest.mark.parametrize(
    "step",
    [
        Put(pack(1, NOTE), (b"tag/x",)),
        PutIfAbsent(pack(1, NOTE), (b"tag/x",)),
        Delete(),
        Change({"seen": 2**70, "tags": ["ü"]}, 1, 3),
    ],
)
def test_a_batch_comes_back(step: Step, types: Any) -> None:
    schema = Schema(types.notes)
    key = ("a/b", "\n")
    operation = Operation("notes", key, encode_key(key), step)

    batch = decode_batch(encode_batch(7, 1234, "d", [operation, operation]))

    assert (batch.number, batch.time_ms, batch.delivery) == (7, 1234, "d")
    assert [item.resolve(schema) for item in batch.operations] == [operation] * 2


def test_a_batch_may_have_no_delivery_and_no_operations() -> None:
    batch = decode_batch(encode_batch(1, 2, None, []))

    assert (batch.delivery, batch.operations) == (None, [])


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b'{"number":1}',
        b'{"number":1,"time":2,"delivery":null,"operations":[["put"]]}',
        b'{"number":1,"time":2,"delivery":null,"operations":[3]}',
        b'{"number":1,"time":2,"delivery":null,"operations":'
        b'[["rename","notes",["a"],1,null,1]]}',
    ],
)
def test_a_batch_of_another_layout_is_refused(payload: bytes) -> None:
    with pytest.raises(FrameError):
        decode_batch(payload)


def test_a_record_that_does_not_validate_is_refused(types: Any) -> None:
    schema = Schema(types.notes)
    raw = decode_operation(["put", "notes", ["a"], 1, {"author": 3}, 1])

    with pytest.raises(RecordError, match="author"):
        raw.resolve(schema)


def test_steps_are_told_apart_and_each_counts() -> None:
    """None is a tuple: one without fields would be false, two kinds would be equal."""
    written: list[object] = [Put(b"a"), PutIfAbsent(b"a")]
    assert written[0] != written[1]
    assert bool(Delete())
