"""How our part is taken out of a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hookwright.hookspecs import Installer, InstallRequest, SharingInstaller

#: Gives a file's content without our part, None where nothing else is in it.
Strip = Callable[[Path, bytes], bytes | None]


def stripper(installer: Installer, request: InstallRequest) -> Strip:
    """Return what takes out of a file what the install of a request put there."""
    if isinstance(installer, SharingInstaller):
        sharing = installer
        return lambda path, content: sharing.strip_from(request, path, content)
    return installer.strip
