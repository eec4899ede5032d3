from __future__ import annotations

import json
import os
import subprocess
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
        (("claude",), 2, "those known are claude-code, "),
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
    ran = run("install", "all", "--json")
    report = json.loads(ran.out)
    assert ran.code == 0

    assert "git" in report["failed"]


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


@pytest.fixture
def repository(project: Path) -> Path:
    """Return the project with a repository and programs of two agent hosts."""
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)
    return project


@pytest.fixture
def claude(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a program that says a version, found as `claude`."""
    program = tmp_path / "programs" / "claude"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 2.1.329\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return program


def test_all_as_an_option_installs_into_each_that_is_found(
    run: Run, repository: Path, claude: Path
) -> None:
    ran = run("install", "--all", "--json")

    assert ran.code == 0, ran.err
    report = json.loads(ran.out)
    assert {"claude-code", "git"} <= set(report["agent_hosts"])
    assert report["failed"] == {}
    assert settings(repository).exists()
    assert (repository / ".git" / "hooks" / "post-commit").exists()

    back = run("uninstall", "--all", "--json")
    assert back.code == 0
    assert {"claude-code", "git"} <= set(json.loads(back.out)["agent_hosts"])
    assert not settings(repository).exists()
    assert not (repository / ".git" / "hooks" / "post-commit").exists()
    assert "Nothing of Hookwright's" in run("uninstall", "--all").out


@pytest.mark.parametrize(("named", "code"), [((), 0), (("claude-code",), 1)])
def test_one_that_fails_stops_no_other_and_fails_the_command_where_it_was_named(
    run: Run, repository: Path, claude: Path, named: tuple[str, ...], code: int
) -> None:
    settings(repository).parent.mkdir()
    settings(repository).write_text("{broken")

    ran = run("install", "--all", *named)

    assert ran.code == code
    assert "claude-code: not installed: " in ran.err
    assert str(settings(repository)) in ran.err
    assert settings(repository).read_text() == "{broken"
    assert (repository / ".git" / "hooks" / "post-commit").exists()


def test_a_dry_run_of_all_shows_all_differences_and_changes_nothing(
    run: Run, repository: Path, claude: Path
) -> None:
    ran = run("install", "--all", "--dry-run")

    assert ran.code == 0
    assert f"+++ {settings(repository)}" in ran.out
    assert "post-commit" in ran.out
    assert not settings(repository).exists()
    assert not (repository / ".git" / "hooks" / "post-commit").exists()


def test_uninstall_of_all_tells_what_is_installed_elsewhere(
    run: Run, repository: Path, claude: Path, home: Path
) -> None:
    run("install", "claude-code", "--user")
    run("install", "git")

    ran = run("uninstall", "--all", "--project")

    assert f"claude-code in {home} is still installed (user)." in ran.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("install",), "or give --all"),
        (("uninstall",), "or give --all"),
        (("install", "--all", "--plugin-dir", "made"), "is for one agent host"),
    ],
)
def test_what_is_to_be_installed_must_be_said(
    run: Run, project: Path, arguments: tuple[str, ...], said: str
) -> None:
    ran = run(*arguments)

    assert ran.code in (1, 2)
    assert said in ran.err
