from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.paths import Paths
from hookwright.core.service import lifetime
from hookwright.core.service.http_access import find_access
from hookwright.core.service.http_port import is_installed, read_port
from hookwright.core.service.http_token import FILE, read_token
from hookwright.core.surfaces.commands.daemon import status_text
from hookwright.core.surfaces.invocation import own_version

Run = Callable[..., Any]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "project"
    directory.mkdir()
    monkeypatch.chdir(directory)
    return directory


def settings(project: Path) -> Path:
    return project / ".claude" / "settings.local.json"


def test_install_by_http_opens_the_door_and_uninstall_lets_it_close(
    run: Run, project: Path, paths: Paths
) -> None:
    ran = run("install", "claude-code", "--http")

    assert ran.code == 0, ran.err
    access = find_access(paths)
    assert access is not None
    assert access.token in settings(project).read_text()
    assert access.token not in ran.out + ran.err
    assert f"{access.url}/v1/hooks/claude-code/PostToolUse" in (
        settings(project).read_text()
    )
    assert is_installed(paths.data)

    run("uninstall", "claude-code")
    assert not settings(project).exists()
    assert not is_installed(paths.data)
    # The next install finds the same door.
    assert find_access(paths) == access


def test_the_door_stays_while_another_project_uses_it(
    run: Run, project: Path, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = project.parent / "other"
    other.mkdir()
    run("install", "claude-code", "--http")
    monkeypatch.chdir(other)
    run("install", "claude-code", "--http")

    run("uninstall", "claude-code")
    assert is_installed(paths.data)
    monkeypatch.chdir(project)
    # Installed again without the option, nothing uses the door any more.
    run("install", "claude-code")
    assert not is_installed(paths.data)


def test_a_dry_run_makes_neither_token_nor_port(
    run: Run, project: Path, paths: Paths
) -> None:
    ran = run("install", "claude-code", "--http", "--dry-run")

    assert "http://127.0.0.1:PORT/v1/hooks/claude-code/PostToolUse" in ran.out
    assert read_port(paths.data) is None
    assert read_token(paths.data) is None
    assert not settings(project).exists()


def test_a_dry_run_does_not_show_the_token(
    run: Run, project: Path, paths: Paths
) -> None:
    run("install", "claude-code", "--http")
    token = read_token(paths.data)
    assert token

    for arguments in (
        ("install", "claude-code", "--http", "--dry-run"),
        ("install", "claude-code", "--dry-run"),
        ("uninstall", "claude-code", "--dry-run"),
        ("doctor",),
        ("daemon", "status"),
    ):
        ran = run(*arguments)
        assert token not in ran.out + ran.err, arguments


def test_a_door_that_is_switched_off_is_not_installed(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOKWRIGHT__SERVICE__HTTP", "false")

    ran = run("install", "claude-code", "--http")

    assert ran.code == 1
    assert "service.http is false" in ran.err
    assert not settings(project).exists()


def test_doctor_and_status_tell_of_the_door(
    run: Run, project: Path, paths: Paths, until: Callable[..., Any]
) -> None:
    run("install", "claude-code", "--http")
    access = find_access(paths)
    assert access is not None
    run("daemon", "start")
    try:

        def told() -> bool:
            return f"HTTP: {access.url}." in run("daemon", "status").out

        until(told)
        assert f"http: open at {access.url}" in run("doctor").out
        found = json.loads(run("daemon", "status", "--json").out)
        assert found["http"]["url"] == access.url

        (paths.data / FILE).unlink()
        run("install", "claude-code", "--project", "--dry-run")
    finally:
        lifetime.end(paths)
    # Another token was made when the door needed one; these hooks have the old one.
    run("daemon", "start")
    try:
        until(lambda: read_token(paths.data))
        assert "has an old token" in run("doctor").out
    finally:
        lifetime.end(paths)


def test_status_says_why_a_door_is_closed() -> None:
    found = {
        "running": True,
        "version": own_version(),
        "events": 1,
        "http": {"url": "", "problem": "port 5 is not free", "connections": 0},
    }
    assert "HTTP: port 5 is not free." in status_text(found)
    found["http"] = {"url": "", "problem": "", "connections": 0}
    assert "HTTP" not in status_text(found)


@pytest.fixture
def until() -> Callable[..., Any]:
    import time

    def wait(done: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + 20
        while not (found := done()):
            assert time.monotonic() < deadline, "it did not happen in time"
            time.sleep(0.05)
        return found

    return wait
