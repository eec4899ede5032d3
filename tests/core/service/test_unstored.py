from __future__ import annotations

import pytest

from hookwright.core.service.unstored import Unstored
from hookwright.hookspecs import Record, RecordType


class Note(Record):
    name: str


NOTES = RecordType(
    name="notes",
    model=Note,
    key=lambda note: (note.name,),
    indexes={"by": lambda note: note.name},
)


def test_writes_are_forgotten_and_reads_are_empty() -> None:
    store = Unstored()
    store.register(NOTES)
    stage = store.stage()

    stage.put(NOTES, Note(name="a"))
    stage.put_if_absent(NOTES, Note(name="a"))
    stage.merge(NOTES, ("a",), name="b")
    stage.delete(NOTES, "a")

    assert stage.get(NOTES, "a") is None
    assert list(stage.scan(NOTES)) == []
    assert list(stage.find(NOTES, "by", "a")) == []
    assert stage.count(NOTES) == 0


def test_an_unknown_index_is_still_an_error() -> None:
    with pytest.raises(KeyError):
        list(Unstored().stage().find(NOTES, "nope", "a"))
