"""What a daemon does for hooks that run the native client, which no update reaches."""

from __future__ import annotations

import re
from pathlib import Path

from ...paths import Paths
from .. import client
from .copies import Stale, refresh

_VERSION = re.compile(r'^VERSION = "([^"\n]*)"$', re.MULTILINE)


class Upkeep:
    """Keeps the copy of the native client, and looks whether there was an update.

    The client in Python is of the new version as soon as it is installed, and tells an
    old daemon so. The native client is a copy: it goes on with the old daemon, so the
    daemon looks for itself.
    """

    def __init__(self) -> None:
        self._source = Path(client.__file__)
        self._seen = self._mark()
        self._stale: Stale | None = None

    def begin(self, paths: Paths) -> Stale | None:
        """Bring the copy to this version; return it where that cannot be done."""
        self._stale = refresh(paths)
        return self._stale

    def knows(self, version: str) -> bool:
        """Return whether another version speaking is no reason to leave.

        It is the copy that stays whatever the daemon does. Its events are delivered
        without the daemon.
        """
        return self._stale is not None and self._stale.version == version

    def updated(self) -> str:
        """Return the version that was installed over this one, or ""."""
        mark = self._mark()
        if mark is None or mark == self._seen:
            return ""
        try:
            found = _VERSION.search(self._source.read_text("utf-8"))
        except (OSError, UnicodeDecodeError):
            return ""  # it is just being written
        self._seen = mark
        return found[1] if found and found[1] != client.VERSION else ""

    def _mark(self) -> tuple[int, int, int] | None:
        try:
            state = self._source.stat()
        except OSError:  # removed, perhaps to be put back in a moment
            return None
        return state.st_ino, state.st_mtime_ns, state.st_size
