"""Real daemons and real MCP servers, each of them ended by its number."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.paths import Paths
from hookwright.core.service import lifetime
from hookwright.core.surfaces.invocation import MCP_SERVER

SERVER = (sys.executable, "-P", "-S", str(MCP_SERVER))
_SOURCE = Path(__file__).with_name("sample_tools.py")
_SECONDS = 30.0


class Session:
    """An agent host's end of one stdio server."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self._data = b""
        self._number = 0
        self._notices: list[str] = []

    def send(self, message: object) -> None:
        """Send a message, or bytes as they are."""
        assert self.process.stdin is not None
        line = message if isinstance(message, bytes) else json.dumps(message).encode()
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def receive(self, seconds: float = _SECONDS) -> dict[str, Any] | None:
        """Return the next message, None when none comes in time."""
        assert self.process.stdout is not None
        descriptor = self.process.stdout.fileno()
        deadline = time.monotonic() + seconds
        while b"\n" not in self._data:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([descriptor], [], [], left)[0]:
                return None
            part = os.read(descriptor, 65536)
            if not part:
                return None
            self._data += part
        line, _, self._data = self._data.partition(b"\n")
        found: dict[str, Any] = json.loads(line)
        return found

    def request(self, method: str, **params: Any) -> int:
        """Send a request; return its id."""
        self._number += 1
        request = {"jsonrpc": "2.0", "id": self._number, "method": method}
        self.send({**request, "params": params})
        return self._number

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a request; return the next message that is no notification."""
        number = self.request(method, **params)
        while (answer := self.receive()) is not None and "method" in answer:
            self._notices.append(answer["method"])
        assert answer is not None, f"no answer to {method}"
        assert answer["id"] == number, answer
        return answer

    def notice(self) -> str | None:
        """Return the next notification's method, None when none comes in time."""
        if not self._notices and (message := self.receive()) is not None:
            self._notices.append(message["method"])
        return self._notices.pop(0) if self._notices else None

    def call(self, name: str, /, **arguments: Any) -> dict[str, Any]:
        """Call a tool; return its result."""
        answer = self.ask("tools/call", name=name, arguments=arguments)
        result: dict[str, Any] = answer["result"]
        return result

    def end(self) -> int:
        """Close the input and return the exit code."""
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        return self.process.wait(_SECONDS)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project with a secret."""
    directory = tmp_path / "project"
    directory.mkdir()
    return directory


@pytest.fixture
def connect(
    project: Path, paths: Paths, daemons: Callable[[], list[int]]
) -> Iterator[Callable[..., Session]]:
    """Return what starts a server, opened with `initialize` unless told not to."""
    started: list[Session] = []

    def start(*, open_it: bool = True, **environment: str) -> Session:
        process = subprocess.Popen(
            SERVER,
            cwd=project,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        session = Session(process)
        started.append(session)
        if open_it:
            session.ask("initialize", protocolVersion="2025-11-25")
            session.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
        return session

    yield start
    for session in started:
        session.process.kill()
        session.process.wait()
        for stream in (session.process.stdin, session.process.stdout):
            assert stream is not None
            with suppress(BrokenPipeError):
                stream.close()
    lifetime.end(paths)


@pytest.fixture
def daemon(tmp_path: Path, paths: Paths) -> Iterator[Callable[..., int]]:
    """Return what starts a daemon that has the sample plugin; it gives its process."""
    site = tmp_path / "site"
    info = site / "sample_tools-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "sample_tools.py").write_text(_SOURCE.read_text("utf-8"))
    (info / "METADATA").write_text("Name: sample-tools\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[hookwright]\nsample = sample_tools\n")
    started: list[subprocess.Popen[bytes]] = []

    def start(**settings: str) -> int:
        command = [sys.executable, "-P", "-m", "hookwright.core.service.daemon"]
        process = subprocess.Popen(
            command,
            env={**os.environ, "PYTHONPATH": str(site), **settings},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        started.append(process)
        deadline = time.monotonic() + _SECONDS
        while not lifetime.is_listening(paths):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return process.pid

    yield start
    for process in started:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGTERM)
        process.wait(_SECONDS)
