"""Where Hookwright keeps its files, as plain text and with next to no imports.

The path without a daemon uses this while an agent waits; everybody else uses `paths`,
which has the same places as `Path` objects. The rules are those of platformdirs (a
test compares them), with `HOOKWRIGHT_DATA_DIR` and `HOOKWRIGHT_CONFIG_DIR` first. `~`
expands, relative paths resolve against home, never against the working directory,
which an agent changes.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

DATA_DIR_VARIABLE = "HOOKWRIGHT_DATA_DIR"
CONFIG_DIR_VARIABLE = "HOOKWRIGHT_CONFIG_DIR"
CONFIG_FILE = "hookwright.toml"
PROJECT_CONFIG_FILE = ".hookwright.toml"
RUN, SPOOL, LOGS, QUARANTINE = "run", "spool", "logs", "quarantine"


def find_places(environment: Mapping[str, str] | None = None) -> tuple[str, str]:
    """Return the data and the config directory of this user and environment."""
    env = os.environ if environment is None else environment
    home = env.get("HOME") or os.path.expanduser("~")
    data, config = _platform_directories(env, home)
    if override := env.get(DATA_DIR_VARIABLE, "").strip():
        data = resolve(override, home)
    if override := env.get(CONFIG_DIR_VARIABLE, "").strip():
        config = resolve(override, home)
    return data, config


def resolve(text: str, home: str) -> str:
    """Return text as an absolute path: `~` is home, a relative path starts there."""
    if text == "~" or text.startswith("~/"):
        text = text[2:]
    return os.path.join(home, text) if text else home


def _platform_directories(env: Mapping[str, str], home: str) -> tuple[str, str]:
    if sys.platform == "darwin":
        support = os.path.join(home, "Library", "Application Support", "hookwright")
        return support, support
    if sys.platform == "win32":
        default = os.path.join(home, "AppData", "Local")
        local = os.path.join(env.get("LOCALAPPDATA") or default, "hookwright")
        return local, local
    data = _xdg(env, "XDG_DATA_HOME", os.path.join(home, ".local", "share"))
    config = _xdg(env, "XDG_CONFIG_HOME", os.path.join(home, ".config"))
    return os.path.join(data, "hookwright"), os.path.join(config, "hookwright")


def _xdg(env: Mapping[str, str], name: str, default: str) -> str:
    # "If an implementation encounters a relative path in any of these variables it
    # should consider the path invalid and ignore it": basedir-spec, Basics.
    value = env.get(name, "").strip()
    return value if os.path.isabs(value) else default


def make_private(directory: str | os.PathLike[str]) -> None:
    """Make a directory below the data directory, both open to their user alone.

    :raises OSError: it cannot be made.
    """
    # `makedirs` gives the mode to the last directory only.
    above = os.path.dirname(os.fspath(directory))
    for each in (above, directory):
        try:
            os.makedirs(each, mode=0o700, exist_ok=True)
        except FileExistsError as error:
            raise NotADirectoryError(error.errno, error.strerror, each) from None
