from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.paths import Paths
from hookwright.core.service import lifetime

Run = Callable[..., Any]


@pytest.fixture(params=[False, True], ids=["alone", "with a daemon"])
def agents(
    run: Run, paths: Paths, request: pytest.FixtureRequest
) -> Iterator[tuple[str, ...]]:
    """Enter agents into the ledger, in this process or in a daemon's."""
    if request.param:
        assert run("daemon", "start").code == 0
    names = ("claude-code/main", "git/Ada Lovelace")
    try:
        for name in names:
            ran = run("agent", "create", name)
            assert (ran.code, ran.err) == (0, "")
        yield names
    finally:
        lifetime.end(paths)


def test_what_a_tool_wrote_can_be_read_at_once(
    run: Run, agents: tuple[str, ...]
) -> None:
    listed = json.loads(run("agent", "list", "--json").out)

    assert {agent["id"] for agent in listed} == set(agents)
    assert all(name in run("agent", "list").out for name in ("main", "Ada Lovelace"))


def test_a_tools_own_error_is_one_plain_line(run: Run, agents: tuple[str, ...]) -> None:
    ran = run("agent", "create", agents[0])

    assert (ran.code, ran.out) == (1, "")
    assert ran.err == f"hookwright: {agents[0]} is in the ledger already.\n"


def test_flush_writes_and_says_what(run: Run, agents: tuple[str, ...]) -> None:
    run("store", "flush")

    assert run("store", "flush").out == "Nothing was waiting.\n"
    report = json.loads(run("store", "flush", "--json").out)
    assert report["reason"] == "command"
    stats = json.loads(run("store", "stats", "--json").out)
    assert stats["records"]["agents"] == len(agents)


def test_stats_show_sizes_records_and_flushes(
    run: Run, agents: tuple[str, ...], paths: Paths
) -> None:
    run("store", "flush")

    shown = run("store", "stats").out

    assert "512 MB" in shown
    assert "agents" in shown
    assert str(paths.store) in "".join(shown.split())


def test_check_finds_a_sound_store_sound(run: Run, agents: tuple[str, ...]) -> None:
    run("store", "flush")

    assert run("store", "check").out.endswith("All is well.\n")
    found = json.loads(run("store", "check", "--json").out)
    assert found["ok"] is True
    assert found["records"]["agents"] == len(agents)


def test_export_writes_every_record_as_a_line(
    run: Run, agents: tuple[str, ...], tmp_path: Path
) -> None:
    lines = [json.loads(line) for line in run("store", "export").out.splitlines()]
    exported = [line for line in lines if line["type"] == "agents"]

    assert [line["record"]["id"] for line in exported] == sorted(agents)
    assert {"key", "version"} <= set(exported[0])

    target = tmp_path / "export.jsonl"
    ran = run("store", "export", str(target))
    assert ran.out == ""
    assert f"{len(lines)} records" in ran.err
    assert len(target.read_text().splitlines()) == len(lines)
    assert target.stat().st_mode & 0o777 == 0o600

    again = run("store", "export", str(target))
    assert again.code == 1
    assert "exists" in again.err


def test_export_to_a_place_that_cannot_be_written_is_refused(
    run: Run, agents: tuple[str, ...], tmp_path: Path
) -> None:
    ran = run("store", "export", str(tmp_path / "nowhere" / "x"))

    assert ran.code == 1
    assert "cannot be written" in ran.err


def test_backup_and_compact_keep_everything(
    run: Run, agents: tuple[str, ...], tmp_path: Path, paths: Paths
) -> None:
    target = tmp_path / "copy"

    assert str(target) in run("store", "backup", str(target)).out
    assert target.is_dir()
    assert run("store", "backup", str(target)).code == 1
    made = json.loads(run("store", "backup", "--json").out)
    assert Path(made["directory"]).parent == paths.data / "backups"
    assert made["bytes"] > 0
    assert "now" in run("store", "compact").out
    found = json.loads(run("store", "compact", "--json").out)
    assert found["after"] <= found["before"]
    assert len(json.loads(run("agent", "list", "--json").out)) == len(agents)


def test_a_foreign_file_in_the_stores_place_is_an_error_and_stays(
    run: Run, paths: Paths
) -> None:
    paths.data.mkdir()
    paths.store.write_text("not a store")

    ran = run("store", "check")

    assert ran.code == 1
    assert str(paths.store) in ran.err
    assert paths.store.read_text() == "not a store"
