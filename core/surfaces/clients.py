"""Which client hooks run: the native one where it works, else the one in Python."""

from __future__ import annotations

import errno
import json
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import InstallError
from ..paths import Paths
from ..service import client
from ..service.native import (
    NAME,
    built,
    copy_of,
    native_command,
    place,
    python_command,
    version_in,
)
from .install import Manifest, installed

Wanted = Literal["auto", "native", "python"]
Kind = Literal["native", "python"]
NOT_BUILT = "there was no C compiler when Hookwright was installed"
_SECONDS = 10.0


@dataclass(frozen=True)
class Chosen:
    """The client that an install writes into hooks.

    :param command: what runs it; agent host and event follow.
    :param notes: what a person should know.
    """

    command: tuple[str, ...]
    notes: tuple[str, ...] = ()


def choose(paths: Paths, wanted: Wanted, *, dry_run: bool = False) -> Chosen:
    """Return the client for an install, and put the native one where hooks find it.

    :raises InstallError: the native client was asked for and does not work.
    """
    if wanted == "python":
        return Chosen(python_command())
    why = NOT_BUILT if built() is None else "" if dry_run else _put(paths)
    if not why:
        return Chosen(native_command(copy_of(paths)))
    if wanted == "native":
        raise InstallError(f"the native client cannot be used: {why}")
    return Chosen(python_command(), (f"Hooks run the client in Python: {why}.",))


def inspect(paths: Paths) -> tuple[Literal["native", "python", "broken"], str]:
    """Return which client works, and a line about it; nothing is changed.

    `broken`: there is a copy that hooks may name, and it cannot be run.
    """
    copy, program = copy_of(paths), built()
    if _content(copy)[:2] == b"#!":
        return "python", f"{copy} stands in for the native client: {NOT_BUILT}"
    if not copy.exists():
        if program is None:
            return "python", f"the one in Python: {NOT_BUILT}"
        return "native", f"native, {client.VERSION}; hookwright install puts it in use"
    why = problem_of(copy)
    version = version_in(copy)
    if why and version not in ("", client.VERSION):
        return "python", f"{why}; the next start of the daemon replaces it"
    return ("broken", why) if why else ("native", f"native, {version}, {copy}")


def problem_of(program: Path) -> str:
    """Return why a native client does not work, or ""; it is run to find out."""
    if version_in(program) == "":
        return f"{program} is no native client"
    try:
        done = subprocess.run(  # noqa: S603 - our own program
            [program, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except PermissionError:
        return f"programs cannot be run from {program.parent}; is it mounted noexec?"
    except OSError as error:
        if error.errno == errno.ENOEXEC:
            return f"{program} is for another kind of machine"
        return f"{program}: {error.strerror}"
    except subprocess.TimeoutExpired:
        return f"{program} does not end"
    said = done.stdout.decode("utf-8", "replace").strip()
    if done.returncode or not said.startswith(f"{NAME} "):
        return f"{program} does not run (it exits with {done.returncode})"
    version = said.removeprefix(f"{NAME} ")
    return "" if version == client.VERSION else f"{program} is of version {version}"


def clients_of(paths: Paths) -> Iterator[tuple[Manifest, Kind]]:
    """Return each install with the client that its files name."""
    copy = str(copy_of(paths))
    names = {copy.encode("utf-8", "surrogateescape"), json.dumps(copy)[1:-1].encode()}
    for manifest in installed(paths):
        content = b"".join(_content(Path(file.path)) for file in manifest.files)
        native = any(name in content for name in names)
        yield manifest, "native" if native else "python"


def _put(paths: Paths) -> str:
    """Make the copy and try it; return "" or why it cannot be used."""
    try:
        copy = place(paths)
    except OSError as error:
        return f"{copy_of(paths)} cannot be written: {error.strerror}"
    why = problem_of(copy)
    if why:
        with suppress(OSError):
            copy.unlink()
            copy.parent.rmdir()
    return why


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
