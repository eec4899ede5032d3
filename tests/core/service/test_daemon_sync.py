"""`store.durability = "sync"`: clients that come at once share the disk's work."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.paths import Paths
from hookwright.core.service import lifetime, wire

Until = Callable[..., Any]
_CLIENTS, _EACH = 24, 8


def event(kind: str, text: str = "", session: str = "s1") -> dict[str, str]:
    return {"event": kind, "text": text, "session": session}


@pytest.fixture
def syncs(paths: Paths, site: Path, tmp_path: Path, until: Until) -> Iterator[Path]:
    """Run a daemon on a disk whose every sync takes 20 ms; give the list of them."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed")
    report = tmp_path / "syncs"
    command = [strace, "-f", "--seccomp-bpf", "-qq", "-o", str(report)]
    command += ["-e", "trace=fdatasync", "-e", "inject=fdatasync:delay_enter=20000"]
    command += [sys.executable, "-P", "-m", "hookwright.core.service.daemon"]
    environment = {
        **os.environ,
        "PYTHONPATH": str(site),
        "HOOKWRIGHT__STORE__DURABILITY": "sync",
        # A busy machine is no reason to answer without having kept the event.
        "HOOKWRIGHT__SERVICE__ANSWER_TIMEOUT": "5",
    }
    process = subprocess.Popen(command, env=environment, start_new_session=True)
    until(lambda: (lifetime.holder(paths) or {}).get("started"))
    yield report
    lifetime.end(paths)
    assert process.wait(10) == 0


def test_clients_at_once_share_syncs(syncs: Path, ask: Callable[..., bytes]) -> None:
    ask(event("after", "warm"), flags="o")
    before = count(syncs)

    def send(client: int) -> int:
        answers = [
            ask(event("after", f"t{number}", f"s{client}"), flags="o", timeout=60)
            for number in range(_EACH)
        ]
        return sum(answer[5] == wire.DONE for answer in answers)

    with ThreadPoolExecutor(_CLIENTS) as pool:
        acknowledged = sum(pool.map(send, range(_CLIENTS)))
    during = count(syncs) - before

    # On a busy machine some are told to go another way. One by one, each of the
    # others would take a sync before its answer and another one for its records.
    assert acknowledged > _CLIENTS * _EACH / 2
    assert 0 < during < acknowledged / 2, (during, acknowledged)


def count(report: Path) -> int:
    return sum("fdatasync(" in line for line in report.read_text().splitlines())
