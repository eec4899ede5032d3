"""An agent host that tells events by HTTP has the door opened for it, and only it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.paths import find_paths
from hookwright.core.service.http_port import is_installed

Run = Callable[..., Any]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a directory that holds no repository."""
    directory = tmp_path / "project"
    directory.mkdir()
    monkeypatch.chdir(directory)
    return directory


def is_open() -> bool:
    return is_installed(find_paths().data)


def test_the_door_opens_with_the_first_install_and_closes_after_the_last(
    run: Run, project: Path
) -> None:
    assert run("install", "opencode").code == 0
    assert is_open()
    run("install", "opencode", "--user")
    run("uninstall", "opencode", "--project")
    assert is_open()
    run("uninstall", "opencode", "--user")
    assert not is_open()


def test_others_in_the_same_install_are_not_told_the_token(
    run: Run, project: Path
) -> None:
    assert run("install", "opencode", "claude-code").code == 0
    token = (find_paths().data / "http.token").read_text().strip()
    settings = (project / ".claude" / "settings.local.json").read_text()
    assert token not in settings
    assert '"http"' not in settings
    run("install", "claude-code")
    assert is_open()


def test_a_look_at_the_changes_opens_nothing(run: Run, project: Path) -> None:
    assert run("install", "opencode", "--dry-run").code == 0
    assert not is_open()
    assert not (project / ".opencode").exists()


def test_a_door_that_the_settings_forbid_stays_shut(run: Run, project: Path) -> None:
    report = json.loads(
        run("--set", "service.http=false", "install", "opencode", "--json").out
    )
    assert not is_open()
    assert any("service.http is false" in note for note in report["notes"])
    assert (project / ".opencode" / "plugin" / "hookwright.js").exists()
