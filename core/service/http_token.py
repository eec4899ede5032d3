"""The HTTP door's bearer token: `http.token` in the data directory, 0600.

Whoever has it may do what the door offers, as the user whose daemon this is. Removing
the file makes another one; what was told the old one must be installed again.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ..errors import ServiceError

FILE = "http.token"
_BYTES = 32
_DIGITS = 2 * _BYTES


def load_token(data: Path) -> str:
    """Return the token, 64 hexadecimal digits; one is made where there is none.

    :raises ServiceError: others can read the file, or it is no token of ours.
    :raises OSError: it cannot be made or read.
    """
    found = read_token(data)
    if found is not None:
        return found
    draft = _draft(data)
    try:
        # A link, not a rename: of two processes that make one, the first one wins.
        os.link(draft, data / FILE)
    except FileExistsError:
        pass
    except OSError:
        # A file system without hard links.
        os.replace(draft, data / FILE)
    finally:
        draft.unlink(missing_ok=True)
    made = read_token(data)
    if made is None:
        raise ServiceError(f"{data / FILE} was removed just now; try again")
    return made


def replace_token(data: Path) -> str:
    """Return a new token; the old one opens nothing from now on.

    :raises OSError: it cannot be made.
    """
    draft = _draft(data)
    try:
        token = draft.read_text("ascii")
        os.replace(draft, data / FILE)
    finally:
        draft.unlink(missing_ok=True)
    return token.strip()


def read_token(data: Path) -> str | None:
    """Return the token, None where there is none.

    :raises ServiceError: others can read the file, or it is no token of ours.
    :raises OSError: it cannot be read.
    """
    path = data / FILE
    if path.is_symlink():
        raise ServiceError(f"{path} is a symbolic link; remove it")
    try:
        # Not to be held up by a pipe that lies there, nor led away by a link.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        return None
    try:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode) or state.st_uid != os.geteuid():
            raise ServiceError(f"{path} is not your own file; remove it")
        if state.st_mode & 0o077:
            mode = stat.S_IMODE(state.st_mode)
            raise ServiceError(
                f"{path} is open to others (mode {mode:o}), so its token may be known "
                "to them; remove it, then install again what uses it"
            )
        content = os.read(descriptor, _DIGITS + 2).decode("ascii", "replace").strip()
    finally:
        os.close(descriptor)
    if len(content) != _DIGITS or content.strip("0123456789abcdef"):
        raise ServiceError(f"{path} holds no token; remove it")
    return content


def _draft(data: Path) -> Path:
    path = data / f"{FILE}.{os.getpid()}.{os.urandom(4).hex()}.new"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    try:
        os.write(descriptor, f"{os.urandom(_BYTES).hex()}\n".encode())
    finally:
        os.close(descriptor)
    return path
