"""Functions of Python that only compute: folded over constants, bounded."""

from __future__ import annotations

import base64
import binascii
import bz2
import codecs
import posixpath
import zlib
from collections.abc import Callable
from urllib.parse import unquote

from ..words import UNKNOWN
from .python_values import LONGEST, NOTHING, holds_unknown, is_plain, text_of


def _bytes_of(value: object) -> bytes | None:
    if isinstance(value, str):
        return None if UNKNOWN in value else value.encode("utf-8", "replace")
    return value if isinstance(value, bytes) else None


def _decoding(decode: Callable[[bytes], bytes]) -> Callable[..., object]:
    def decoded(*arguments: object) -> object:
        given = _bytes_of(arguments[0]) if arguments else None
        if given is None or len(given) > LONGEST:
            return UNKNOWN
        try:
            return decode(given)
        except Exception:  # noqa: BLE001 - the code's own text is faulty
            return NOTHING

    return decoded


def _inflate(data: bytes) -> bytes:
    return zlib.decompressobj().decompress(data, LONGEST)


def _unzip(data: bytes) -> bytes:
    return bz2.BZ2Decompressor().decompress(data, LONGEST)


#: Codecs of bytes. What they make is bounded: a few bytes can stand for gigabytes.
_OF_BYTES: dict[str, Callable[[bytes], bytes]] = {
    "hex": binascii.unhexlify,
    "base64": base64.decodebytes,
    "zlib": _inflate,
    "zip": _inflate,
    "bz2": _unzip,
}


def _codec(decode: bool) -> Callable[..., object]:
    def coded(*arguments: object) -> object:
        if len(arguments) < 2 or holds_unknown(arguments[0]):
            return UNKNOWN
        value, name = arguments[0], arguments[1]
        if not isinstance(name, str) or len(text_of(value)) > LONGEST:
            return UNKNOWN
        plain = name.lower().replace("_", "").replace("-", "").removesuffix("codec")
        try:
            if not decode:
                made: object = codecs.encode(value, name)  # type: ignore[call-overload]
                return made
            if plain in _OF_BYTES:
                given = _bytes_of(value)
                return UNKNOWN if given is None else _OF_BYTES[plain](given)
            found: object = codecs.decode(value, name)  # type: ignore[call-overload]
            return found
        except Exception:  # noqa: BLE001 - the code's own text is faulty
            return NOTHING

    return coded


def _chr(*arguments: object) -> object:
    value = arguments[0] if arguments else None
    if isinstance(value, int) and 0 <= value < 0x110000:
        return chr(value)
    return UNKNOWN


def _ord(*arguments: object) -> object:
    value = arguments[0] if arguments else None
    if isinstance(value, (str, bytes)) and len(value) == 1 and not holds_unknown(value):
        return ord(value)
    return NOTHING


def _str(*arguments: object) -> object:
    return text_of(arguments[0]) if arguments else ""


def _bytes(*arguments: object) -> object:
    value = arguments[0] if arguments else b""
    if isinstance(value, (list, tuple)):
        numbers = [each for each in value if isinstance(each, int) and 0 <= each < 256]
        return bytes(numbers) if len(numbers) == len(value) else NOTHING
    if isinstance(value, int):
        return NOTHING
    given = _bytes_of(value)
    return NOTHING if given is None else given


def _int(*arguments: object) -> object:
    if not arguments or holds_unknown(arguments[0]) or len(text_of(arguments[0])) > 300:
        return NOTHING
    try:
        if len(arguments) > 1 and isinstance(arguments[1], int):
            return int(text_of(arguments[0]), arguments[1])
        return int(arguments[0])  # type: ignore[call-overload]
    except (TypeError, ValueError):
        return NOTHING


def _listed(*arguments: object) -> object:
    value = arguments[0] if arguments else []
    if isinstance(value, str) and UNKNOWN in value:
        return NOTHING
    if isinstance(value, (str, bytes, list, tuple, set, dict)):
        return list(value)
    return NOTHING


def _reversed(*arguments: object) -> object:
    value = arguments[0] if arguments else []
    if isinstance(value, (str, bytes, list, tuple)):
        return list(value)[::-1]
    return NOTHING


def _sorted(*arguments: object) -> object:
    value = _listed(*arguments)
    try:
        return sorted(value) if isinstance(value, list) else NOTHING
    except TypeError:
        return value


def _range(*arguments: object) -> object:
    numbers = [each for each in arguments if isinstance(each, int)]
    if not numbers or len(numbers) != len(arguments) or len(numbers) > 3:
        return NOTHING
    if len(numbers) == 3 and numbers[2] == 0:
        return NOTHING
    found = range(*numbers)
    return list(found) if len(found) <= 300 else NOTHING


def _enumerate(*arguments: object) -> object:
    value = _listed(*arguments)
    return [list(e) for e in enumerate(value)] if isinstance(value, list) else NOTHING


def _zip(*arguments: object) -> object:
    lists = [_listed(each) for each in arguments]
    found = [each for each in lists if isinstance(each, list)]
    if len(found) != len(lists):
        return NOTHING
    return [list(each) for each in zip(*found, strict=False)]


def _len(*arguments: object) -> object:
    value = arguments[0] if arguments else NOTHING
    if holds_unknown(value):
        return NOTHING
    return (
        len(value)
        if isinstance(value, (str, bytes, list, tuple, dict, set))
        else NOTHING
    )


def _next(*arguments: object) -> object:
    value = _listed(*arguments)
    if isinstance(value, list):
        return value[0] if value else (arguments[1] if len(arguments) > 1 else NOTHING)
    return NOTHING


def _dict(*arguments: object) -> object:
    value = arguments[0] if arguments else {}
    try:
        return dict(value)  # type: ignore[call-overload]
    except (TypeError, ValueError):
        return NOTHING


def _join_paths(*arguments: object) -> object:
    made = ""
    for each in arguments:
        text = text_of(each)
        if text.startswith("/"):
            made = text
        else:
            made = text if not made else f"{made.rstrip('/')}/{text}"
    return made


def _same(*arguments: object) -> object:
    return arguments[0] if arguments else NOTHING


def _of_path(part: Callable[[str], object]) -> Callable[..., object]:
    def computed(*arguments: object) -> object:
        return part(text_of(arguments[0])) if arguments else NOTHING

    return computed


def _identity_list(*arguments: object) -> object:
    lists = [_listed(each) for each in arguments]
    return [item for each in lists if isinstance(each, list) for item in each]


def _min_max(pick: Callable[[list[object]], object]) -> Callable[..., object]:
    def picked(*arguments: object) -> object:
        value = _listed(*arguments) if len(arguments) == 1 else list(arguments)
        if not isinstance(value, list) or not value or not is_plain(value):
            return NOTHING
        try:
            return pick(value)
        except TypeError:
            return NOTHING

    return picked


def _min(value: list[object]) -> object:
    return min(value)  # type: ignore[type-var]


def _max(value: list[object]) -> object:
    return max(value)  # type: ignore[type-var]


#: Functions that compute; the names are those of the modules that define them.
FUNCTIONS: dict[str, Callable[..., object]] = {
    "chr": _chr,
    "ord": _ord,
    "str": _str,
    "repr": lambda *a: repr(a[0]) if a and is_plain(a[0]) else UNKNOWN,
    "ascii": _str,
    "bytes": _bytes,
    "bytearray": _bytes,
    "memoryview": _same,
    "int": _int,
    "list": _listed,
    "tuple": _listed,
    "set": _listed,
    "frozenset": _listed,
    "iter": _listed,
    "dict": _dict,
    "reversed": _reversed,
    "sorted": _sorted,
    "range": _range,
    "enumerate": _enumerate,
    "zip": _zip,
    "len": _len,
    "next": _next,
    "min": _min_max(_min),
    "max": _min_max(_max),
    "itertools.chain": _identity_list,
    "bytes.fromhex": _decoding(lambda b: bytes.fromhex(b.decode())),
    "bytearray.fromhex": _decoding(lambda b: bytes.fromhex(b.decode())),
    "binascii.unhexlify": _decoding(binascii.unhexlify),
    "binascii.a2b_hex": _decoding(binascii.unhexlify),
    "binascii.a2b_base64": _decoding(binascii.a2b_base64),
    "base64.b64decode": _decoding(base64.b64decode),
    "base64.standard_b64decode": _decoding(base64.b64decode),
    "base64.decodebytes": _decoding(base64.decodebytes),
    "base64.urlsafe_b64decode": _decoding(base64.urlsafe_b64decode),
    "base64.b32decode": _decoding(base64.b32decode),
    "base64.b16decode": _decoding(base64.b16decode),
    "base64.b85decode": _decoding(base64.b85decode),
    "base64.a85decode": _decoding(base64.a85decode),
    "zlib.decompress": _decoding(_inflate),
    "codecs.decode": _codec(decode=True),
    "codecs.encode": _codec(decode=False),
    "urllib.parse.unquote": _of_path(unquote),
    "urllib.parse.unquote_plus": _of_path(unquote),
    "html.unescape": _str,
    "os.path.join": _join_paths,
    "posixpath.join": _join_paths,
    "os.path.basename": _of_path(posixpath.basename),
    "os.path.dirname": _of_path(posixpath.dirname),
    "os.path.normpath": _of_path(str),
    "os.path.abspath": _of_path(str),
    "os.path.realpath": _of_path(str),
    "os.path.splitext": _of_path(lambda t: list(posixpath.splitext(t))),
    "os.path.split": _of_path(lambda t: list(posixpath.split(t))),
    "os.fspath": _of_path(str),
    "os.fsdecode": _of_path(str),
    "os.fsencode": _of_path(str),
    "sys.intern": _str,
    "shlex.quote": _of_path(lambda t: "'" + t.replace("'", "'\\''") + "'"),
    "shlex.split": _of_path(lambda t: t.split()),
    "textwrap.dedent": _of_path(str),
    "operator.add": lambda *a: text_of(a[0]) + text_of(a[1]) if len(a) > 1 else NOTHING,
    "operator.concat": lambda *a: (
        text_of(a[0]) + text_of(a[1]) if len(a) > 1 else NOTHING
    ),
    "copy.copy": _same,
    "copy.deepcopy": _same,
}
