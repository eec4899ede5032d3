from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from hookwright.hookspecs import FlushReport, Merge, Record, RecordType


class Note(Record):
    author: str
    seen: int = 0


def make(**fields: Any) -> RecordType[Note]:
    options: dict[str, Any] = {
        "name": "notes",
        "model": Note,
        "key": lambda note: (note.author,),
    }
    return RecordType(**{**options, **fields})


def test_a_record_type_has_harmless_defaults() -> None:
    notes = make(merge={"seen": Merge.SUM})

    assert notes.version == 1
    assert notes.retention is None
    assert notes.settle is None
    assert notes.key(Note(author="Ada")) == ("Ada",)


@pytest.mark.parametrize("name", ["", "Notes", "9notes", "no-tes", "n" * 49, "a/b"])
def test_an_unusable_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="use 1 to 48 lower case letters"):
        make(name=name)


@pytest.mark.parametrize(
    "fields", [{"merge": {"saw": Merge.SUM}}, {"recall": ("saw",)}], ids=str
)
def test_a_field_that_the_model_lacks_is_named(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="'notes': Note has no field saw"):
        make(**fields)


@pytest.mark.parametrize("version", [0, 256, -1])
def test_a_version_fits_one_byte(version: int) -> None:
    with pytest.raises(ValueError, match=r"is not in 1\.\.255"):
        make(version=version)


def test_a_record_keeps_fields_that_it_does_not_know() -> None:
    note = Note.model_validate({"author": "Ada", "mood": "fine"})

    assert note.model_dump() == {"author": "Ada", "seen": 0, "mood": "fine"}
    with pytest.raises(ValidationError, match="frozen"):
        note.author = "Grace"  # type: ignore[misc]


def test_a_flush_report_is_a_plain_value() -> None:
    report = FlushReport(
        reason="push", written={"notes": 2}, keys={"notes": [("Ada",)]}
    )

    assert FlushReport.model_validate_json(report.model_dump_json()) == report
