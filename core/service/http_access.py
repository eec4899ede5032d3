"""Where the HTTP door is and how it opens, for install and doctor."""

from __future__ import annotations

from hookwright.hookspecs import HttpAccess

from ..errors import ServiceError
from ..paths import Paths
from .http_port import ADDRESS, choose_port, read_port, write_port
from .http_token import load_token, read_token


def make_access(paths: Paths, fixed_port: int) -> HttpAccess:
    """Return how to reach the door, which opens from now on.

    :param fixed_port: the setting `service.http_port`, 0 for "any".
    :raises ServiceError: the token's file is not to be trusted.
    :raises OSError: the data directory cannot be written.
    """
    paths.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    token = load_token(paths.data)
    return HttpAccess(_url(choose_port(paths.data, fixed_port)), token)


def release_access(paths: Paths) -> None:
    """Let the door close: nothing that is installed uses it any more.

    The port stays remembered for the next install.

    :raises OSError: the data directory cannot be written.
    """
    if port := read_port(paths.data):
        write_port(paths.data, port, installed=False)


def find_access(paths: Paths) -> HttpAccess | None:
    """Return how to reach the door, None where none was ever asked for."""
    port = read_port(paths.data)
    try:
        token = read_token(paths.data)
    except (ServiceError, OSError):
        return None
    return HttpAccess(_url(port), token) if port and token else None


def _url(port: int) -> str:
    return f"http://{ADDRESS}:{port}"
