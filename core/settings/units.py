"""Sizes and durations: what people write, as numbers with one unit.

A size is a number of bytes. Units are powers of 1024, with or without the `i`:
1 MB and 1 MiB are both 1,048,576 bytes. A duration is a number of seconds.
"""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema

KB, MB, GB = 2**10, 2**20, 2**30
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0

_BYTES = {"": 1, "b": 1, "kb": KB, "mb": MB, "gb": GB, "tb": 2**40}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)i?(b?)", re.IGNORECASE)
_SECONDS = {
    **dict.fromkeys(("ms", "millisecond", "milliseconds"), 0.001),
    **dict.fromkeys(("", "s", "sec", "second", "seconds"), 1.0),
    **dict.fromkeys(("m", "min", "minute", "minutes"), MINUTE),
    **dict.fromkeys(("h", "hour", "hours"), HOUR),
    **dict.fromkeys(("d", "day", "days"), DAY),
}
_DURATION_PART = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", re.IGNORECASE)


def parse_size(value: object) -> int:
    """Return value in bytes: an integer, or a text such as `512 MB`.

    :raises ValueError: it is neither.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    match = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{value!r} is no size")
    number, unit, _ = match.groups()
    return int(float(number) * _BYTES[f"{unit.lower()}b"])


def parse_duration(value: object) -> float:
    """Return value in seconds: a number, or a text such as `30 min` or `1 h 30 min`.

    :raises ValueError: it is neither.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{value!r} is no duration")
    total, place = 0.0, 0
    while place < len(value):
        match = _DURATION_PART.match(value, place)
        if match is None or match[2].lower() not in _SECONDS:
            raise ValueError(f"{value!r} is no duration")
        total += float(match[1]) * _SECONDS[match[2].lower()]
        place = match.end()
    return total


def show_size(size: int) -> str:
    """Return size as people write it: `512 MB`."""
    for unit, factor in (("GB", GB), ("MB", MB), ("KB", KB)):
        if size and size % factor == 0:
            return f"{size // factor} {unit}"
    return f"{size} bytes"


def show_duration(seconds: float) -> str:
    """Return a duration as people write it: `30 min`."""
    for unit, factor in (("day", DAY), ("h", HOUR), ("min", MINUTE)):
        if seconds >= factor and seconds % factor == 0:
            plural = "s" if unit == "day" and seconds > DAY else ""
            return f"{seconds / factor:g} {unit}{plural}"
    return f"{seconds:g} s" if seconds >= 1 or not seconds else f"{seconds * 1000:g} ms"


class _Bounded(ABC):
    """What both annotations do: validate within bounds, and describe both forms."""

    low: float
    high: float
    #: The JSON type of the number, and the pattern of the text.
    _number: ClassVar[str]
    _text: ClassVar[str]

    @property
    @abstractmethod
    def accepted(self) -> str:
        """Return what is accepted, for people."""

    @abstractmethod
    def _parse(self, value: object) -> float: ...

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Validate numbers and texts."""
        return core_schema.no_info_plain_validator_function(self._validate)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Describe both forms."""
        return {
            "anyOf": [
                {"type": self._number, "minimum": self.low, "maximum": self.high},
                {"type": "string", "pattern": self._text},
            ],
            "x-accepted": self.accepted,
        }

    def _validate(self, value: object) -> float:
        try:
            number = self._parse(value)
        except ValueError:
            number = math.nan
        if not self.low <= number <= self.high:
            raise PydanticCustomError(
                "out_of_bounds", "accepted: {accepted}", {"accepted": self.accepted}
            )
        return number


@dataclass(frozen=True)
class Size(_Bounded):
    """Annotation of an `int` field that is a size; bounds in bytes, both accepted."""

    low: int
    high: int
    _number = "integer"
    _text = r"^\s*\d+(\.\d+)?\s*[kKmMgGtT]?i?[bB]?\s*$"

    @property
    def accepted(self) -> str:
        """Return what is accepted, for people."""
        return f"{show_size(self.low)} to {show_size(self.high)}"

    def _parse(self, value: object) -> int:
        return parse_size(value)


@dataclass(frozen=True)
class Duration(_Bounded):
    """Annotation of a `float` field that is a duration; bounds in seconds."""

    low: float
    high: float
    _number = "number"
    _text = r"^(\s*\d+(\.\d+)?\s*[A-Za-z]*\s*)+$"

    @property
    def accepted(self) -> str:
        """Return what is accepted, for people."""
        return f"{show_duration(self.low)} to {show_duration(self.high)}"

    def _parse(self, value: object) -> float:
        return parse_duration(value)
