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
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder


def test_guards_are_known_before_the_first_event(
    run: Run, project: Path, paths: Paths
) -> None:
    assert run("install", "claude-code", "--dry-run").code == 0
    assert not (paths.run / "unanswered.json").exists()

    assert run("install", "claude-code").code == 0

    found = json.loads((paths.run / "unanswered.json").read_bytes())
    assert set(found["answers"]["claude-code"]) == {"PreToolUse", "UserPromptSubmit"}


def test_options_of_one_install_say_nothing_of_guards(
    run: Run, project: Path, paths: Paths
) -> None:
    assert run("--set", "plugins.disabled=[]", "install", "claude-code").code == 0

    assert not (paths.run / "unanswered.json").exists()
