"""Real agent hosts, installed from npm once for a checkout, in a scratch home."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

#: npm packages, in the versions whose contracts were read and run, by program.
PACKAGES = {
    "claude": "@anthropic-ai/claude-code@2.1.329",
    "codex": "@openai/codex@0.169.0",
    "copilot": "@github/copilot@1.0.102",
    "gemini": "@google/gemini-cli@0.61.0",
    "opencode": "opencode-ai@1.18.33",
}
_ROOT = Path(__file__).parents[2]
_HOSTS = Path(os.environ.get("HOOKWRIGHT_AGENT_HOSTS") or _ROOT / ".agent-hosts")
#: Seconds without an event after which the daemon must be gone; longer than any tool
#: call of a test whose daemon is not killed (they take 3 at most).
IDLE_EXIT = 6
#: Seconds in which a daemon that is alone can do what agents did not wait for.
_QUIET = 1.0
_DAEMON = "hookwright.core.service.daemon"


@dataclass
class Workplace:
    """A repository with a remote and a secret, and a person's home."""

    home: Path
    repository: Path
    canary: str
    #: The Python that has Hookwright, and the plugins under test.
    python: str = sys.executable
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        return Path(self.environment["HOOKWRIGHT_DATA_DIR"])

    def run(self, *command: str, **extra: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.repository,
            env={**self.environment, **extra},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    def hookwright(self, *arguments: str) -> str:
        done = self.run(
            self.python, "-P", "-m", "hookwright.core.surfaces.cli", *arguments
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def json(self, *arguments: str) -> Any:
        return json.loads(self.hookwright(*arguments, "--json"))

    def git(self, *arguments: str) -> str:
        done = self.run("git", *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def processes(self) -> list[str]:
        """Return the command lines of processes that run with this data directory."""
        return list(self._running().values())

    def _running(self) -> dict[int, str]:
        mark = f"HOOKWRIGHT_DATA_DIR={self.data}\0".encode()
        found = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                try:
                    if mark in (entry / "environ").read_bytes():
                        command = (entry / "cmdline").read_bytes()
                        found[int(entry.name)] = command.replace(b"\0", b" ").decode()
                except (FileNotFoundError, ProcessLookupError, PermissionError):
                    continue  # it ended while we looked, or is not ours
        return found

    def wait_until_nothing_runs(self, seconds: float = 30) -> None:
        """Wait for every process; a daemon that is alone by then is asked to leave."""
        deadline = time.monotonic() + seconds
        alone = time.monotonic()
        while left := self._running():
            now = time.monotonic()
            assert now < deadline, f"still running: {left}"
            if not all(_DAEMON in command for command in left.values()):
                alone = now
            elif now - alone > _QUIET:
                for pid in left:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGTERM)
                # A second one would end it at once.
                alone = deadline
            time.sleep(0.1)

    def holds(self, text: str) -> list[str]:
        """Return the files below the data directory that hold text."""
        needle = text.encode()
        return [
            str(path.relative_to(self.data))
            for path in self.data.rglob("*")
            if path.is_file() and needle in path.read_bytes()
        ]


@pytest.fixture
def workplace(tmp_path: Path, home: Path) -> Iterator[Workplace]:
    repository = tmp_path / "work"
    remote = tmp_path / "remote.git"
    repository.mkdir()
    (home / "tmp").mkdir()
    place = Workplace(home, repository, "canary-" + secrets.token_hex(8))
    place.environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(home / "tmp"),
        "LANG": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "HOOKWRIGHT_DATA_DIR": str(tmp_path / "data"),
        "HOOKWRIGHT_CONFIG_DIR": str(tmp_path / "config"),
        "HOOKWRIGHT__SERVICE__IDLE_EXIT": str(IDLE_EXIT),
    }
    place.git("init", "-q")
    place.git("init", "-q", "--bare", str(remote))
    place.git("remote", "add", "origin", str(remote))
    (repository / ".gitignore").write_text(".env\ndeploy-notes.txt\nvault.txt\n")
    # A note with the value of a secret, in a file that nothing protects by its name.
    (repository / "deploy-notes.txt").write_text(f"Use {place.canary} there.\n")
    (repository / ".env").write_text(f"SCRATCH_SECRET={place.canary}\n")
    place.git("add", ".gitignore")
    place.git("commit", "-q", "-m", "start")
    yield place
    place.wait_until_nothing_runs()


def agent_host_program(name: str) -> Path:
    """Return an agent host's program, installed with npm where it is not there yet."""
    package = PACKAGES[name]
    directory = _HOSTS / name
    binary = directory / "node_modules" / ".bin" / name
    if not binary.exists():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip(f"npm is not installed, so {package} cannot be")
        directory.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--no-audit", "--no-fund", package]
        done = subprocess.run(
            command, cwd=directory, capture_output=True, text=True, check=False
        )
        if done.returncode:
            pytest.skip(f"npm cannot install {package} here: {done.stderr[-300:]}")
    return binary


@pytest.fixture(scope="session")
def claude_binary() -> Path:
    """Return Claude Code's program."""
    return agent_host_program("claude")


@pytest.fixture
def claude(
    claude_binary: Path, workplace: Workplace
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs one headless Claude Code session."""

    def run(url: str, prompt: str, *more: str) -> subprocess.CompletedProcess[str]:
        return workplace.run(
            str(claude_binary),
            *("-p", prompt, "--model", "claude-sonnet-4-5"),
            *("--allowedTools", "Bash,Read,Edit,Write,Task,Agent"),
            *("--output-format", "stream-json", "--verbose"),
            *more,
            ANTHROPIC_BASE_URL=url,
            ANTHROPIC_API_KEY="not-a-key",
            CLAUDE_CONFIG_DIR=str(workplace.home / ".claude"),
            CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1",
            DISABLE_AUTOUPDATER="1",
            DISABLE_TELEMETRY="1",
        )

    return run
