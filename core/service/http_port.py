"""The HTTP door's port: chosen once, remembered in `http.port` of the data directory.

Agent hosts are told the port when Hookwright is installed, so it must stay. A second
word in the file says that something is installed that uses the door.
"""

from __future__ import annotations

import errno
import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import Literal

from ..errors import ServiceError

FILE = "http.port"
ADDRESS = "127.0.0.1"
Wish = Literal["auto", True, False]
#: Below what systems give to outgoing connections (32768 on Linux, 49152 elsewhere),
#: which would now and then sit on a port that was chosen there.
_LOWEST, _COUNT = 20_000, 12_000
_TRIES = 50
_TAKEN = (errno.EADDRINUSE, errno.EACCES)
_INSTALLED = "installed"


def is_wanted(wish: Wish, data: Path) -> bool:
    """Return whether the door is to be open.

    :param wish: the setting `service.http`.
    """
    return is_installed(data) if wish == "auto" else wish


def read_port(data: Path) -> int | None:
    """Return the remembered port, None where there is none."""
    return _read(data)[0] or None


def is_installed(data: Path) -> bool:
    """Return whether something is installed that uses the door."""
    return _read(data)[1]


def _read(data: Path) -> tuple[int, bool]:
    try:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
        descriptor = os.open(data / FILE, flags)
    except OSError:
        return 0, False
    try:
        words = os.read(descriptor, 64).decode("ascii", "replace").split()
    except OSError:
        return 0, False
    finally:
        os.close(descriptor)
    first = words[0] if words else ""
    port = int(first) if first.isascii() and first.isdigit() and len(first) < 6 else 0
    return (port, words[1:] == [_INSTALLED]) if 0 < port < 65_536 else (0, False)


def write_port(data: Path, port: int, installed: bool | None = None) -> None:
    """Remember the port.

    :param installed: whether something is installed that uses it; None: as it was.
    :raises OSError: the data directory cannot be written.
    """
    known = _read(data)
    wanted = (port, known[1] if installed is None else installed)
    if known == wanted:
        return
    draft = data / f"{FILE}.{os.getpid()}.{os.urandom(4).hex()}.new"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(draft, flags, 0o600)
    try:
        mark = f" {_INSTALLED}" if wanted[1] else ""
        os.write(descriptor, f"{port}{mark}\n".encode())
        os.replace(draft, data / FILE)
    finally:
        os.close(descriptor)
        draft.unlink(missing_ok=True)


def listen(port: int) -> socket.socket | None:
    """Return a socket that listens on the port, None when somebody else has it.

    :raises OSError: there is no loopback address.
    """
    # With its protocol named: asyncio switches delays off only where it reads TCP.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # Connections of a daemon that was killed linger; they are in nobody's way.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((ADDRESS, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno in _TAKEN:
            return None
        raise
    listener.setblocking(False)
    return listener


def listen_anywhere() -> socket.socket:
    """Return a socket that listens on a port that was free.

    :raises OSError: there is no loopback address.
    :raises ServiceError: every port that was tried is taken.
    """
    for _ in range(_TRIES):
        port = _LOWEST + int.from_bytes(os.urandom(4)) % _COUNT
        if (listener := listen(port)) is not None:
            return listener
    if (listener := listen(0)) is not None:
        return listener
    raise ServiceError(f"no port of {ADDRESS} is free; set service.http_port")


def port_of(listener: socket.socket) -> int:
    """Return the port that a socket listens on."""
    return int(listener.getsockname()[1])


def choose_port(data: Path, fixed: int) -> int:
    """Return the port that the door has or will have; it opens from now on.

    :param fixed: the setting `service.http_port`, 0 for "any".
    :raises OSError: the data directory cannot be written.
    """
    port = fixed or read_port(data)
    if not port:
        listener = listen_anywhere()
        port = port_of(listener)
        with suppress(OSError):
            listener.close()
    write_port(data, port, installed=True)
    return port
