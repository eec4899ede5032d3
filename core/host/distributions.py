"""Entry points of one group, read from the installed distributions' own files.

`importlib.metadata` gives the same, but brings email and zipfile with it: 2.5 MB that
stay in a process that runs all day, and 30 ms. It is still asked where an entry of the
search path is no folder (a zip file). Formats: `NAME-VERSION.dist-info/` and
`.egg-info/` with `METADATA` or `PKG-INFO` and `entry_points.txt`, see
https://packaging.python.org/en/latest/specifications/entry-points/ and
https://packaging.python.org/en/latest/specifications/recording-installed-packages/
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_log = logging.getLogger(__name__)
_KINDS = (".dist-info", ".egg-info")
_ENTRY_POINTS = "entry_points.txt"
_HEADERS = ("METADATA", "PKG-INFO")
_SEPARATORS = re.compile(r"[-_.]+")


class Declared(NamedTuple):
    """One entry point, and the file that declares it ("" in a zip file)."""

    name: str
    value: str
    distribution: str
    version: str
    file: str


def entry_points(group: str, folders: Iterable[str]) -> Iterator[Declared]:
    """Yield the entry points of a group; of two copies only the first one counts."""
    seen: set[str] = set()
    for folder in folders:
        if os.path.isfile(folder):
            yield from _zipped(group, folder, seen)
            continue
        for metadata in _metadata_in(folder):
            try:
                yield from _declared(group, metadata, seen)
            except (OSError, ValueError) as error:
                _log.warning("entry points of %s cannot be read: %s", metadata, error)


def _metadata_in(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            found = [item.path for item in entries if item.name.endswith(_KINDS)]
    except OSError:
        return []
    return sorted(found)


def _declared(group: str, metadata: str, seen: set[str]) -> Iterator[Declared]:
    # The folder's name begins with the distribution's: enough to know a copy by.
    stem = os.path.basename(metadata).rpartition(".")[0].partition("-")[0]
    normal = _SEPARATORS.sub("-", stem).lower()
    if normal in seen:
        return
    seen.add(normal)
    file = os.path.join(metadata, _ENTRY_POINTS)
    try:
        with open(file, encoding="utf-8") as stream:
            pairs = list(_section(stream, group))
    except (FileNotFoundError, NotADirectoryError):
        return
    if pairs:
        name, version = _identity(metadata)
        for key, value in pairs:
            yield Declared(key, value, name or stem, version, file)


def _section(lines: Iterable[str], group: str) -> Iterator[tuple[str, str]]:
    inside = False
    for line in lines:
        text = line.strip()
        if not text or text[0] in "#;":
            continue
        if text[0] == "[" and text[-1] == "]":
            inside = text[1:-1].strip() == group
        elif inside:
            name, equals, value = text.partition("=")
            if not equals:
                raise ValueError(f"{text!r} is no `name = module:attribute`")
            yield name.strip(), value.strip()


def _identity(metadata: str) -> tuple[str, str]:
    """Return name and version from the headers, which end at the first empty line."""
    found = {"name": "", "version": ""}
    for header in _HEADERS:
        try:
            with open(os.path.join(metadata, header), encoding="utf-8") as stream:
                for line in stream:
                    if not line.strip():
                        break
                    key, _, value = line.partition(":")
                    if key.lower() in found and not found[key.lower()]:
                        found[key.lower()] = value.strip()
        except (FileNotFoundError, NotADirectoryError):
            continue
        break
    return found["name"], found["version"]


def _zipped(group: str, path: str, seen: set[str]) -> Iterator[Declared]:
    if not path.endswith((".zip", ".whl", ".egg", ".pyz")) or not os.path.getsize(path):
        return
    from importlib.metadata import distributions

    for item in distributions(path=[path]):
        normal = _SEPARATORS.sub("-", item.name or "").lower()
        if normal in seen:
            continue
        seen.add(normal)
        for entry in item.entry_points.select(group=group):
            yield Declared(entry.name, entry.value, item.name, item.version, "")
