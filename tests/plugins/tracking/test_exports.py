from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.plugins.tracking.conftest import Bench

MAIN = "claude-code/main"


@pytest.fixture
def table() -> dict[str, Any]:
    return {"export_status": True}


def status_file(bench: Bench) -> Path:
    return bench.worktree / ".agent" / "status.json"


def test_the_status_of_a_project_is_written_at_flush(bench: Bench) -> None:
    bench.tool()
    bench.tool("git/Ada", project=bench.project(bench.worktree.parent))
    assert not status_file(bench).exists()
    bench.flush()

    status = json.loads(status_file(bench).read_text())

    assert status["project"] == str(bench.worktree)
    assert [each["id"] for each in status["agents"]] == [MAIN]
    assert status["agents"][0]["experience_points"] == 1
    assert [path.name for path in status_file(bench).parent.iterdir()] == [
        "status.json"
    ]


def test_what_a_person_does_shows_where_a_status_was_written(bench: Bench) -> None:
    bench.tool()
    bench.flush()
    bench.call("agent_halt", agent_id=MAIN, reason="stop")
    bench.flush()

    (agent,) = json.loads(status_file(bench).read_text())["agents"]
    assert agent["halted"] is True


def test_what_a_person_does_writes_no_status_where_there_was_none(
    bench: Bench,
) -> None:
    bench.tool()
    bench.tool("git/Ada")
    bench.store.flush("command")
    bench.call("agent_halt", agent_id=MAIN, reason="stop")
    bench.flush()

    assert not status_file(bench).exists()


def test_a_status_is_never_read_back(bench: Bench) -> None:
    bench.tool()
    bench.flush()
    status_file(bench).write_text("{ broken")
    bench.tool()
    bench.flush()

    (agent,) = json.loads(status_file(bench).read_text())["agents"]
    assert agent["experience_points"] == 2


def test_it_is_not_written_unless_configured(bench: Bench) -> None:
    assert bench.host.reconfigure({"tracking": {"export_status": False}}) == []
    bench.tool()
    bench.flush()

    assert not status_file(bench).parent.exists()


def test_a_project_that_is_gone_is_left_alone(bench: Bench) -> None:
    gone = bench.worktree / "gone"
    bench.tool(project=bench.project(gone))
    bench.flush()

    assert not gone.exists()


def test_a_link_is_not_followed_out_of_the_project(
    bench: Bench, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (bench.worktree / ".agent").symlink_to(outside)
    bench.tool()
    with caplog.at_level(logging.WARNING):
        bench.flush()

    assert list(outside.iterdir()) == []
    assert "is a link" in caplog.text


def test_a_status_that_cannot_be_put_in_place_leaves_nothing_behind(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    status_file(bench).mkdir(parents=True)
    bench.tool()
    with caplog.at_level(logging.WARNING):
        bench.flush()

    assert list(status_file(bench).parent.iterdir()) == [status_file(bench)]
    assert "not written" in caplog.text
