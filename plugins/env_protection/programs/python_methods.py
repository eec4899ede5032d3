"""Methods of Python's texts and lists, folded over constants; results are bounded."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from ..words import UNKNOWN
from .python_values import (
    LONGEST,
    NOTHING,
    PathValue,
    is_plain,
    text_of,
)

#: Methods of `str` and `bytes` whose result is bounded by what they are given.
_TEXT_METHODS = frozenset(
    [
        "join",
        "strip",
        "lstrip",
        "rstrip",
        "lower",
        "upper",
        "title",
        "capitalize",
        "swapcase",
        "casefold",
        "split",
        "rsplit",
        "splitlines",
        "partition",
        "rpartition",
        "replace",
        "removeprefix",
        "removesuffix",
        "startswith",
        "endswith",
        "find",
        "rfind",
        "index",
        "rindex",
        "count",
        "encode",
        "decode",
        "translate",
        "isalpha",
        "isdigit",
        "isalnum",
        "isupper",
        "islower",
        "isspace",
        "hex",
        "format_map",
        "maketrans",
    ]
)
_PADDING = frozenset(["center", "ljust", "rjust", "zfill", "expandtabs"])
_LIST_METHODS = frozenset(["index", "count", "copy", "keys", "values", "items", "get"])
_LARGEST_NUMBER = 4_000


def method(value: object, name: str, arguments: Sequence[object]) -> object:
    """Return what a method of a constant returns, `NOTHING` if that is not known."""
    if isinstance(value, (str, bytes)):
        return _text_method(value, name, arguments)
    if isinstance(value, (list, tuple, dict, set)):
        return _list_method(value, name, arguments)
    return NOTHING


def _text_method(value: str | bytes, name: str, arguments: Sequence[object]) -> object:
    if name == "join" and arguments:
        return _join(value, arguments[0])
    if name == "format" and isinstance(value, str):
        return NOTHING  # folded where keyword arguments are at hand
    if not all(is_plain(each) for each in arguments):
        return UNKNOWN if name in ("replace", "translate") else NOTHING
    if name in _PADDING:
        numbers = [each for each in arguments if isinstance(each, int)]
        if any(number > _LARGEST_NUMBER for number in numbers):
            return NOTHING
    elif name not in _TEXT_METHODS:
        return NOTHING
    if isinstance(value, str) and UNKNOWN in value:
        return _of_unknown(value, name, arguments)
    if name == "replace" and len(value) * _longest(arguments) > LONGEST * 20:
        return NOTHING
    try:
        result: object = getattr(value, name)(*arguments)
    except Exception:  # noqa: BLE001 - what the code does wrong is its own affair
        return NOTHING
    return result


def _longest(arguments: Sequence[object]) -> int:
    return max((len(a) for a in arguments if isinstance(a, (str, bytes))), default=0)


def _of_unknown(value: str, name: str, arguments: Sequence[object]) -> object:
    """Fold a method of a text with unknown stretches, where it says anything."""
    if name in ("endswith", "startswith") and arguments:
        ends = value.endswith if name == "endswith" else value.startswith
        wanted = arguments[0]
        if isinstance(wanted, str) and ends(wanted):
            return True
        return NOTHING
    if name in ("lower", "upper", "casefold", "replace", "strip", "rstrip", "lstrip",
                "removeprefix", "removesuffix", "encode"):  # fmt: skip
        if name == "encode":
            return value
        result: object = getattr(value, name)(*arguments)
        return result
    return UNKNOWN if name in ("decode", "translate", "title") else NOTHING


def _join(value: str | bytes, given: object) -> object:
    if isinstance(given, str):
        given = list(given)
    if not isinstance(given, (list, tuple)):
        return UNKNOWN
    if isinstance(value, bytes):
        parts = [each for each in given if isinstance(each, bytes)]
        return value.join(parts) if len(parts) == len(given) else NOTHING
    texts = [each if isinstance(each, str) else UNKNOWN for each in given]
    made = value.join(texts)
    return made if len(made) <= LONGEST else UNKNOWN


def _list_method(
    value: list[object] | tuple[object, ...] | dict[object, object] | set[object],
    name: str,
    arguments: Sequence[object],
) -> object:
    if name not in _LIST_METHODS or not hasattr(value, name):
        return NOTHING
    try:
        result = getattr(value, name)(*arguments)
    except Exception:  # noqa: BLE001 - what the code does wrong is its own affair
        return NOTHING
    if name in ("keys", "values", "items"):
        return list(result)
    found: object = result
    return found


def format_text(
    text: str, arguments: Sequence[object], named: dict[str, object]
) -> object:
    """Return what `str.format` makes, widths bounded, attributes not followed."""
    made: list[str] = []
    place, count = 0, 0
    while place < len(text):
        letter = text[place]
        if letter in "{}" and text[place + 1 : place + 2] == letter:
            made.append(letter)
            place += 2
        elif letter == "{":
            end = text.find("}", place)
            if end < 0:
                return NOTHING
            name = text[place + 1 : end].partition(":")[0].partition("!")[0]
            plain = ":" not in text[place:end]
            if name == "":
                name, count = str(count), count + 1
            value: object = NOTHING
            if name.isdigit() and int(name) < len(arguments):
                value = arguments[int(name)]
            elif name in named:
                value = named[name]
            made.append(text_of(value) if plain or isinstance(value, str) else UNKNOWN)
            place = end + 1
        else:
            made.append(letter)
            place += 1
    joined = "".join(made)
    return joined if len(joined) <= LONGEST else UNKNOWN


def percent(text: str | bytes, value: object) -> object:
    """Return what `text % value` makes."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    values = list(value) if isinstance(value, tuple) else [value]
    made: list[str] = []
    place = 0
    while place < len(text):
        if text[place] != "%":
            made.append(text[place])
            place += 1
            continue
        end = place + 1
        name = None
        if text[end : end + 1] == "(":
            close = text.find(")", end)
            if close < 0:
                return NOTHING
            name, end = text[end + 1 : close], close + 1
        while end < len(text) and text[end] in "0123456789.-+# ":
            end += 1
        kind = text[end : end + 1]
        place = end + 1
        if kind == "%":
            made.append("%")
            continue
        item: object = NOTHING
        if name is not None and isinstance(value, dict):
            item = value.get(name, NOTHING)
        elif name is None and values:
            item = values.pop(0)
        if kind == "c" and isinstance(item, int) and 0 <= item < 0x110000:
            item = chr(item)
        made.append(text_of(item) if kind in "srdic" else UNKNOWN)
    return "".join(made)


def path_attribute(path: PathValue, name: str) -> object:
    """Return an attribute of a path."""
    text = path.text.rstrip("/") or path.text
    last = text.rpartition("/")[2]
    if name == "name":
        return last
    if name == "parent":
        return PathValue(text.rpartition("/")[0] or ("/" if text[:1] == "/" else "."))
    if name == "stem":
        return last.rpartition(".")[0] or last
    if name == "suffix":
        return (
            UNKNOWN
            if UNKNOWN in last and "." not in last
            else posixpath.splitext(last)[1]
        )
    if name == "parts":
        return text.split("/")
    return NOTHING
