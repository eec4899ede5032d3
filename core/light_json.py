"""JSON without the package `json`, which imports `re`: 12 ms, as Python's own start.

The same C code reads and writes as in `json`, with the same results and errors; where
it is missing or of another shape, `json` does the work.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_SPACE = " \t\n\r"


class Decoder:
    """Reads JSON texts; the parameters are those of `json.JSONDecoder`.

    :param parse_int: makes what stands for an integer of its digits.
    :param parse_float: makes what stands for any other number of its digits.
    :param parse_constant: makes what stands for `NaN`, `Infinity` and `-Infinity`.
    :param strict: whether control characters inside strings are an error.
    """

    def __init__(
        self,
        parse_int: Callable[[str], Any] = int,
        parse_float: Callable[[str], Any] = float,
        parse_constant: Callable[[str], Any] = float,
        *,
        strict: bool = True,
    ) -> None:
        self.object_hook = self.object_pairs_hook = None
        self.parse_int = parse_int
        self.parse_float = parse_float
        self.parse_constant = parse_constant
        self.strict = strict
        self._scan: Callable[[str, int], tuple[Any, int]] = self._scanner()

    def decode(self, text: str) -> Any:
        """Return the value that the text holds.

        :raises ValueError: it is not JSON; a `json.JSONDecodeError` with the place.
        :raises RecursionError: it is nested too deeply.
        """
        value, end = self.raw_decode(text, len(text) - len(text.lstrip(_SPACE)))
        rest = text[end:].lstrip(_SPACE)
        if rest:
            raise _error("Extra data", text, len(text) - len(rest))
        return value

    def raw_decode(self, text: str, begin: int = 0) -> tuple[Any, int]:
        """Return the value that begins there, and where it ends.

        :raises ValueError: there is no value; a `json.JSONDecodeError` with the place.
        :raises RecursionError: it is nested too deeply.
        """
        try:
            return self._scan(text, begin)
        except StopIteration as stop:
            raise _error("Expecting value", text, stop.value) from None

    def _scanner(self) -> Any:
        try:
            from _json import make_scanner
        except ImportError:
            return self._scanner_in_python()
        here: Any = self
        return make_scanner(here)

    def _scanner_in_python(self) -> Any:
        from json import decoder, scanner

        parts, made = vars(decoder), vars(scanner)
        self.parse_object = parts["JSONObject"]
        self.parse_array = parts["JSONArray"]
        self.parse_string = parts["scanstring"]
        self.memo: dict[str, str] = {}
        return made["py_make_scanner"](self)


def loads(content: bytes) -> Any:
    """Return the value that UTF-8 JSON holds.

    :raises ValueError: it is not UTF-8, or not JSON.
    """
    return Decoder().decode(content.decode("utf-8"))


def dumps(value: object) -> str:
    """Return the value as `json.dumps(value)` does, in ASCII.

    :raises TypeError: something in it is no JSON value.
    :raises ValueError: it contains itself.
    """
    try:
        from _json import encode_basestring_ascii, make_encoder
    except ImportError:
        import json

        return json.dumps(value)
    encode = make_encoder(
        {}, _refuse, encode_basestring_ascii, None, ": ", ", ", False, False, True
    )
    return "".join(encode(value, 0))


def _refuse(value: object) -> Any:
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def _error(text: str, document: str, place: int) -> ValueError:
    from json import JSONDecodeError

    return JSONDecodeError(text, document, place)
