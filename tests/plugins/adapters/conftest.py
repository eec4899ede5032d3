"""Captured messages of real agent hosts, and repositories to play in."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hookwright.hookspecs import Delivery, InstallRequest

SAMPLES = Path(__file__).parent / "samples"

MakeDelivery = Callable[..., Delivery]
LoadSample = Callable[[str], dict[str, Any]]
Git = Callable[..., str]
MakeRequest = Callable[..., InstallRequest]


@pytest.fixture
def load_sample() -> LoadSample:
    """Return a function that reads a captured message, `claude/Stop`."""

    def load(name: str) -> dict[str, Any]:
        value: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text())
        return value

    return load


@pytest.fixture
def make_delivery() -> MakeDelivery:
    """Return a function that makes a delivery."""

    def make(
        agent_host: str,
        payload: object,
        *arguments: str,
        cwd: str = "/workspace",
        environment: Mapping[str, str] | None = None,
    ) -> Delivery:
        return Delivery(
            id="0123456789abcdef0123",
            agent_host=agent_host,
            time=datetime(2026, 11, 21, 12, 0, tzinfo=UTC),
            arguments=arguments,
            cwd=cwd,
            environment=environment or {},
            payload=payload,
        )

    return make


@pytest.fixture
def git(home: Path) -> Git:
    """Return a function that runs git and gives its output."""

    def run(
        directory: Path,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        fails: bool = False,
    ) -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=directory,
            env={**os.environ, **(environment or {})},
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert (done.returncode != 0) is fails, done.stderr
        return done.stdout.strip()

    return run


@pytest.fixture
def repository(tmp_path: Path, git: Git) -> Path:
    """Return a repository without commits, at a path with spaces and umlauts."""
    directory = tmp_path / "a prøject"
    directory.mkdir()
    git(directory, "init", "-q")
    return directory


@pytest.fixture
def make_request(home: Path, tmp_path: Path) -> MakeRequest:
    """Return a function that makes an install request for a directory."""

    def make(
        directory: Path,
        scope: str = "project",
        client: tuple[str, ...] = ("/opt/hook wright/client",),
        **environment: str,
    ) -> InstallRequest:
        return InstallRequest(
            scope=scope,  # type: ignore[arg-type]
            directory=directory,
            home=home,
            client=client,
            data_dir=tmp_path / "data",
            environment={**os.environ, **environment},
            version="1.2.3",
        )

    return make
