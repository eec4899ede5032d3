"""The machine as whoever follows a command may ask about it: `access.World`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from .config import EnvProtectionConfig
from .disk import Disk
from .names import names_for
from .policy import Policy

#: Variables that tell no secret and are the same in the agent's shell as here.
_VARIABLES = ("USER", "LOGNAME")


class DiskWorld:
    """The world of one verdict, on the file system.

    :param worktree: top of the work tree.
    :param cwd: where the agent is, absolute.
    """

    def __init__(self, config: EnvProtectionConfig, worktree: str, cwd: str) -> None:
        self._home = os.path.expanduser("~")
        self.disk = Disk()
        names = names_for(self._home, config.strict, config.protect, config.allow)
        self.policy = Policy(names, self.disk, worktree, cwd)
        known = {name: os.environ[name] for name in _VARIABLES if name in os.environ}
        self._variables = {**known, "HOME": self._home, "PWD": cwd}

    @property
    def home(self) -> str:
        """The user's home directory, absolute."""
        return self._home

    @property
    def variables(self) -> Mapping[str, str]:
        """Variables of the agent's shell whose values are known."""
        return self._variables

    def names_in(self, directory: str) -> Sequence[str] | None:
        """Return the names in a directory, () for none, None for too many."""
        return self.disk.names_in(directory)

    def is_directory(self, path: str) -> bool:
        """Return whether path is a directory."""
        return self.disk.is_directory(path)

    def text_of(self, path: str) -> str | None:
        """Return a small text file's content; None for a protected one."""
        if self.is_secret(path):
            return None
        content = self.disk.read(path)
        if content is None or b"\0" in content:
            return None
        return content.decode("utf-8", "surrogateescape")

    def is_secret(self, path: str) -> bool:
        """Return whether the policy protects path, which may hold unknown stretches."""
        return self.policy.reach(path)[0] != "no"
