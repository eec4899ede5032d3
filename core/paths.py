"""Where Hookwright keeps its files; `places` has the rules."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from .places import (
    CONFIG_DIR_VARIABLE,
    CONFIG_FILE,
    DATA_DIR_VARIABLE,
    LOGS,
    PROJECT_CONFIG_FILE,
    QUARANTINE,
    RUN,
    SPOOL,
    find_places,
    make_private,
)

__all__ = [
    "CONFIG_DIR_VARIABLE",
    "CONFIG_FILE",
    "DATA_DIR_VARIABLE",
    "PROJECT_CONFIG_FILE",
    "Paths",
    "find_paths",
    "make_private",
]


class Paths(NamedTuple):
    """Every directory and file outside the store's own."""

    data: Path
    config: Path

    @property
    def store(self) -> Path:
        """Return the LMDB environment's directory."""
        return self.data / "store.lmdb"

    @property
    def spool(self) -> Path:
        """Return the write-ahead log's directory."""
        return self.data / SPOOL

    @property
    def run(self) -> Path:
        """Return the directory of the socket, the lock and the token (0700)."""
        return self.data / RUN

    @property
    def logs(self) -> Path:
        """Return the directory of the daemon's logs."""
        return self.data / LOGS

    @property
    def quarantine(self) -> Path:
        """Return the directory of what could not be understood or stored."""
        return self.data / QUARANTINE

    @property
    def plugin_state(self) -> Path:
        """Return the directory above the plugins' own directories."""
        return self.data / "plugins"

    @property
    def config_file(self) -> Path:
        """Return the user's configuration file."""
        return self.config / CONFIG_FILE


def find_paths(environment: Mapping[str, str] | None = None) -> Paths:
    """Return the paths that hold for this user and environment."""
    data, config = find_places(environment)
    return Paths(data=Path(data), config=Path(config))
