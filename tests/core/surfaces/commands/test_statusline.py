from __future__ import annotations

import io
import json
import os
import shlex
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.paths import Paths
from hookwright.core.service import lifetime

Run = Callable[..., Any]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "project"
    directory.mkdir()
    monkeypatch.chdir(directory)
    return directory


@pytest.fixture
def given_input(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bytes], None]]:
    """Return what gives the command its standard input; at first there is none."""
    opened: list[io.TextIOWrapper] = []

    def give(content: bytes) -> None:
        reader, writer = os.pipe()
        os.write(writer, content)
        os.close(writer)
        opened.append(open(reader, encoding="utf-8"))  # noqa: SIM115 - closed below
        monkeypatch.setattr("sys.stdin", opened[-1])

    give(b"")
    yield give
    for file in opened:
        file.close()


@pytest.fixture
def daemon(run: Run, paths: Paths) -> Iterator[None]:
    assert run("daemon", "start").code == 0
    yield
    lifetime.end(paths)


def message(project: Path) -> bytes:
    found = {"hook_event_name": "Status", "session_id": "s1", "cwd": str(project)}
    return json.dumps(found).encode()


@pytest.mark.parametrize("text", [b"", b'{"session_id": "s1"}'])
def test_without_a_daemon_it_says_so_and_starts_none(
    run: Run,
    project: Path,
    paths: Paths,
    given_input: Callable[[bytes], None],
    text: bytes,
) -> None:
    given_input(text)

    ran = run("statusline")

    assert (ran.code, ran.out) == (0, "hookwright: asleep\n")
    assert lifetime.holder(paths) is None


def test_a_person_sees_the_agent_that_worked_last_here(
    run: Run, project: Path, daemon: None, given_input: Callable[[bytes], None]
) -> None:
    assert run("statusline").out == "hookwright\n"
    given_input(message(project))
    assert run("statusline").out == "claude-code/main PROBATION 1 SP 0/10 XP\n"
    given_input(message(project))
    assert json.loads(run("statusline", "--json").out) == {
        "line": "claude-code/main PROBATION 1 SP 0/10 XP"
    }


def test_the_command_for_a_line_of_ones_own_prints_the_same(
    run: Run, project: Path, daemon: None
) -> None:
    command = run("statusline", "--command").out.strip()

    assert command.endswith("claude-code StatusLine --if-running")
    words = shlex.split(command)
    if not Path(words[0]).exists():
        # The native client is put there by an install.
        assert run("install", "claude-code").code == 0
    done = subprocess.run(
        command,
        shell=True,
        input=message(project),
        capture_output=True,
        timeout=30,
        check=True,
    )
    assert done.stdout == b"claude-code/main PROBATION 1 SP 0/10 XP\n"


def test_install_takes_the_line_unless_it_is_told_not_to(
    run: Run, project: Path
) -> None:
    settings = project / ".claude" / "settings.local.json"

    assert run("install", "claude-code", "--no-status-line").code == 0
    assert "statusLine" not in json.loads(settings.read_text())

    assert run("install", "claude-code").code == 0
    found = json.loads(settings.read_text())["statusLine"]
    done = subprocess.run(
        found["command"],
        shell=True,
        input=message(project),
        capture_output=True,
        timeout=30,
        check=True,
    )
    assert done.stdout == b"hookwright: asleep\n"
    assert run("uninstall", "claude-code").code == 0
    assert not settings.exists()
