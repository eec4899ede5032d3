"""How a record's key becomes the bytes that LMDB sorts by.

Parts are readable text joined by `/`. `%`, `/` and control characters are escaped
as `%XX`. A part longer than `MAX_PART` bytes becomes a readable head, `~` and a
hash of the whole. Scanning a prefix of whole parts is scanning a range of bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import unquote

from hookwright.hookspecs import Key

from ..digests import blake2b
from ..errors import RecordError

#: Bytes that one part may take after escaping; four of them fit in LMDB's 511.
MAX_PART = 120
MAX_PARTS = 4
_HASH_DIGITS = 32
_UNSAFE = re.compile(r"[%/\x00-\x1f\x7f]")
_LOOKS_HASHED = re.compile(rf"~(?=[0-9a-f]{{{_HASH_DIGITS}}}\Z)")
#: Stands for an empty part; no escaped text is a lone percent sign.
_EMPTY = "%"


@lru_cache(maxsize=1024)
def encode_part(part: str) -> str:
    """Return one part of a key, escaped and within `MAX_PART` bytes.

    :raises RecordError: it is no valid Unicode text.
    """
    if not part:
        return _EMPTY
    text = part
    if _UNSAFE.search(text):
        text = _UNSAFE.sub(lambda match: f"%{ord(match[0]):02X}", text)
    if "~" in text:
        # Only a hash may end like a hash, so that no two parts become one.
        text = _LOOKS_HASHED.sub("%7E", text)
    if len(text) * 4 <= MAX_PART or len(_utf8(text)) <= MAX_PART:
        return text
    digest = blake2b(_utf8(part), digest_size=_HASH_DIGITS // 2).hexdigest()
    head = _utf8(text)[: MAX_PART - _HASH_DIGITS - 1].decode("utf-8", "ignore")
    return f"{head}~{digest}"


def encode_key(parts: Iterable[str]) -> bytes:
    """Return the bytes that LMDB keeps a record under.

    :raises RecordError: there are no parts, more than four, or one is no text.
    """
    key = tuple(parts)
    if not 1 <= len(key) <= MAX_PARTS:
        raise RecordError(
            f"a key has {len(key)} parts: {key!r}; give 1 to {MAX_PARTS} texts"
        )
    for part in key:
        if not isinstance(part, str):
            raise RecordError(f"key part {part!r} is {type(part).__name__}, not text")
    return _utf8("/".join(map(encode_part, key)))


def decode_key(encoded: bytes) -> Key:
    """Return a key's parts; a hashed part stays as it is."""
    return tuple(
        "" if part == _EMPTY else unquote(part)
        for part in encoded.decode("utf-8", "replace").split("/")
    )


def index_key(index: str, value: str) -> bytes:
    """Return the bytes that an index lists a value under."""
    return _utf8(f"{index}/{encode_part(value)}")


def prefix_range(prefix: Iterable[str]) -> tuple[bytes, bytes]:
    """Return the key equal to prefix, and the beginning of those longer than it.

    Both are empty for an empty prefix, which every key begins with.
    """
    parts = tuple(prefix)
    if not parts:
        return b"", b""
    exact = encode_key(parts)
    return exact, exact + b"/"


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise RecordError(
            f"key part {text!r} is not valid Unicode: {error.reason}"
        ) from error
