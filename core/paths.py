"""Where Hookwright keeps its files.

Standard library only and light: the path without a daemon imports this while an
agent waits. The rules are those of platformdirs (a test compares them), with
`HOOKWRIGHT_DATA_DIR` and `HOOKWRIGHT_CONFIG_DIR` first. `~` expands, relative paths
resolve against home, never against the working directory, which an agent changes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

DATA_DIR_VARIABLE = "HOOKWRIGHT_DATA_DIR"
CONFIG_DIR_VARIABLE = "HOOKWRIGHT_CONFIG_DIR"
CONFIG_FILE = "hookwright.toml"
PROJECT_CONFIG_FILE = ".hookwright.toml"


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
        return self.data / "spool"

    @property
    def run(self) -> Path:
        """Return the directory of the socket, the lock and the token (0700)."""
        return self.data / "run"

    @property
    def logs(self) -> Path:
        """Return the directory of the daemon's logs."""
        return self.data / "logs"

    @property
    def quarantine(self) -> Path:
        """Return the directory of what could not be understood or stored."""
        return self.data / "quarantine"

    @property
    def plugin_state(self) -> Path:
        """Return the directory above the plugins' own directories."""
        return self.data / "plugins"

    @property
    def config_file(self) -> Path:
        """Return the user's configuration file."""
        return self.config / CONFIG_FILE


def make_private(directory: Path) -> None:
    """Make a directory below the data directory, both open to their user alone.

    :raises OSError: it cannot be made.
    """
    # `parents=True` gives the mode to the last directory only.
    directory.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory.mkdir(mode=0o700, exist_ok=True)


def resolve(text: str, home: Path) -> Path:
    """Return text as an absolute path: `~` is home, a relative path starts there."""
    if text == "~" or text.startswith("~/"):
        return home / text[2:]
    return home / text


def find_paths(environment: Mapping[str, str] | None = None) -> Paths:
    """Return the paths that hold for this user and environment."""
    env = os.environ if environment is None else environment
    home = Path(env.get("HOME") or os.path.expanduser("~"))
    data, config = _platform_directories(env, home)
    if override := env.get(DATA_DIR_VARIABLE, "").strip():
        data = resolve(override, home)
    if override := env.get(CONFIG_DIR_VARIABLE, "").strip():
        config = resolve(override, home)
    return Paths(data=data, config=config)


def _platform_directories(env: Mapping[str, str], home: Path) -> tuple[Path, Path]:
    if sys.platform == "darwin":
        support = home / "Library" / "Application Support" / "hookwright"
        return support, support
    if sys.platform == "win32":
        local = Path(env.get("LOCALAPPDATA") or home / "AppData" / "Local")
        return local / "hookwright", local / "hookwright"
    return (
        _xdg(env, "XDG_DATA_HOME", home / ".local" / "share") / "hookwright",
        _xdg(env, "XDG_CONFIG_HOME", home / ".config") / "hookwright",
    )


def _xdg(env: Mapping[str, str], name: str, default: Path) -> Path:
    # "If an implementation encounters a relative path in any of these variables it
    # should consider the path invalid and ignore it": basedir-spec, Basics.
    value = env.get(name, "").strip()
    return Path(value) if os.path.isabs(value) else default
