from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from hookwright.plugins.tracking.git import pending_changes, recent_commits


def git(directory: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=directory, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    directory = tmp_path / "repository"
    directory.mkdir()
    git(directory, "init", "-q")
    for name in ("one", "two"):
        (directory / name).write_text(name * 50)
        git(directory, "add", name)
        git(directory, "commit", "-qm", f"Add {name}")
    return directory


def test_changed_and_new_files_are_pending(repository: Path) -> None:
    assert pending_changes(str(repository)) == 0
    (repository / "one").write_text("changed")
    (repository / "three with\nnewline").write_text("new")
    git(repository, "mv", "two", "four")

    assert pending_changes(str(repository)) == 3


def test_outside_git_nothing_can_be_told(tmp_path: Path) -> None:
    assert pending_changes(str(tmp_path)) is None
    assert pending_changes(str(tmp_path / "missing")) is None
    assert recent_commits(str(tmp_path), 5, 5.0) == []


def test_without_git_nothing_can_be_told(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert pending_changes(str(repository)) is None


def test_a_hooks_own_repository_does_not_lead_astray(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))

    assert pending_changes(str(repository)) == 0


def test_the_newest_commits_come_first(repository: Path) -> None:
    found = recent_commits(str(repository), 10, 10.0)

    assert [commit.subject for commit in found] == ["Add two", "Add one"]
    assert all(len(commit.hash) == 40 for commit in found)
    assert len(recent_commits(str(repository), 1, 10.0)) == 1


def test_a_git_that_hangs_is_given_up(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = tmp_path / "bin"
    slow.mkdir()
    (slow / "git").write_text("#!/bin/sh\nexec sleep 30\n")
    (slow / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow}{os.pathsep}{os.environ['PATH']}")

    assert recent_commits(str(repository), 1, 0.05) == []
