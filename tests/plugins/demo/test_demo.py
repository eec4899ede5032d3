from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.api import ToolError
from hookwright.plugins import demo as plugin
from hookwright.plugins.demo import command, scratch
from hookwright.plugins.demo.summary import Summary, summary_text


def hookwright(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hookwright.core.surfaces.cli", *arguments],
        capture_output=True,
        text=True,
        env=os.environ,
    )


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the directory that temporary files go to."""
    directory = tmp_path / "temporary"
    directory.mkdir()
    monkeypatch.setenv("TMPDIR", str(directory))
    monkeypatch.setattr("tempfile.tempdir", str(directory))
    return directory


def living_processes(root: Path) -> list[str]:
    """Return the processes that have a directory below root in their environment."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/environ"):
        try:
            if os.fsencode(root) in entry.read_bytes():
                found.append(entry.parent.name)
        except OSError:
            continue
    return found


def test_the_whole_day_is_recorded_and_nothing_is_left(
    temporary: Path, tmp_path: Path
) -> None:
    done = hookwright("demo", "--json")

    assert (done.returncode, done.stderr) == (0, "")
    summary = json.loads(done.stdout)
    events = summary["events"]
    assert events["commit"] == 3
    assert events["push"] == 2
    assert events["session_start"] == 3
    assert events["session_end"] == 2
    assert events["subagent_stop"] == 1
    assert events["usage_reported"] == 2
    # git asks before each commit, as a call of a tool.
    asked = summary["delivered"]["PreToolUse"] + events["commit"]
    assert events["tool_before"] == asked
    assert events["tool_after"] == (
        summary["delivered"]["PostToolUse"] + summary["delivered"]["PostToolUseFailure"]
    )
    assert summary["records"]["agents"] == 3
    assert summary["records"]["commits"] == 3
    assert summary["records"]["sessions"] == 4
    assert {"push", "session_end", "turn_end"} <= set(summary["flushes"])
    assert summary["files_with_secret"] == 0
    assert summary["files_searched"] > 5
    assert "claude-code/main" in summary["card"]
    assert list(temporary.iterdir()) == []
    assert not (tmp_path / "data" / "store.lmdb").exists()
    assert not (tmp_path / "home" / ".claude").exists()
    assert not living_processes(temporary)


def test_a_person_sees_what_happens_and_what_to_do_next(
    temporary: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command.demo(keep=True)

    out, err = capsys.readouterr()
    assert err.count(" ... done\n") == 6
    (root,) = temporary.iterdir()
    assert err.endswith(f"Kept: {root}\n")
    assert "hookwright install claude-code" in out
    assert max(map(len, out.splitlines())) <= 80
    log = (root / "data" / "logs" / "events.jsonl").read_text()
    assert "[REDACTED:" in log
    assert not living_processes(root)


def test_without_git_the_demo_says_so(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(temporary))

    with pytest.raises(ToolError, match="needs git"):
        command.demo()

    assert list(temporary.iterdir()) == []


def test_an_act_that_fails_is_named_and_leaves_nothing(
    temporary: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(self: object) -> None:
        raise ToolError("the morning was cancelled")

    monkeypatch.setattr("hookwright.plugins.demo.day.Day.morning", broken)

    with pytest.raises(ToolError, match="cancelled"):
        command.demo()

    assert "mends it ... failed\n" in capsys.readouterr().err
    assert list(temporary.iterdir()) == []
    assert not living_processes(temporary)


def test_a_command_that_hangs_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "scratch"
    root.mkdir()
    place = scratch.Scratch.make(root)
    monkeypatch.setattr(scratch, "_TIMEOUT", 0.05)

    with pytest.raises(ToolError, match="did not end"):
        place.run(("sleep", "60"))


def test_a_secret_on_the_disk_would_be_told() -> None:
    summary = Summary(
        card="card",
        delivered={"Stop": 1},
        p50_ms={"all": 7.0, "Stop": 7.0},
        events={f"kind_{number}": number for number in range(12)},
        records={},
        flushes={"push": 1},
        files_searched=9,
        files_with_secret=2,
    )

    text = summary_text(summary)

    assert "is in 2 of the 9 files" in text
    assert "Records stored:   none" in text
    assert max(map(len, text.splitlines())) <= 80


def test_the_plugin_adds_one_command_and_imports_it_late() -> None:
    (added,) = plugin.hookwright_register_commands()
    load: Callable[[], Any] = added.load

    assert added.name == "demo"
    assert load() is command.demo
    assert plugin.hookwright_plugin_info().summary
