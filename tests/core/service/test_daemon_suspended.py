"""A daemon that is stopped for a while (SIGSTOP, a sleeping laptop) and goes on."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.paths import PROJECT_CONFIG_FILE

Until = Callable[..., Any]
StartDaemon = Callable[..., "subprocess.Popen[bytes]"]
RunClient = Callable[..., "subprocess.CompletedProcess[bytes]"]


def event(kind: str, text: str, session: str) -> dict[str, str]:
    return {"event": kind, "text": text, "session": session}


@pytest.mark.parametrize("project_file", [False, True])
def test_clients_are_answered_meanwhile_and_nothing_counts_twice(
    start_daemon: StartDaemon,
    run_client: RunClient,
    seen_in: Callable[[str], Any],
    tell: Callable[..., Any],
    until: Until,
    site: Path,
    tmp_path: Path,
    project_file: bool,
) -> None:
    # A project's own file makes the path without a daemon take the whole program.
    if project_file:
        (tmp_path / PROJECT_CONFIG_FILE).write_text("")
    process = start_daemon(HOOKWRIGHT__STORE__FLUSH_SECONDS="0.5")

    def send(kind: str, text: str, session: str) -> subprocess.CompletedProcess[bytes]:
        words = ("sample", kind, *(["--observe"] if kind == "after" else []))
        stdin = event(kind, text, session)
        return run_client(*words, stdin=stdin, site=site, cwd=tmp_path)

    assert b"deny" in send("before", "forbidden", "first").stdout
    process.send_signal(signal.SIGSTOP)
    sent = [("before", "forbidden", "gate"), ("before", "ls", "gate")]
    sent += [("after", "one", "record"), ("after", "two", "record")]
    sent += [("push", "", "flush")]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda words: send(*words), sent))
    process.send_signal(signal.SIGCONT)

    assert [found.returncode for found in answers] == [0] * len(sent)
    assert json.loads(answers[0].stdout)["outcome"] == "deny"
    # A machine that is too busy to ask the plugins in time answers by their policy.
    assert answers[1].stdout == b"" or b"took too long" in answers[1].stderr
    assert process.poll() is None
    # What they left in the spool is taken over, and what they had sent is read now.
    until(lambda: tell("status")["events"] == 1 + len(sent))
    until(lambda: seen_in("flush")["count"] >= 1)
    until(lambda: seen_in("record")["count"] >= 2)
    tell("flush")
    tell("flush")
    counts = {name: seen_in(name)["count"] for name in ("gate", "record", "flush")}
    assert counts == {"gate": 2, "record": 2, "flush": 1}
    assert tell("stats")["inbox"] == 0
