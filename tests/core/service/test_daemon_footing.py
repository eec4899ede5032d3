"""What a daemon stands on is removed, replaced, or left over from a dead one."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.paths import Paths
from hookwright.core.service import lifetime
from hookwright.core.service.locks import owner_of
from hookwright.core.store import Store

Until = Callable[..., Any]
StartDaemon = Callable[..., "subprocess.Popen[bytes]"]
RunClient = Callable[..., "subprocess.CompletedProcess[bytes]"]


def event(kind: str, text: str = "", session: str = "s1") -> dict[str, str]:
    return {"event": kind, "text": text, "session": session}


def test_a_daemon_leaves_when_its_data_directory_is_removed(
    paths: Paths, start_daemon: StartDaemon, ask: Callable[..., bytes], until: Until
) -> None:
    process = start_daemon()
    ask(event("after", "gone"), flags="o")

    shutil.rmtree(paths.data, ignore_errors=True)

    assert process.wait(15) == 0
    # Nothing of the old one comes back.
    assert not paths.store.exists()
    second = start_daemon()
    ask(event("after", "new"), flags="o")
    assert owner_of(paths.run / "daemon.lock") == second.pid


def test_a_daemon_leaves_a_directory_that_was_put_in_its_place_alone(
    paths: Paths,
    start_daemon: StartDaemon,
    ask: Callable[..., bytes],
    tell: Callable[..., Any],
    until: Until,
) -> None:
    first = start_daemon()
    ask(event("after", "one"), flags="o")
    tell("flush")
    ask(event("after", "two"), flags="o")
    until(lambda: tell("stats")["buffered_operations"] > 0)
    # A person puts a copy in place of the directory, with the daemon running.
    aside = paths.data.with_name("aside")
    paths.data.rename(aside)
    shutil.copytree(aside, paths.data, ignore=shutil.ignore_patterns("*.sock"))
    second = start_daemon()

    assert first.wait(15) == 0

    assert lifetime.is_listening(paths)
    assert tell("ping")["pid"] == second.pid
    # The copy had all that was acknowledged, and the first one changed nothing in it.
    tell("flush")
    second.terminate()
    assert second.wait(10) == 0
    for data in (paths.data, aside):
        with closing(Store.open(paths._replace(data=data))) as store:
            store.recover()
            assert store.check().problems == ()
            assert store.stats().records["seen"] == 1


def test_a_daemon_whose_socket_was_removed_makes_room_for_another(
    paths: Paths,
    start_daemon: StartDaemon,
    ask: Callable[..., bytes],
    daemons: Callable[[], list[int]],
) -> None:
    first = start_daemon()
    ask(event("after", "kept"), flags="o")
    (paths.run / lifetime.SOCKET).unlink()

    lifetime.start(paths, dict(os.environ))

    assert first.wait(10) == 0
    assert len(daemons()) == 1
    assert lifetime.end(paths)
    with closing(Store.open(paths)) as store:
        assert store.stats().records["seen"] == 1


@pytest.mark.parametrize("text", ["", "{no json", '{"pid": 1}', "\0" * 5000])
def test_what_a_dead_daemon_left_hinders_nobody(
    paths: Paths,
    start_daemon: StartDaemon,
    run_client: RunClient,
    ask: Callable[..., bytes],
    text: str,
) -> None:
    first = start_daemon()
    ask(event("after", "one"), flags="o")
    first.kill()
    first.wait()
    assert (paths.run / lifetime.SOCKET).exists()
    (paths.run / "daemon.lock").write_text(text)
    (paths.run / "start.lock").write_text(text)
    (paths.run / "daemon.sock.new").write_text(text)
    (paths.run / "answer_timeout").unlink(missing_ok=True)
    (paths.run / "answer_timeout").symlink_to("no number")

    assert lifetime.holder(paths) is None
    assert not lifetime.end(paths)
    second = start_daemon()

    holder = lifetime.holder(paths)
    assert holder is not None
    assert (holder["pid"], holder["version"] != "") == (second.pid, True)
    assert ask(event("before", "forbidden"))


def test_a_run_directory_on_a_long_path_is_served(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    run_client: RunClient,
    until: Until,
) -> None:
    # The address of a unix socket holds 107 bytes.
    data = tmp_path.joinpath(*["a-directory-with-a-long-name"] * 8) / "data"
    assert len(os.fsencode(data)) > 200
    monkeypatch.setenv("HOOKWRIGHT_DATA_DIR", str(data))
    paths = Paths(data, tmp_path / "config")
    stop = {"session_id": "s", "cwd": "/", "hook_event_name": "Stop"}
    try:
        pid = lifetime.start(paths, dict(os.environ))
        found = run_client("claude-code", "Stop", "--observe", stdin=stop)

        assert (found.returncode, found.stderr) == (0, b"")
        assert owner_of(paths.run / "daemon.lock") == pid
    finally:
        assert lifetime.end(paths) == pid
