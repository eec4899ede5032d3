"""Read fields of a message and say which one is wrong."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple


class Payload(NamedTuple):
    """A JSON object of the wire, or of one of its fields.

    Every reader raises ValueError with the field's full name in its text.
    """

    fields: Mapping[str, Any]
    where: str = ""

    @classmethod
    def of(cls, value: object) -> Payload:
        """Return value as a payload; it must be an object."""
        if not isinstance(value, Mapping):
            raise ValueError(f"the message is {_kind(value)}, expected an object")
        return cls(value)

    def text(self, name: str, default: str | None = None) -> str:
        """Return a string; without default the field must be there."""
        value = self._get(name, default is None)
        if value is None and default is not None:
            return default
        if not isinstance(value, str):
            raise self._wrong(name, value, "a string")
        return value

    def identifier(self, name: str) -> str:
        """Return a string that must be there and not be empty."""
        if value := self.text(name):
            return value
        raise ValueError(f"{self.where}{name} is empty")

    def flag(self, name: str) -> bool:
        """Return a boolean; False when it is missing."""
        value = self._get(name)
        if value is None:
            return False
        if not isinstance(value, bool):
            raise self._wrong(name, value, "true or false")
        return value

    def number(self, name: str) -> float | None:
        """Return a number of at least 0, or None when it is missing."""
        value = self._get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(name, value, "a number")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number) or number < 0:
            raise ValueError(f"{self.where}{name} is out of range")
        return number

    def child(self, name: str, *, required: bool = False) -> Payload:
        """Return an object field as a payload; empty when it is missing."""
        value = self._get(name, required)
        if value is None:
            value = {}
        if not isinstance(value, Mapping):
            raise self._wrong(name, value, "an object")
        return Payload(value, f"{self.where}{name}.")

    def _get(self, name: str, required: bool = False) -> Any:
        value = self.fields.get(name)
        if value is None and required:
            raise ValueError(f"{self.where}{name} is missing")
        return value

    def _wrong(self, name: str, value: object, expected: str) -> ValueError:
        return ValueError(f"{self.where}{name} is {_kind(value)}, expected {expected}")


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case Mapping():
            return "an object"
        case _:
            return "a list"
