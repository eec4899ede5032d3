"""Turn what an agent host wrote to standard input into JSON that can be stored.

Standard library only and light (no dataclasses, which cost 10 ms): the path without
a daemon imports this while an agent waits. Bad input is never an exception that ends
anything: it is repaired and noted, or refused with a sentence that says what is wrong
with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .. import light_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal, NamedTuple

    InputFormat = Literal["json", "text"]
else:
    from ..named_tuple import NamedTuple

#: A larger event is not kept whole.
MAX_EVENT = 4 * 2**20
#: Nor parsed whole where it has more values than this: each takes some 100 bytes of
#: memory. A large event is nearly always one long text, which costs its own size.
_MOST_VALUES = 200_000
#: Characters that are kept of a text in an event that is too large.
_LONGEST_TEXT = 32 * 2**10
#: The limit of hookspecs.frozen, which a test compares.
MAX_DEPTH = 200
#: How much of an event that is too large is looked at.
_HEAD = 256 * 2**10
_BOM = b"\xef\xbb\xbf"


class IntakeError(ValueError):
    """The input cannot be understood; the text says why."""


class RawDelivery(NamedTuple):
    """One event as the agent host sent it; nothing in it is redacted."""

    #: 20 hexadecimal digits, made by the client.
    id: str
    agent_host: str
    arguments: tuple[str, ...]
    cwd: str
    environment: Mapping[str, str]
    stdin: bytes


class Intake(NamedTuple):
    """What came of one input.

    :param payload: JSON without NaN, without numbers that only Python knows, and
        without lone surrogates; text where the host sends text.
    :param note: what was repaired or left out, or "".
    :param partial: whether something is missing, so that no gate may judge it.
    """

    payload: Any
    note: str = ""
    partial: bool = False


def take_in(stdin: bytes, input_format: InputFormat | None) -> Intake:
    """Return what the input holds; the format None means "find out".

    :raises IntakeError: it cannot be understood.
    """
    if len(stdin) > MAX_EVENT:
        return _oversize(stdin, input_format)
    text, note = _decode(stdin)
    if input_format is None:
        input_format = "json" if text.lstrip()[:1] in ("{", "[") else "text"
    if input_format == "text":
        return Intake(text, note)
    return Intake(_parse(text), note)


def holds_known(stdin: bytes, known: Iterable[str]) -> bool:
    """Return whether one of these texts is in the input, what was cut out included."""
    return any(text.encode("utf-8", "replace") in stdin for text in known)


def _decode(stdin: bytes) -> tuple[str, str]:
    content = stdin.removeprefix(_BOM)
    try:
        return content.decode("utf-8"), ""
    except UnicodeDecodeError as error:
        note = f"byte {error.start} of standard input is not UTF-8; replaced"
        return content.decode("utf-8", "replace"), note


def _parse(text: str) -> Any:
    if not text.strip():
        raise IntakeError("standard input is empty; expected one JSON object")
    try:
        value = _DECODER.decode(text)
    except RecursionError:
        raise IntakeError(_TOO_DEEP) from None
    except ValueError as error:
        raise IntakeError(f"standard input is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise IntakeError(f"standard input is a JSON {_kind(value)}, not an object")
    return clean(value)


def clean(value: Any, depth: int = 0) -> Any:
    """Return value without lone surrogates.

    :raises IntakeError: nesting is deeper than `MAX_DEPTH`.
    """
    if depth > MAX_DEPTH:
        raise IntakeError(_TOO_DEEP)
    if isinstance(value, str):
        return _whole(value)
    if isinstance(value, dict):
        return {_whole(key): clean(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [clean(item, depth + 1) for item in value]
    return value


def _whole(text: str) -> str:
    # Half an emoji: JSON can spell it (Node does when it cuts a string), UTF-8 not.
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _integer(digits: str) -> int | str:
    # LMDB, orjson and other languages hold 64 bits; longer ids stay exact as text.
    number = int(digits) if len(digits) <= 20 else None
    return number if number is not None and -(2**63) <= number < 2**64 else digits


def _float(digits: str) -> float | None:
    number = float(digits)
    return number if abs(number) != float("inf") else None


#: Control characters inside strings are no reason to lose an event (`strict`).
_DECODER = light_json.Decoder(
    parse_int=_integer,
    parse_float=_float,
    parse_constant=lambda _name: None,
    strict=False,
)
_TOO_DEEP = f"standard input is nested deeper than {MAX_DEPTH} levels"


def _kind(value: Any) -> str:
    names = {list: "array", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(value), "number")


def _oversize(stdin: bytes, input_format: InputFormat | None) -> Intake:
    # Imported late: few events are so large, and OpenSSL costs 2 ms.
    import hashlib

    size = len(stdin)
    note = (
        f"standard input has {size} bytes, accepted: {MAX_EVENT}; "
        "what is too long in it was shortened"
    )
    text, _ = _decode(stdin[:_HEAD])
    if input_format == "text" or text.lstrip()[:1] != "{":
        # Cut where a line ends: half a secret would be recognised by no rule.
        return Intake(text[: text.rfind("\n") + 1], note, partial=True)
    members = _shortened(stdin) or clean(_first_members(text))
    members["hookwright_oversize"] = {
        "bytes": size,
        "sha256": hashlib.sha256(stdin).hexdigest(),
    }
    return Intake(members, note, partial=True)


def _shortened(stdin: bytes) -> dict[str, Any] | None:
    """Return the object with its long texts cut, or None where that costs too much."""
    if stdin.count(b",") > _MOST_VALUES:
        return None
    try:
        value = _DECODER.decode(_decode(stdin)[0])
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    kept = clean(_cut(value))
    # Many texts of middle size can still be too much together.
    return kept if len(light_json.dumps(kept)) <= MAX_EVENT else None


def _cut(value: Any, depth: int = 0) -> Any:
    if depth > MAX_DEPTH:
        raise IntakeError(_TOO_DEEP)
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        # Between words: half a secret would be recognised by no rule.
        end = max(value.rfind(mark, 0, _LONGEST_TEXT) for mark in " \n\t") + 1
        return f"{value[:end]}[{len(value) - end} characters left out]"
    if isinstance(value, dict):
        return {key: _cut(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_cut(item, depth + 1) for item in value]
    return value


def _first_members(text: str) -> dict[str, Any]:
    """Return the members of a JSON object that are whole in its head."""
    members: dict[str, Any] = {}
    at = text.index("{") + 1
    while True:
        try:
            key, at = _DECODER.raw_decode(text, _skip(text, at))
            at = _skip(text, at)
            if not isinstance(key, str) or text[at] != ":":
                return members
            value, at = _DECODER.raw_decode(text, _skip(text, at + 1))
            at = _skip(text, at)
            if text[at] != ",":
                return members
        except (ValueError, IndexError, RecursionError):
            return members
        members[key] = value
        at += 1


def _skip(text: str, at: int) -> int:
    while text[at : at + 1] in (" ", "\t", "\r", "\n"):
        at += 1
    return at
