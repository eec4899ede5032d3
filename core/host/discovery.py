"""Which plugins are installed: the entry points of group `hookwright`.

Looking into every distribution costs 2 to 20 ms, which an event without a daemon
would pay each time. So the answer is kept in an index, good for as long as the
folders of `sys.path` have the modification times and inodes they had: installing or
removing a distribution changes its folder.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import stat
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from typing import Any

from ..paths import make_private
from .distributions import entry_points
from .status import BUNDLED

GROUP = "hookwright"
INDEX_FILE = "plugins.index"
_FORMAT = 1
_MAX_INDEX = 4 * 2**20
#: A folder that changed this short a time ago may change again within one tick of
#: the file system's clock, so what was found then is not kept.
_SETTLED_NS = 2_000_000_000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, order=True)
class Found:
    """One entry point: the plugin's name, where its code is, who brought it."""

    name: str
    #: `module` or `module:attribute`.
    value: str
    distribution: str
    version: str

    def load(self) -> object:
        """Import and return what the entry point names."""
        module, _, attribute = self.value.partition(":")
        loaded: object = import_module(module.strip())
        # `[extras]` may follow, see the specification; nobody uses them any more.
        attribute = attribute.partition("[")[0].strip()
        return attrgetter(attribute)(loaded) if attribute else loaded


def discover(run_dir: Path, *, refresh: bool = False) -> list[Found]:
    """Return the installed plugins by name, bundled ones first among equals.

    :param run_dir: directory of the index; one that cannot be written only costs
        time.
    :param refresh: look again whatever the index says.
    """
    index = run_dir / INDEX_FILE
    folders = [_mark(path) for path in _search_path()]
    if not refresh:
        found = _read_index(index, folders)
        if found is not None:
            return found
    started = time.time_ns()
    listed, files = _scan()
    if _settled(folders, started):
        _write_index(index, folders, listed, files)
    return listed


def _search_path() -> list[str]:
    """Return where distributions are looked for: the same for every program of ours.

    What Python puts first for a script or for `-m`, the script's folder or the working
    directory, is left out: a repository that somebody works in installs no plugins.
    """
    folders = [os.path.abspath(folder) for folder in sys.path]
    if not sys.flags.safe_path and folders:
        started_in = os.path.dirname(os.path.abspath(sys.argv[0] or "."))
        if folders[0] in (started_in, os.path.abspath(".")):
            del folders[0]
    return folders


def _mark(path: str) -> list[Any]:
    """Return what tells whether a file or folder is as it was."""
    try:
        found = os.stat(path)
    except OSError:
        return [path, None, None, None]
    size = 0 if stat.S_ISDIR(found.st_mode) else found.st_size
    return [path, found.st_mtime_ns, found.st_ino, size]


def _settled(folders: Iterable[list[Any]], now_ns: int) -> bool:
    return all(mark[1] is None or mark[1] + _SETTLED_NS < now_ns for mark in folders)


def _scan() -> tuple[list[Found], list[str]]:
    """Return the entry points, and the files that declare them."""
    declared = list(entry_points(GROUP, _search_path()))
    found = {
        Found(item.name, item.value, item.distribution, item.version)
        for item in declared
    }
    return sorted(found, key=_rank), sorted({item.file for item in declared} - {""})


def _rank(found: Found) -> tuple[str, bool, str, Found]:
    return found.name, found.distribution != BUNDLED, found.distribution, found


def _read_index(index: Path, folders: list[list[Any]]) -> list[Found] | None:
    """Return what the index holds, or None when it is stale, foreign or damaged."""
    try:
        content = json.loads(_read_own(index))
        if content["head"] != _head() or content["folders"] != folders:
            return None
        if any(_mark(mark[0]) != mark for mark in content["files"]):
            return None
        found = [Found(**entry) for entry in content["found"]]
    except (OSError, ValueError, TypeError, KeyError, IndexError):
        return None
    good = all(isinstance(text, str) for item in found for text in vars(item).values())
    return found if good else None


def _read_own(index: Path) -> bytes:
    """Return the file's content; it names code to import, so it must be ours alone.

    :raises OSError: it is missing, a link, someone else's, or open to others.
    """
    descriptor = os.open(index, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if found.st_uid != os.geteuid() or found.st_mode & 0o022:
            raise PermissionError(f"{index} can be written by others; not read")
        return file.read(_MAX_INDEX)


def _write_index(
    index: Path, folders: list[list[Any]], found: list[Found], files: list[str]
) -> None:
    content = {
        "head": _head(),
        "folders": folders,
        "files": [_mark(path) for path in files],
        "found": [asdict(entry) for entry in found],
    }
    aside = index.with_name(f"{INDEX_FILE}.{os.getpid()}")
    try:
        make_private(index.parent)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(aside, flags, 0o600), "w", encoding="utf-8") as file:
            json.dump(content, file)
        os.replace(aside, index)
    except OSError as error:
        _log.debug("the index of plugins cannot be kept: %s", error)
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)


def _head() -> list[Any]:
    return [_FORMAT, sys.version, sys.prefix]
