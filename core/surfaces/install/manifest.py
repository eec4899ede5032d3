"""What one install wrote, and what was there before.

One JSON file (0600, for a settings file can hold tokens) for each agent host, scope
and place, in the data directory's `installs`.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from hookwright.hookspecs import InstallRequest, Scope

from ...errors import InstallError
from ...paths import Paths, make_private
from .disk import Found, write

_FOLDER = "installs"
_SUFFIX = ".json"


class InstalledFile(BaseModel):
    """One file that install wrote."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    path: str
    #: What was there, base64; None when nothing was.
    original: str | None = None
    original_mode: int | None = None
    #: Where the original pointed, when it was a symbolic link that was moved aside.
    original_link: str | None = None
    #: SHA-256 of what install wrote; None when it removed the file.
    sha256: str | None = None
    mode: int = 0o644
    #: Where the original is kept, when the new file calls it.
    moved_to: str | None = None
    #: Directories that install made for it, outermost first.
    made_directories: tuple[str, ...] = ()

    def original_file(self) -> Found | None:
        """Return what was there before."""
        if self.original is None:
            return None
        return Found(
            base64.b64decode(self.original),
            0o644 if self.original_mode is None else self.original_mode,
            self.original_link,
        )


class Manifest(BaseModel):
    """One install."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    format: Literal[1] = 1
    agent_host: str
    scope: Scope
    #: The project's top directory, the plugin's directory, or the user's home.
    directory: str
    version: str = "0"
    files: tuple[InstalledFile, ...] = ()

    def file(self, path: Path) -> InstalledFile | None:
        """Return what is recorded of the file at path."""
        return next((file for file in self.files if file.path == str(path)), None)


def encode(content: bytes) -> str:
    """Return content as a manifest holds it."""
    return base64.b64encode(content).decode("ascii")


def place_of(request: InstallRequest) -> str:
    """Return the directory that an install is for."""
    chosen = request.home if request.scope == "user" else request.directory
    return os.path.realpath(chosen)


def manifest_path(agent_host: str, request: InstallRequest) -> Path:
    """Return the manifest's file for an agent host and what was asked for."""
    place = place_of(request).encode("utf-8", "surrogateescape")
    key = hashlib.sha256(place).hexdigest()[:16]
    name = f"{agent_host}-{request.scope}-{key}{_SUFFIX}"
    return request.data_dir / _FOLDER / name


def load(path: Path) -> Manifest | None:
    """Return the manifest at path, or None when there is none.

    :raises InstallError: it is damaged.
    """
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InstallError(f"{path} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise InstallError(
            f"{path} is damaged, so what was installed cannot be told from it; "
            "move it away, then run the command again"
        ) from error


def save(path: Path, manifest: Manifest) -> None:
    """Write the manifest, all or nothing."""
    write(path, manifest.model_dump_json(indent=1).encode(), 0o600)


def installed(paths: Paths) -> list[Manifest]:
    """Return every install that is recorded.

    :raises InstallError: a manifest is damaged.
    """
    found = (load(path) for path in sorted((paths.data / _FOLDER).glob(f"*{_SUFFIX}")))
    return [manifest for manifest in found if manifest is not None]


@contextlib.contextmanager
def locked(data_dir: Path) -> Iterator[None]:
    """Keep other installs out.

    :raises InstallError: another one is running, or the directory is not writable.
    """
    folder = data_dir / _FOLDER
    try:
        make_private(folder)
        descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise InstallError(
            f"{folder} cannot be written: {error.strerror}; nothing was changed"
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise InstallError("another install is running; try again") from error
    finally:
        os.close(descriptor)
