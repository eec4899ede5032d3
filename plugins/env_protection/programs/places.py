"""Paths as programs are given them, made absolute."""

from __future__ import annotations

from collections.abc import Iterator

from ..access import World
from ..words import UNKNOWN

#: Longer ones are no path that a kernel takes.
LONGEST_PATH = 4096


def absolute(text: str, cwd: str) -> str:
    """Return text as an absolute path without `.`, `..` and doubled slashes.

    What begins with an unknown stretch stays so: it may be absolute or not.
    """
    if not text.startswith(("/", UNKNOWN)):
        text = f"{cwd}/{text}"
    parts: list[str] = []
    for part in text.split("/"):
        if part in ("", "."):
            continue
        if part != "..":
            parts.append(part)
        elif parts and UNKNOWN in parts[-1]:
            parts[-1] = UNKNOWN  # it may have been several, or none
        elif parts:
            parts.pop()
    joined = "/".join(parts)
    return joined if joined.startswith(UNKNOWN) else f"/{joined}"


def directory_of(path: str) -> str:
    """Return what holds an absolute path."""
    return path.rpartition("/")[0] or "/"


def name_of(path: str) -> str:
    """Return a path's last part."""
    return path.rstrip("/").rpartition("/")[2]


def is_telling(path: str) -> bool:
    """Return whether enough of a path is known to say that it means one file.

    Its last part has known letters; `$DIR/$NAME` tells nothing.
    """
    return UNKNOWN not in path or len(name_of(path).replace(UNKNOWN, "")) >= 3


def stretches(text: str) -> Iterator[str]:
    """Yield what in an argument may be a path: all of it, after `=`, after `@`..."""
    if len(text) > LONGEST_PATH:
        return
    yield text
    for mark in ("=", "@", ":"):
        rest = text.partition(mark)[2]
        while rest:
            yield rest.lstrip("@<") if rest[0] in "@<" else rest
            rest = rest.partition(mark)[2]
    if "file://" in text:
        yield text.partition("file://")[2]
    if "fileb://" in text:
        yield text.partition("fileb://")[2]
    if "," in text and len(text) < 1000:
        yield from text.split(",")
    if text.startswith("-") and not text.startswith("--") and len(text) > 2:
        yield text[2:]


def secret_in(text: str, cwd: str, world: World) -> str | None:
    """Return the secret file that an argument is or holds as a value, if it does."""
    for found in stretches(text):
        if not found or found.startswith("-") or not is_telling(found):
            continue
        path = absolute(found, cwd)
        if world.is_secret(path):
            return path
    return None
