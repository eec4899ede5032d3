"""One registered record type, ready to encode, decode and merge."""

from __future__ import annotations

from typing import Any, cast

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError, from_json, to_json

from hookwright.hookspecs import Key, Record, RecordType

from ..errors import RecordError
from .codec import HEAD_SIZE, pack, unpack
from .keys import encode_key, index_key
from .merging import Document, MergeRules, first_error, sort_json


class NewerVersionError(RecordError):
    """A stored value was written by a newer program; this one must not rewrite it."""


class Schema:
    """What core derives from a `RecordType` once, when it is registered."""

    def __init__(self, record_type: RecordType[Any]) -> None:
        self.record_type: RecordType[Record] = record_type
        self.name = record_type.name
        self.version = record_type.version
        self.settles = record_type.settle is not None
        self.indexed = bool(record_type.indexes)
        self.retained = record_type.retention is not None
        self._model = self.record_type.model
        _check_model(self.name, self._model)
        self.rules = MergeRules(self.record_type)

    @property
    def databases(self) -> list[str]:
        """Return the LMDB databases that hold this record type."""
        found = [self.name]
        if self.indexed:
            found.append(f"{self.name}.index")
        if self.retained:
            found.append(f"{self.name}.times")
        return found

    def key_of(self, record: Record) -> tuple[Key, bytes]:
        """Return a record's key, as parts and as bytes.

        :raises RecordError: the key function does not give 1 to 4 texts.
        """
        key = tuple(self.record_type.key(record))
        try:
            return key, encode_key(key)
        except RecordError as error:
            raise RecordError(f"{self.name}: {error}") from error

    def encode(self, record: Record) -> bytes:
        """Return the bytes to store.

        :raises RecordError: it is another model's record, or is no JSON.
        """
        if not isinstance(record, self._model):
            raise RecordError(
                f"{self.name} stores {self._model.__name__}, not "
                f"{type(record).__name__}"
            )
        try:
            json = self._dump(record)
            # NaN and infinity become null, which only some fields can read again.
            if b"null" in json:
                self._model.model_validate_json(json)
        except (PydanticSerializationError, ValidationError) as error:
            raise RecordError(
                f"{self.name}: this record cannot be stored as JSON: "
                f"{first_error(error)}"
            ) from error
        return pack(self.version, json)

    def decode(self, value: bytes) -> Record:
        """Return the record that bytes stand for, upgraded to this version.

        :raises DamagedValueError: the checksum is wrong.
        :raises RecordError: the record does not validate.
        """
        version, json = unpack(value)
        if version < self.version:
            json = to_json(self._upgrade(version, from_json(json)))
        return self._validate(json)

    def document(self, value: bytes) -> Document:
        """Return the JSON object that bytes stand for, upgraded to this version."""
        version, json = unpack(value)
        return self._upgrade(version, cast("Document", from_json(json)))

    def change(self, value: bytes | None, changes: Document) -> bytes:
        """Return the bytes to store after changes were merged once.

        :raises RecordError: the result does not validate.
        :raises NewerVersionError: a newer program wrote the value.
        """
        if value is not None:
            self.check_version(value)
        document = {} if value is None else self.document(value)
        record = self._validate(to_json(self.rules.apply(document, changes)))
        settle = self.record_type.settle
        if settle is not None:
            # Here and below: a plugin's function may raise anything.
            try:
                record = settle(record)
            except Exception as error:
                raise self._fault("settle", error) from error
        return self.encode(record)

    def check_version(self, value: bytes) -> None:
        """Raise NewerVersionError where the value is a newer program's."""
        if value[0] > self.version:
            raise NewerVersionError(
                f"{self.name}: version {value[0]} is stored, this program knows "
                f"version {self.version}"
            )

    def index_entries(self, record: Record) -> tuple[bytes, ...]:
        """Return the keys that the indexes list a record under.

        :raises RecordError: an index function gives something else than text.
        """
        entries: set[bytes] = set()
        for name, function in self.record_type.indexes.items():
            try:
                found = function(record)
                values = [found] if isinstance(found, str) else list(found or ())
            except Exception as error:
                raise self._fault(f"index {name}", error) from error
            for value in values:
                if not isinstance(value, str):
                    raise RecordError(
                        f"{self.name}: index {name} gave {type(value).__name__}; "
                        "give text"
                    )
                entries.add(index_key(name, value))
        return tuple(sorted(entries))

    def entries_of(self, value: bytes) -> tuple[bytes, ...]:
        """Return the index entries of stored bytes."""
        return self.index_entries(self.decode(value)) if self.indexed else ()

    def _upgrade(self, version: int, document: Document) -> Document:
        for step in range(version, self.version):
            upgrade = self.record_type.upgrades.get(step)
            if upgrade is None:
                continue
            try:
                document = upgrade(document)
            except Exception as error:
                raise self._fault(f"upgrade from {step}", error) from error
        return document

    def _fault(self, function: str, error: Exception) -> RecordError:
        return RecordError(
            f"{self.name}: {function} raised {type(error).__name__}: {error!s:.200}"
        )

    def _validate(self, json: bytes) -> Record:
        try:
            return self._model.model_validate_json(json)
        except ValidationError as error:
            raise RecordError(
                f"{self.name}: the record does not validate: {first_error(error)}"
            ) from error

    def _dump(self, record: Record) -> bytes:
        if not self.rules.set_fields:
            return record.model_dump_json(warnings=False).encode()
        document = record.model_dump(mode="json", warnings=False)
        for name in self.rules.set_fields:
            if isinstance(document[name], list):
                document[name] = sort_json(document[name])
        return to_json(document, inf_nan_mode="null")


def json_of(value: bytes) -> bytes:
    """Return the JSON inside bytes that were checked before."""
    return value[HEAD_SIZE:]


def _check_model(name: str, model: type[Record]) -> None:
    # Both would write something that does not read back into the same record.
    aliased = [
        field
        for field, info in model.model_fields.items()
        if info.alias or info.validation_alias or info.serialization_alias
    ]
    if aliased:
        raise RecordError(
            f"record type {name!r}: field {', '.join(aliased)} has an alias; "
            "stored fields go by their own names"
        )
    if model.model_computed_fields:
        raise RecordError(
            f"record type {name!r}: {', '.join(model.model_computed_fields)} is a "
            "computed field; use a plain property"
        )
