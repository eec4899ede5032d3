"""Configuration files: reading them, and finding the line of a key."""

from __future__ import annotations

import errno
import os
import re
import stat
from pathlib import Path

from ..errors import ConfigError
from .layers import Keys, Layer, LayerName

MAX_FILE = 2**20
_ABSENT = (errno.ENOENT, errno.ENOTDIR)
_HEADER = re.compile(r"\s*\[\[?(?P<key>[^\[\]]+|.*?)\]\]?\s*(?:#.*)?$")
_PART = r"(?:[A-Za-z0-9_-]+|\"(?:[^\"\\]|\\.)*\"|'[^']*')"
_KEY = re.compile(rf"\s*(?P<key>{_PART}(?:\s*\.\s*{_PART})*)\s*=")
_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")


def read_file(file: Path) -> bytes | None:
    """Return the file's content, None when there is no such file.

    :raises ConfigError: it cannot be read, is no regular file or is over 1 MB.
    """
    try:
        # Without O_NONBLOCK a named pipe would hold us until somebody writes.
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as opened:
            if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
                raise ConfigError(f"{file} is not a regular file; move it away")
            content = opened.read(MAX_FILE + 1)
    except OSError as error:
        if error.errno in _ABSENT:
            return None
        if error.errno == errno.EISDIR:
            raise ConfigError(f"{file} is a directory; move it away") from error
        raise ConfigError(
            f"{file} cannot be read: {error.strerror}; make it readable or remove it"
        ) from error
    if len(content) > MAX_FILE:
        raise ConfigError(f"{file} is larger than 1 MB; a configuration is smaller")
    return content


def parse_file(file: Path, content: bytes, name: LayerName) -> Layer:
    """Return the layer that a file's content makes.

    :raises ConfigError: it is not UTF-8 or not TOML; the text names line and column.
    """
    # Imported late: most people have no configuration file.
    import tomllib

    text = _decode(file, content)
    try:
        tree = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise ConfigError(_malformed(file, text, error)) from error
    lines = locate_keys(text)

    def where(path: Keys) -> str:
        for size in range(len(path), 0, -1):
            if path[:size] in lines:
                return f"{file}:{lines[path[:size]]}"
        return str(file)

    return Layer(name, tree, where)


def _decode(file: Path, content: bytes) -> str:
    try:
        # TOML has no byte order mark, but Windows' editors write one.
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        raise ConfigError(
            f"{file}:{line}:{column}: not UTF-8 (byte 0x{content[error.start]:02x}); "
            "save the file as UTF-8"
        ) from error


def _malformed(file: Path, text: str, error: Exception) -> str:
    message = str(error)
    place = _PLACE.search(message)
    if place is not None:
        line, column = place.groups()
        message = _PLACE.sub("", message).strip()
    else:
        message = message.removesuffix("(at end of document)").strip()
        lines = text.splitlines() or [""]
        line, column = str(len(lines)), str(len(lines[-1]) + 1)
    return f"{file}:{line}:{column}: not valid TOML: {message}"


def locate_keys(text: str) -> dict[Keys, int]:
    """Return the line of every table and key in a TOML text; the first is line 1.

    `tomllib` gives no lines, so they are searched for: keys of inline tables are not
    found, and stand where their table stands.
    """
    lines: dict[Keys, int] = {}
    table: Keys = ()
    inside = ""
    for number, line in enumerate(text.splitlines(), 1):
        if inside:
            if line.count(inside) % 2:
                inside = ""
            continue
        header = _HEADER.match(line)
        match = header or _KEY.match(line)
        if match is None:
            continue
        keys = _split_key(match["key"])
        if keys is None:
            continue
        if header is not None:
            table = keys
        else:
            keys = (*table, *keys)
            inside = _opened_string(line)
        for size in range(1, len(keys) + 1):
            lines.setdefault(keys[:size], number)
    return lines


def _opened_string(line: str) -> str:
    """Return the quotes of the multi-line string that line begins, or ""."""
    value = line.partition("=")[2].lstrip()
    for quotes in ('"""', "'''"):
        if value.startswith(quotes) and line.count(quotes) % 2:
            return quotes
    return ""


def _split_key(text: str) -> Keys | None:
    import tomllib

    try:
        tree: object = tomllib.loads(f"{text} = 0")
    except tomllib.TOMLDecodeError:
        return None
    keys: list[str] = []
    while isinstance(tree, dict) and len(tree) == 1:
        key, tree = next(iter(tree.items()))
        keys.append(key)
    return tuple(keys)
