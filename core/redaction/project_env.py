"""The values of a project's own `.env` files, which are secret wherever they occur."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from stat import S_ISREG

from .lazy import DOTALL, IGNORECASE, MULTILINE, lazy
from .likeness import is_placeholder

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re

_EXAMPLES = ("example", "sample", "template", "dist")
_MAX_FILE = 256 * 1024
_MAX_VALUES = 500
_LINE = lazy(
    r"^[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=[ \t]*"
    r"(?:\"(?P<double>(?:[^\"\\]|\\.){0,8192})\"|'(?P<single>[^']{0,8192})'"
    r"|(?P<bare>[^\r\n]{0,8192}))",
    MULTILINE,
)
_COMMENT = lazy(r"[ \t]#.*")
_ESCAPE = lazy(r"\\([\\\"nrt$])")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}
_URL_PASSWORD = lazy(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s/:@]*:([^\s/]+)@")
#: Values that say nothing: words, numbers, addresses, paths, hosts, dates, versions.
_HARMLESS = lazy(
    r"[A-Za-z]+(?:[-_ .,:/][A-Za-z]+)*|[\d.,:_ -]+|(?:true|false|yes|no|on|off)"
    r"|[A-Za-z][A-Za-z0-9+.-]*://.*|(?:~|\.{1,2})?/[\w./@ -]*|[A-Za-z]:\\.*"
    r"|[\w.-]+@[\w-]+(?:\.[\w-]+)+|(?:[a-z0-9-]+\.)+[a-z]{2,}(?::\d+)?"
    r"|[a-z]{2}_[a-z]{2}\.[\w-]+|[a-z-]+:\d+|v?\d+(?:\.\d+)+(?:[-+][\w.]+)?|\$\{?\w+\}?",
    IGNORECASE | DOTALL,
)

_Stamp = tuple[tuple[str, int, int, int], ...]
_cache: dict[str, tuple[_Stamp, dict[str, str]]] = {}
#: When a directory last changed, and its `.env` files then.
_listed: dict[str, tuple[int, tuple[str, ...]]] = {}
_MOST_KNOWN = 64
#: No file system's times are coarser (FAT: 2 s).
_COARSEST_NS = 2 * 10**9


def project_secrets(worktree: str | os.PathLike[str]) -> Mapping[str, str]:
    """Return the secret values of the work tree's `.env` files, with their names.

    Read are `.env`, `.env.*` and `.envrc` at the top of the work tree, not the
    examples (`.env.example`, `.sample`, `.template`, `.dist`), up to 256 KB each.
    Left out are values shorter than 8 characters and what is no secret by its form:
    plain words, numbers, paths, hosts and addresses without a password. What cannot
    be read counts as empty. The answer is kept until a file's inode, size or time
    changes.
    """
    top = os.fspath(worktree)
    stamp = _stamp(top)
    known = _cache.get(top)
    if known is not None and known[0] == stamp:
        return known[1]
    values: dict[str, str] = {}
    for path, *_ in stamp:
        for value, name in _secrets_of(path):
            if len(values) < _MAX_VALUES:
                values.setdefault(value, name)
    if len(_cache) >= _MOST_KNOWN:
        _cache.clear()
    _cache[top] = (stamp, values)
    return values


def _stamp(top: str) -> _Stamp:
    found = []
    for path in _env_files(top):
        try:
            status = os.stat(path)
        except OSError:
            continue
        if S_ISREG(status.st_mode):
            stamp = (path, status.st_ino, status.st_mtime_ns, status.st_size)
            found.append(stamp)
    return tuple(found)


def _env_files(top: str) -> tuple[str, ...]:
    """Return the paths whose names say that they are `.env` files, sorted.

    The directory is listed again when it has changed. Two changes at one moment have
    one time, so a list is kept only when the last change was a while ago.
    """
    try:
        changed = os.stat(top).st_mtime_ns
        known = _listed.get(top)
        if known is not None and known[0] == changed:
            return known[1]
        settled = time.time_ns() - changed > _COARSEST_NS
        names = os.listdir(top)
    except OSError:
        return ()
    paths = sorted(os.path.join(top, name) for name in names if _is_env_file(name))
    if len(_listed) >= _MOST_KNOWN:
        _listed.clear()
    if settled:
        _listed[top] = (changed, tuple(paths))
    return tuple(paths)


def _is_env_file(name: str) -> bool:
    low = name.lower()
    if low in (".env", ".envrc"):
        return True
    return low.startswith(".env.") and not low.endswith(_EXAMPLES)


def _secrets_of(path: str) -> list[tuple[str, str]]:
    try:
        with open(path, "rb") as file:
            text = file.read(_MAX_FILE).decode("utf-8", "replace")
    except OSError:
        return []
    found = []
    for match in _LINE.finditer(text):
        value = _value_of(match)
        password = _URL_PASSWORD.match(value)
        if password is not None:
            value = password[1]
        if _is_secret(value):
            found.append((value, match["name"]))
    return found


def _is_secret(value: str) -> bool:
    if len(value) < 8 or _HARMLESS.fullmatch(value):
        return False
    return not is_placeholder(value)


def _value_of(match: re.Match[str]) -> str:
    if match["double"] is not None:
        return _ESCAPE.sub(
            lambda escape: _ESCAPED.get(escape[1], escape[1]), match["double"]
        )
    if match["single"] is not None:
        return match["single"]
    return _COMMENT.sub("", match["bare"]).strip()
