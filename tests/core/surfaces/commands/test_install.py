from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a directory that holds no repository."""
    directory = tmp_path / "project"
    directory.mkdir()
    monkeypatch.chdir(directory)
    return directory


def settings(project: Path) -> Path:
    return project / ".claude" / "settings.local.json"


def test_install_writes_says_what_and_uninstall_takes_it_back(
    run: Run, project: Path
) -> None:
    ran = run("install", "claude-code")
    assert ran.code == 0
    assert f"written: {settings(project)}" in ran.out
    assert "PreToolUse" in settings(project).read_text()

    again = run("install", "claude-code", "--project")
    assert f"as it should be: {settings(project)}" in again.out

    back = run("uninstall", "claude-code")
    assert f"removed: {settings(project)}" in back.out
    assert not settings(project).exists()


def test_a_file_that_was_there_is_put_back_as_it_was(run: Run, project: Path) -> None:
    settings(project).parent.mkdir()
    settings(project).write_text('{"model":"x"}')

    run("install", "claude-code")
    assert "PreToolUse" in settings(project).read_text()

    back = run("uninstall", "claude-code")
    assert f"put back: {settings(project)}" in back.out
    assert settings(project).read_text() == '{"model":"x"}'


def test_dry_run_shows_the_difference_and_changes_nothing(
    run: Run, project: Path
) -> None:
    ran = run("install", "claude-code", "--dry-run")

    assert "+++" in ran.out
    assert "would be written" in ran.out
    assert not settings(project).exists()


def test_a_plugin_directory_is_relative_to_where_you_are(
    run: Run, project: Path
) -> None:
    report = json.loads(
        run("install", "claude-code", "--plugin-dir", "made", "--json").out
    )

    assert str(project / "made" / ".claude-plugin" / "plugin.json") in report["changed"]


def test_user_installs_below_home(run: Run, project: Path, home: Path) -> None:
    report = json.loads(run("install", "claude-code", "--user", "--json").out)

    assert all(path.startswith(str(home)) for path in report["changed"])


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("claude",), 2, "claude-code, git, all"),
        (("claude-code", "--user", "--project"), 1, "give one of"),
        (("git",), 1, "git"),
    ],
)
def test_what_cannot_be_installed_is_one_plain_line(
    run: Run, project: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    ran = run("install", *arguments)

    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert ran.err.startswith("hookwright: ")


def test_all_takes_what_is_found_and_passes_over_what_refuses(
    run: Run, project: Path
) -> None:
    # git is here, but the directory is no repository.
    report = json.loads(run("install", "all", "--json").out)

    assert any(note.startswith("git: ") for note in report["notes"])


def test_all_without_anything_found_names_what_could_be(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(project))

    ran = run("install", "all")

    assert ran.code == 2
    assert "claude-code" in ran.err


def test_without_plugins_there_is_nothing_to_install(run: Run, project: Path) -> None:
    ran = run("--no-plugins", "install", "git")

    assert ran.code == 2
    assert "no plugin is loaded" in ran.err
