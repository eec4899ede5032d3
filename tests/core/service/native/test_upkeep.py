from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.paths import Paths
from hookwright.core.service import client, eventlog, lifetime, native
from hookwright.core.service.native import Upkeep, build, copies

STOP = b'{"hook_event_name": "Stop", "session_id": "s", "cwd": "/"}'


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a client's source that may be replaced."""
    source = tmp_path / "client.py"
    source.write_text(f'import sys\n\nVERSION = "{client.VERSION}"\n')
    monkeypatch.setattr(client, "__file__", str(source))
    return source


def test_an_update_is_seen_once_it_is_whole(package: Path) -> None:
    upkeep = Upkeep()
    assert upkeep.updated() == ""

    package.write_text(package.read_text() + "# mended\n")
    assert upkeep.updated() == ""
    package.unlink()
    assert upkeep.updated() == ""
    package.write_text("")
    assert upkeep.updated() == ""
    package.write_text('VERSION = "9.9.9"\n')
    assert upkeep.updated() == "9.9.9"


def test_only_a_copy_that_stays_is_expected_to_be_old(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    upkeep = Upkeep()
    assert upkeep.begin(paths) is None
    assert not upkeep.knows("0.0.9")

    stale = copies.Stale("0.0.9", "it cannot be written")
    monkeypatch.setattr(
        "hookwright.core.service.native.upkeep.refresh", lambda _: stale
    )

    assert upkeep.begin(paths) is stale
    assert upkeep.knows("0.0.9")
    assert not upkeep.knows("0.1.1")


@pytest.fixture
def old_client(tmp_path: Path, native_client: Path) -> Path:
    """Return a native client of an older version."""
    source = Path(build.__file__).with_name(build.SOURCE)
    program = tmp_path / "old"
    assert build.compile_client(source, program, "0.0.9") == ""
    return program


def send(copy: Path) -> tuple[int, bytes, bytes]:
    words = ("claude-code", "Stop", "--observe")
    command = [*native.native_command(copy), *words]
    done = subprocess.run(command, input=STOP, capture_output=True, timeout=30)
    return done.returncode, done.stdout, done.stderr


def test_an_old_copy_is_answered_and_replaced_with_one_restart(
    paths: Paths,
    start_daemon: Callable[..., subprocess.Popen[bytes]],
    daemons: Callable[[], list[int]],
    until: Callable[..., Any],
    old_client: Path,
) -> None:
    copy = copies.copy_of(paths)
    copy.parent.mkdir(parents=True, mode=0o700)
    first = start_daemon()
    old_client.replace(copy)

    assert send(copy) == (0, b"", b"")

    assert first.wait(10) == 0
    until(lambda: (lifetime.holder(paths) or {}).get("started"))
    (second,) = daemons()
    # Of this version, or the script that stands in where there was no compiler.
    assert native.version_in(copy) in (client.VERSION, "")
    for _ in range(4):
        assert send(copy) == (0, b"", b"")
    until(lambda: len(eventlog.tail(paths.logs, 9)) == 5)
    assert daemons() == [second]


#: Stands for a directory that cannot be written; the tests may run as root.
REFUSE = """\
import os
replace = os.replace
def refuse(source, target, **more):
    if str(target).endswith("bin/hookwright-hook"):
        raise PermissionError(13, "Permission denied")
    replace(source, target, **more)
os.replace = refuse
"""


def test_a_copy_that_cannot_be_replaced_ends_no_daemon(
    paths: Paths,
    site: Path,
    start_daemon: Callable[..., subprocess.Popen[bytes]],
    daemons: Callable[[], list[int]],
    old_client: Path,
) -> None:
    (site / "sitecustomize.py").write_text(REFUSE)
    copy = copies.copy_of(paths)
    copy.parent.mkdir(parents=True, mode=0o700)
    old_client.replace(copy)
    first = start_daemon()

    ended = [send(copy) for _ in range(3)]

    assert ended == [(0, b"", b"")] * 3
    assert native.version_in(copy) == "0.0.9"
    assert daemons() == [first.pid]
    assert first.poll() is None


def test_an_update_makes_a_daemon_leave_that_nobody_tells(
    paths: Paths,
    start_daemon: Callable[..., subprocess.Popen[bytes]],
    tmp_path: Path,
) -> None:
    package = tmp_path / "hookwright"
    package.mkdir()
    root = Path(client.__file__).parents[2]
    for part in ("hookspecs", "plugins"):
        (package / part).symlink_to(root / part)
    shutil.copytree(root / "core", package / "core")
    daemon = start_daemon(PYTHONPATH=str(tmp_path))
    source = package / "core" / "service" / "client.py"

    source.write_text(source.read_text().replace(client.VERSION, "9.9.9", 1))

    assert daemon.wait(15) == 0
    assert "version 9.9.9 was installed" in daemon_log(paths)


def daemon_log(paths: Paths) -> str:
    return "".join(file.read_text() for file in paths.logs.glob("daemon*"))
