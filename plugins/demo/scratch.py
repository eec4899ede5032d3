"""A place of its own for the demo: home, data directory, repository and remote."""

from __future__ import annotations

import os
import site
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hookwright.core.api import ToolError

#: Variables of the person who runs the demo that would lead out of the scratch place.
_FOREIGN = (
    *("AI_AGENT", "CLAUDE", "CODEX", "COPILOT", "CURSOR", "GEMINI"),
    *("GIT_", "HOOKWRIGHT", "OPENCODE", "XDG_"),
)
_TIMEOUT = 60
_AUTHOR = "Ada Lovelace"


@dataclass(frozen=True)
class Ran:
    """What one process printed, how it ended and how long it took."""

    stdout: str
    stderr: str
    exit_code: int
    milliseconds: float


@dataclass(frozen=True)
class Scratch:
    """Directories under one temporary root, and processes that know no others."""

    root: Path
    environment: dict[str, str] = field(repr=False)

    @classmethod
    def make(cls, root: Path) -> Scratch:
        """Create home, repository and bare remote under root.

        :raises ToolError: git is missing or refuses.
        """
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(_FOREIGN)
        }
        environment |= {
            "HOME": str(root / "home"),
            "HOOKWRIGHT_DATA_DIR": str(root / "data"),
            "HOOKWRIGHT_CONFIG_DIR": str(root / "config"),
            "GIT_CONFIG_NOSYSTEM": "1",
            # Another home has another user site; this one may hold Hookwright.
            "PYTHONUSERBASE": site.getuserbase(),
        }
        made = cls(root, environment)
        made._make_repository()
        return made

    @property
    def home(self) -> Path:
        """Return the home directory."""
        return self.root / "home"

    @property
    def data(self) -> Path:
        """Return Hookwright's data directory."""
        return self.root / "data"

    @property
    def workspace(self) -> Path:
        """Return the top of the work tree."""
        return self.root / "lighthouse"

    @property
    def python(self) -> str:
        """Return the Python that runs the demo."""
        return sys.executable

    def run(
        self,
        command: Sequence[str],
        *,
        stdin: str = "",
        extra: Mapping[str, str] | None = None,
    ) -> Ran:
        """Run a command in the work tree and wait for it.

        :raises ToolError: it cannot be started, or does not end within a minute.
        """
        start = time.perf_counter()
        try:
            done = subprocess.run(  # noqa: S603 - our own commands, no shell
                command,
                input=stdin,
                capture_output=True,
                text=True,
                errors="replace",
                cwd=self.workspace,
                env=self.environment | dict(extra or {}),
                timeout=_TIMEOUT,
                check=False,
            )
        except OSError as error:
            raise ToolError(f"cannot run {command[0]}: {error.strerror}") from error
        except subprocess.TimeoutExpired as error:
            raise ToolError(f"{command[0]} did not end within {_TIMEOUT} s") from error
        milliseconds = (time.perf_counter() - start) * 1000
        return Ran(done.stdout, done.stderr, done.returncode, milliseconds)

    def must(
        self, command: Sequence[str], *, extra: Mapping[str, str] | None = None
    ) -> str:
        """Run a command that has to succeed and return what it printed.

        :raises ToolError: it failed; the text holds what it said.
        """
        ran = self.run(command, extra=extra)
        if ran.exit_code:
            said = (ran.stderr or ran.stdout).strip() or f"exit code {ran.exit_code}"
            raise ToolError(f"{' '.join(map(str, command[:4]))} failed: {said}")
        return ran.stdout

    def git(self, *arguments: str, extra: Mapping[str, str] | None = None) -> str:
        """Run git in the work tree."""
        return self.must(("git", *arguments), extra=extra)

    def hookwright(self, *arguments: str) -> str:
        """Run the `hookwright` command as a person would; return what it printed."""
        return self.must(self.command(*arguments))

    def command(self, *arguments: str) -> tuple[str, ...]:
        """Return the `hookwright` command with these arguments."""
        return (self.python, "-m", "hookwright.core.surfaces.cli", *arguments)

    def _make_repository(self) -> None:
        self.workspace.mkdir(parents=True)
        self.home.mkdir()
        (self.home / ".gitconfig").write_text(
            f"[user]\n\tname = {_AUTHOR}\n\temail = ada@example.org\n"
            "[init]\n\tdefaultBranch = main\n[commit]\n\tgpgSign = false\n",
            "utf-8",
        )
        remote = str(self.root / "remote.git")
        self.git("init", "--quiet")
        self.git("init", "--quiet", "--bare", remote)
        self.git("remote", "add", "origin", remote)
