from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.paths import Paths

Run = Callable[..., Any]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project with a file that asks for more than it may have."""
    directory = tmp_path / "project"
    (directory / ".git").mkdir(parents=True)
    (directory / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (directory / "deep").mkdir()
    (directory / ".hookwright.toml").write_text('[store]\nmax_size = "2 MB"\n')
    monkeypatch.chdir(directory / "deep")
    return directory


def test_show_has_every_setting_the_plugins_too(run: Run) -> None:
    ran = run("config", "show")

    assert ran.code == 0
    rows = [line.split(maxsplit=1) for line in ran.out.splitlines()]
    assert ["store.max_size", '"512 MB"'] in rows
    assert ["store.flush_seconds", '"30 s"'] in rows
    assert ["plugins.disabled", "[]"] in rows
    assert ["tracking.level_up_factor", "10"] in rows


def test_show_as_json_has_plain_values(run: Run) -> None:
    shown = json.loads(run("config", "show", "--json").out)

    assert shown["store.max_size"] == 512 * 2**20
    assert shown["plugins.disabled"] == []


def test_origin_names_file_variable_and_flag(
    run: Run, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths.config.mkdir()
    paths.config_file.write_text("[service]\nbriefing_tokens = 5\n")
    monkeypatch.setenv("HOOKWRIGHT__SERVICE__LOG_LEVEL", "debug")

    arguments = ("--set", "store.flush_seconds=9", "config", "show", "--origin")
    shown = json.loads(run("--json", *arguments).out)

    assert f"{paths.config_file}:2" in shown["service.briefing_tokens"]["origin"]
    assert "HOOKWRIGHT__SERVICE__LOG_LEVEL" in shown["service.log_level"]["origin"]
    assert "command line" in shown["store.flush_seconds"]["origin"]
    assert shown["store.flush_seconds"]["value"] == 9.0
    assert shown["store.max_size"]["origin"] == "default"
    assert "origin" in run(*arguments).out.splitlines()[0]


def test_what_a_project_may_not_set_is_named(run: Run, project: Path) -> None:
    ran = run("config", "show")

    assert '"512 MB"' in ran.out
    assert "store.max_size is ignored" in ran.err
    assert "hookwright trust" in ran.err


def test_trust_lets_the_projects_file_count_until_it_changes(
    run: Run, project: Path
) -> None:
    file = project / ".hookwright.toml"

    trusted = run("trust")
    assert trusted.out == f"{file} is trusted until it changes.\n"
    assert '"2 MB"' in run("config", "show").out

    file.write_text('[store]\nmax_size = "3 MB"\n')
    assert '"512 MB"' in run("config", "show").out

    run("trust", str(file))
    assert '"3 MB"' in run("config", "show").out

    assert json.loads(run("trust", "--revoke", "--json").out) == {
        "file": str(file),
        "trusted": False,
    }
    assert '"512 MB"' in run("config", "show").out
    assert "was not trusted" in run("trust", "--revoke").out


def test_trust_in_a_file_that_is_not_there_is_refused(run: Run) -> None:
    ran = run("trust", "nowhere.toml")

    assert ran.code == 2
    assert "nowhere.toml" in ran.err


def test_path_names_the_files_and_whether_they_exist(
    run: Run, project: Path, paths: Paths
) -> None:
    rows = {
        row["layer"]: row for row in json.loads(run("config", "path", "--json").out)
    }

    assert rows["user"] == {
        "layer": "user",
        "path": str(paths.config_file),
        "exists": False,
    }
    assert rows["project"]["path"] == str(project / ".hookwright.toml")
    assert rows["project"]["exists"] is True
    assert str(paths.config_file) in run("config", "path").out


def test_schema_describes_core_and_plugins(run: Run) -> None:
    schema = json.loads(run("config", "schema").out)

    assert {"store", "service", "tracking"} <= set(schema["properties"])
