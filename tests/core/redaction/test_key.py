from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from hookwright.core.redaction import load_key


def test_the_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    first = load_key(tmp_path / "data")

    file = tmp_path / "data" / "redaction.key"
    assert len(first) == 32
    assert file.read_bytes() == first == load_key(tmp_path / "data")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert os.listdir(tmp_path / "data") == ["redaction.key"]


def test_processes_that_start_together_get_one_key(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path;"
        "from hookwright.core.redaction import load_key;"
        "print(load_key(Path(sys.argv[1])).hex())"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE
        )
        for _ in range(6)
    ]

    assert len({process.communicate()[0] for process in started}) == 1


def test_a_damaged_key_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "redaction.key").write_bytes(b"")

    key = load_key(tmp_path)

    assert len(key) == 32
    assert load_key(tmp_path) == key


def test_without_a_writable_directory_the_key_holds_for_the_process(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("not a directory")

    key = load_key(tmp_path / "file")

    assert len(key) == 32


def test_a_file_system_without_hard_links_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise OSError("not supported")

    monkeypatch.setattr(os, "link", no_links)

    assert load_key(tmp_path) == (tmp_path / "redaction.key").read_bytes()


def test_the_first_of_two_processes_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    winner = os.urandom(32)

    def late(source: str, target: str) -> None:
        Path(target).write_bytes(winner)
        raise FileExistsError

    monkeypatch.setattr(os, "link", late)

    assert load_key(tmp_path) == winner
