"""Read and replace single files so that a crash leaves the old or the new one."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ...errors import InstallError

_TEMPORARY = ".hookwright-"


@dataclass(frozen=True)
class Found:
    """A file as it is now; `link` is where it points when it is a symbolic link."""

    content: bytes
    mode: int
    link: str | None = None


def find(path: Path) -> Found | None:
    """Return the file at path, or None when nothing is there.

    :raises InstallError: something is there that is not a readable file.
    """
    try:
        link = os.readlink(path) if path.is_symlink() else None
        if link is not None and not path.exists():
            raise InstallError(
                f"{path} is a link to {link}, which does not exist; remove the link"
            )
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise InstallError(f"{path} is not a file; move it away")
        return Found(path.read_bytes(), stat.S_IMODE(found.st_mode), link)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise InstallError(f"{path} cannot be read: {error.strerror}") from error


def write(path: Path, content: bytes, mode: int) -> None:
    """Replace the file (or what a link points to) by a new one, all or nothing."""
    target = Path(os.path.realpath(path))
    descriptor, name = tempfile.mkstemp(
        prefix=_prefix(target), dir=target.parent, suffix=".tmp"
    )
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            _keep_owner(target, file.fileno())
            os.fsync(file.fileno())
        os.replace(name, target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise


def move_aside(path: Path, aside: Path) -> None:
    """Give the file at path a second name, so that it is never missing.

    Where the file system has no hard links it is renamed instead.
    """
    with contextlib.suppress(FileNotFoundError):
        aside.unlink()
    try:
        os.link(path, aside, follow_symlinks=False)
    except (OSError, NotImplementedError):
        os.replace(path, aside)
    else:
        # A link with the same target must not be written through.
        if path.is_symlink():
            path.unlink()


def clear_leftovers(path: Path) -> None:
    """Remove temporary files that a killed install left beside path."""
    target = Path(os.path.realpath(path))
    with contextlib.suppress(OSError):
        for name in os.listdir(target.parent):
            if name.startswith(_prefix(target)) and name.endswith(".tmp"):
                (target.parent / name).unlink()


def missing_directories(path: Path) -> list[Path]:
    """Return the directories above path that do not exist, outermost first."""
    missing = [folder for folder in path.parents if not folder.exists()]
    return missing[::-1]


def remove_empty(directories: list[Path]) -> None:
    """Remove the directories that are empty, innermost first."""
    for folder in reversed(directories):
        with contextlib.suppress(OSError):
            folder.rmdir()


def digest(content: bytes) -> str:
    """Return the content's SHA-256, hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _prefix(path: Path) -> str:
    return f".{path.name}{_TEMPORARY}"


def _keep_owner(path: Path, descriptor: int) -> None:
    try:
        owner = path.stat()
    except FileNotFoundError:
        return
    # Only root can give a file away; for anyone else it is their own already.
    with contextlib.suppress(PermissionError):
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
