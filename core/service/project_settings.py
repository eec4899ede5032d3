"""The settings as a project's own file changes them.

One daemon serves every project, so what a project's `.hookwright.toml` says holds for
the events of that project alone. A file is read again when it, the user's file or
the list of trusted files has changed; otherwise an event costs three `stat` calls.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ..errors import ConfigError
from ..host import PluginHost
from ..paths import PROJECT_CONFIG_FILE, Paths
from ..redaction import Redactor
from ..settings import Settings, Trust
from . import opening

_log = logging.getLogger(__name__)
#: `(mtime_ns, size, inode)` of each file that counts, None for one that is not there.
_Stamp = tuple[tuple[int, int, int] | None, ...]
#: Projects that are remembered; the longest known ones go first.
_MOST_PROJECTS = 256


class InProject(NamedTuple):
    """What holds in one work tree."""

    settings: Settings
    redactor: Redactor


class ProjectSettings:
    """Finds the settings that hold in one work tree.

    :param overrides: settings from the command line, which are above every file.
    :param key: the redaction key.
    """

    def __init__(self, paths: Paths, overrides: Sequence[str], key: bytes) -> None:
        self._paths = paths
        self._overrides = tuple(overrides)
        self._key = key
        self._trusted = Trust(paths.data).file
        self._known: dict[str, tuple[_Stamp, InProject | None]] = {}
        self._lock = threading.Lock()

    def find(self, worktree: str, host: PluginHost) -> InProject | None:
        """Return what holds there, the same object until a file changes.

        None where the project has no file, or one that is not acceptable: then the
        user's settings hold, so that a repository cannot stop the agent.
        """
        file = os.path.join(worktree, PROJECT_CONFIG_FILE)
        own = _stamp(file)
        if own is None:
            return None
        stamp = (own, _stamp(self._paths.config_file), _stamp(self._trusted))
        with self._lock:
            known = self._known.get(worktree)
            if known is None or known[0] != stamp:
                known = (stamp, self._read(worktree, host))
                self._known.pop(worktree, None)
                self._known[worktree] = known
                if len(self._known) > _MOST_PROJECTS:
                    del self._known[next(iter(self._known))]
        return known[1]

    def forget(self) -> None:
        """Read every file again: what the plugins accept may have changed."""
        with self._lock:
            self._known.clear()

    def _read(self, worktree: str, host: PluginHost) -> InProject | None:
        try:
            loaded = opening.reread_settings(
                self._paths, Path(worktree), self._overrides, host
            )
        except ConfigError as error:
            _log.warning("a project's settings are not taken: %s", error)
            return None
        for ignored in loaded.ignored:
            _log.warning("a project's setting is not taken: %s", ignored)
        redactor = opening.make_redactor(self._key, loaded.settings)
        return InProject(loaded.settings, redactor)


def _stamp(file: str | Path) -> tuple[int, int, int] | None:
    try:
        state = os.stat(file)
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size, state.st_ino
