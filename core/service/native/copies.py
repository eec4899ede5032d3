"""The native client's copy in the data directory, which is what hooks run.

Hooks do not run the program in the package: an update would pull it away under
running agents, and `pip uninstall` would leave hooks that name nothing, which agent
hosts report as an error at every tool. The copy stays until the data directory goes,
in `hookwright uninstall` too: agents that are running know their hooks from before.

No package manager knows the copy, so the daemon keeps it: at its start it replaces what
is not the program of its own version. An old copy that speaks to a new daemon would
otherwise make it leave, again and again.
"""

from __future__ import annotations

import os
import re
import shlex
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ...paths import Paths, make_private
from ..client import VERSION
from .command import python_command

NAME = "hookwright-hook"
_FOLDER = "bin"
_MODE = 0o755
#: Every copy holds the line that it prints for `--version`.
_ABOUT = re.compile(rb"hookwright-hook (\d[\w.+!-]*)\n")
#: Takes the copy's place when this version has no native client.
_SCRIPT = """\
#!/bin/sh
# Hookwright {version} came without a native client; hooks still name this file.
if [ "$1" = --or ]; then
  while [ $# -gt 0 ] && [ "$1" != -- ]; do shift; done
  shift
fi
[ -x {interpreter} ] || exit 0
exec {command} "$@"
"""


@dataclass(frozen=True)
class Stale:
    """A copy that is not of this version and cannot be replaced.

    :param version: which version it is of.
    :param why: why it cannot be replaced.
    """

    version: str
    why: str


def built() -> Path | None:
    """Return the native client that came with this package; None where none did."""
    program = Path(__file__).with_name(NAME)
    return program if program.is_file() else None


def copy_of(paths: Paths) -> Path:
    """Return where the copy is, or would be."""
    return paths.data / _FOLDER / NAME


def version_in(program: Path) -> str:
    """Return the version of a native client, read from the file; "" for other files."""
    try:
        found = _ABOUT.search(program.read_bytes())
    except OSError:
        return ""
    return found[1].decode() if found else ""


def place(paths: Paths) -> Path:
    """Make the copy, unless it is there; return where it is.

    :raises FileNotFoundError: this package came without a native client.
    :raises OSError: the data directory cannot be written.
    """
    program = built()
    if program is None:
        raise FileNotFoundError("there is no native client in this package")
    copy = copy_of(paths)
    make_private(copy.parent)
    _put(copy, program.read_bytes())
    return copy


def refresh(paths: Paths) -> Stale | None:
    """Bring the copy to this version, where an install made one.

    Where this version has no native client, a script takes the copy's place, which
    runs the client in Python.
    """
    copy = copy_of(paths)
    if not copy.parent.is_dir():
        return None
    try:
        program = built()
        _put(copy, _script() if program is None else program.read_bytes())
    except OSError as error:
        version = version_in(copy)
        if version in ("", VERSION):
            return None
        return Stale(version, f"{copy} cannot be written: {error.strerror}")
    return None


def _script() -> bytes:
    command = python_command()
    return _SCRIPT.format(
        version=VERSION,
        interpreter=shlex.quote(command[0]),
        command=shlex.join(command),
    ).encode("utf-8", "surrogateescape")


def _put(copy: Path, content: bytes) -> None:
    """Write the copy, all or nothing: a program that runs cannot be written to."""
    with suppress(OSError):
        if copy.read_bytes() == content and copy.stat().st_mode & 0o777 == _MODE:
            return
    draft = copy.with_name(f".{copy.name}.{os.getpid()}")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
        with open(os.open(draft, flags, 0o600), "wb") as file:
            file.write(content)
        # After writing, and by name: a umask has no say in it.
        draft.chmod(_MODE)
        os.replace(draft, copy)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
