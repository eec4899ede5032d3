from __future__ import annotations

from typing import Any

import pytest
from pydantic import ConfigDict, Field, computed_field

from hookwright.core.errors import RecordError
from hookwright.core.store.codec import pack, unpack
from hookwright.core.store.schema import NewerVersionError, Schema
from hookwright.hookspecs import Merge, Record, RecordType


class Old(Record):
    name: str
    size: float = 0.0


class New(Record):
    name: str
    bytes: int = 0
    tags: frozenset[str] = frozenset()
    none: str | None = None


def grow(document: dict[str, Any]) -> dict[str, Any]:
    return {"name": document["name"], "bytes": int(document["size"] * 1024)}


OLD = Schema(RecordType(name="files", model=Old, key=lambda item: (item.name,)))
NEW = Schema(
    RecordType(
        name="files",
        model=New,
        key=lambda item: (item.name,),
        version=3,
        upgrades={1: grow},
        merge={"bytes": Merge.SUM},
    )
)


def test_an_old_record_is_upgraded_when_it_is_read() -> None:
    stored = OLD.encode(Old(name="a", size=1.5))

    assert NEW.decode(stored) == New(name="a", bytes=1536)
    assert unpack(NEW.change(stored, {"bytes": 1}))[0] == 3


def test_a_field_of_a_newer_program_survives_an_older_one() -> None:
    stored = pack(1, b'{"name":"a","size":1.0,"colour":"red"}')

    changed = OLD.change(stored, {"size": 2.0})

    assert b'"colour":"red"' in changed


def test_a_newer_record_is_read_and_not_rewritten() -> None:
    stored = pack(2, b'{"name":"a","size":1.0}')

    assert OLD.decode(stored).model_dump() == {"name": "a", "size": 1.0}
    with pytest.raises(NewerVersionError, match="version 2 is stored"):
        OLD.change(stored, {"size": 2.0})


def test_sets_are_stored_in_one_order() -> None:
    record = New(name="a", tags=frozenset("qwertyuiop"))

    assert b'["e","i","o","p","q","r","t","u","w","y"]' in NEW.encode(record)


@pytest.mark.parametrize(
    "record",
    [
        Old(name="a", size=float("nan")),
        Old.model_construct(name="\ud800", size=0.0),
        New(name="other model"),
    ],
)
def test_what_json_cannot_hold_is_refused(record: Record) -> None:
    with pytest.raises(RecordError):
        OLD.encode(record)


def test_null_in_an_optional_field_is_fine() -> None:
    assert NEW.decode(NEW.encode(New(name="a"))) == New(name="a")


def test_functions_of_a_plugin_that_raise_are_named() -> None:
    def fail(_: Any) -> Any:
        raise ZeroDivisionError("oops")

    schema = Schema(
        RecordType(
            name="files",
            model=Old,
            key=lambda item: (item.name,),
            settle=fail,
            indexes={"broken": fail},
            version=2,
            upgrades={1: fail},
        )
    )
    with pytest.raises(RecordError, match="settle raised ZeroDivisionError: oops"):
        schema.change(None, {"name": "a"})
    with pytest.raises(RecordError, match="index broken raised"):
        schema.index_entries(Old(name="a"))
    with pytest.raises(RecordError, match="upgrade from 1 raised"):
        schema.decode(pack(1, b"{}"))


def test_an_index_gives_text() -> None:
    kind = RecordType(
        name="files",
        model=Old,
        key=lambda item: (item.name,),
        indexes={"size": lambda item: [item.size]},  # type: ignore[list-item]
    )
    with pytest.raises(RecordError, match="index size gave float"):
        Schema(kind).index_entries(Old(name="a"))


def test_a_key_function_gives_texts() -> None:
    kind = RecordType(name="files", model=Old, key=lambda item: ())
    with pytest.raises(RecordError, match="files: a key has 0 parts"):
        Schema(kind).key_of(Old(name="a"))


class Aliased(Record):
    name: str = Field(alias="Name")


class Computed(Record):
    name: str = ""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def length(self) -> int:
        return len(self.name)


class Opaque(Record):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    thing: Schema | None = None


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Aliased, "has an alias"),
        (Computed, "computed field"),
        (Opaque, "cannot be stored"),
    ],
)
def test_a_model_that_does_not_read_back_is_refused(
    model: type[Record], message: str
) -> None:
    with pytest.raises(RecordError, match=message):
        Schema(RecordType(name="files", model=model, key=lambda item: ("x",)))
