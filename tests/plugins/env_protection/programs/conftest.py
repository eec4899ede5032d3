"""Commands read by the shell reader and the program readers together, judged simply."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hookwright.plugins.env_protection.access import Access, Findings
from hookwright.plugins.env_protection.shell import read_command
from hookwright.plugins.env_protection.words import UNKNOWN

PROJECT = "/home/dev/app"
HARMLESS = ("look", "remove", "run")


class Reached:
    """What a command does with protected files."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.findings = Findings()

    def __call__(self, command: str) -> list[str]:
        """Return `mode name` of each protected file, `?` for what is unknown."""
        self.findings = Findings()
        reading = read_command(command, PROJECT, self.world, findings=self.findings)
        found = [
            text
            for access in reading.accesses
            if (text := self._of(access)) is not None
        ]
        return sorted({*found, *("?" for _ in reading.doubts)})

    def _of(self, access: Access) -> str | None:
        if access.mode in HARMLESS:
            return None
        if UNKNOWN in access.path:
            asks = access.mode not in ("write", "commit")
            return "?" if asks and self.world.is_secret(access.path) else None
        if self.world.is_secret(access.path):
            return f"{access.mode} {access.path.removeprefix(PROJECT + '/')}"
        if access.below and access.mode != "commit":
            start = access.path.rstrip("/") + "/"
            held = [p for p in self.world.files if p.startswith(start)]
            if any(self.world.is_secret(path) for path in held):
                return f"{access.mode} below {access.path.removeprefix('/home/dev/')}"
        return None


@pytest.fixture
def reached(world: Any) -> Reached:
    """Return what tells which protected files a command touches, and how."""
    return Reached(world)


@pytest.fixture
def accesses(world: Any) -> Callable[[str], list[Access]]:
    """Return what gives every access of a command, harmless ones too."""

    def read(command: str) -> list[Access]:
        return list(read_command(command, PROJECT, world).accesses)

    return read
