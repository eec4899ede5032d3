from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from hookwright.core.errors import ToolError

if TYPE_CHECKING:
    from tests.plugins.tracking.conftest import Bench


def test_a_project_is_classified_when_a_session_starts(bench: Bench) -> None:
    (bench.worktree / "requirements.txt").write_text("django")
    bench.start()

    shown = bench.call("project_show", directory=str(bench.worktree))

    assert (shown["language"], shown["framework"], shown["scope"]) == (
        "python",
        "django",
        "backend",
    )
    assert bench.agent().scope == "backend"
    assert bench.call("project_list") == [shown]


def test_it_is_classified_again_only_when_its_guide_changes(bench: Bench) -> None:
    manifest = bench.worktree / "requirements.txt"
    manifest.write_text("django")
    bench.start()
    manifest.write_text("flask")
    bench.start(source="resume")
    assert bench.get("projects", str(bench.worktree)).framework == "django"

    (bench.worktree / "AGENTS.md").write_text("# Rules\n")
    bench.start(source="resume")
    assert bench.get("projects", str(bench.worktree)).framework == "flask"


def test_a_person_can_have_it_classified_again(bench: Bench) -> None:
    with pytest.raises(ToolError, match="has not been classified yet"):
        bench.call("project_show", project=str(bench.worktree))
    made = bench.call(
        "project_classify", project="shop", directory=str(bench.worktree.parent)
    )

    assert made["path"] == str(bench.worktree)
    assert bench.call("project_show", project=str(bench.worktree)) == made
    with pytest.raises(ToolError, match="Name a project"):
        bench.call("project_show")


def test_a_manifest_that_cannot_be_read_is_logged(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    (bench.worktree / "package.json").write_text("{")
    with caplog.at_level(logging.WARNING):
        bench.start()

    assert "package.json" in caplog.text
    assert bench.get("projects", str(bench.worktree)).language == "javascript"


def test_similar_projects_are_found_also_for_one_that_is_not_stored(
    bench: Bench,
) -> None:
    for name, content in (("twin", "django"), ("cousin", "requests"), ("other", None)):
        directory = bench.worktree.parent / name
        directory.mkdir()
        if content:
            (directory / "requirements.txt").write_text(content)
        bench.call("project_classify", project=str(directory))
    (bench.worktree / "requirements.txt").write_text("django")

    found = bench.call("project_similar", directory=str(bench.worktree))

    assert [
        (each["path"].rpartition("/")[2], each["similarity"]) for each in found
    ] == [
        ("twin", 1.0),
        ("cousin", 0.4),
    ]
    assert len(bench.all("projects")) == 3
