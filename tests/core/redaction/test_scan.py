from __future__ import annotations

import os
import socket
import subprocess
import sys
import tracemalloc
from pathlib import Path

import lmdb
import pytest

from hookwright.core.api import Finding, scan_bytes, scan_text, scan_tree
from hookwright.core.paths import Paths
from hookwright.core.redaction import scan as module
from hookwright.core.service.lifetime import make_run_directory
from hookwright.core.service.locks import InstanceLock, StartLock

TOKEN = "gh" + "p_" + "a1B2c3D4e5" * 4
LINE = "some words of a very long log\n"


def test_rule_and_line_are_told_and_never_the_secret() -> None:
    text = f"one\ntwo {TOKEN}\n\nPASSWORD=" + "hunter22\n"

    found = scan_text(text)

    assert found == [Finding("github-token", 2), Finding("password", 4)]
    assert TOKEN not in repr(found)


def test_a_clean_text_has_none() -> None:
    assert scan_text("nothing here\n" * 9) == []
    assert scan_bytes(b"") == []


def test_known_values_are_found_wherever_they_stand() -> None:
    known = {"blue-" + "lagoon-7": "DB"}

    assert scan_text("x\nblue-" + "lagoon-7", known=known) == [Finding("env-value", 2)]
    assert scan_text("x\nblue-" + "lagoon-7") == []


@pytest.mark.parametrize("place", range(0, 400_000, 37_777))
def test_a_secret_is_found_once_wherever_windows_meet(place: int) -> None:
    lines = place // len(LINE)
    text = LINE * lines + TOKEN + "\n" + LINE * 3000

    assert scan_text(text) == [Finding("github-token", lines + 1)]


def test_a_long_line_is_looked_through_too() -> None:
    text = "x y" * 100_000 + f" {TOKEN} " + "x y" * 100_000

    assert scan_text(text) == [Finding("github-token", 1)]


def test_a_private_key_across_two_windows_is_one_find() -> None:
    wall = "PRIVATE" + " KEY-----"
    key = f"-----BEGIN {wall}\n" + ("Ab1" * 20 + "\n") * 50 + f"-----END {wall}\n"
    for lines in range(4000, 5800, 97):
        text = LINE * lines + key + LINE * 2000

        assert scan_text(text) == [Finding("private-key", lines + 2)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_texts_of_all_encodings_are_read(encoding: str) -> None:
    data = f"first\nzweite Zeile für {TOKEN}\n".encode(encoding)

    assert scan_bytes(data) == [Finding("github-token", 2)]


def test_what_is_no_text_is_read_as_bytes(tmp_path: Path) -> None:
    with lmdb.open(str(tmp_path / "store"), max_dbs=2) as environment:
        database = environment.open_db(b"records")
        with environment.begin(write=True) as txn:
            for number in range(50):
                txn.put(b"%d" % number, b'\x01{"text":"all is well"}' * 40, db=database)
            txn.put(b"x", f'\x01{{"text":"use {TOKEN}"}}'.encode(), db=database)

    found = list(scan_tree(tmp_path))

    assert {(each.rule, each.file) for each in found} == {
        ("github-token", os.path.join("store", "data.mdb"))
    }


def test_a_deleted_record_is_found_in_a_freed_page(tmp_path: Path) -> None:
    with lmdb.open(str(tmp_path)) as environment:
        with environment.begin(write=True) as txn:
            txn.put(b"x", b" " * 5000 + TOKEN.encode() + b" " * 5000)
        with environment.begin(write=True) as txn:
            txn.delete(b"x")

    assert [each.rule for each in scan_tree(tmp_path)] == ["github-token"]


def test_a_tree_is_walked_in_order_without_what_is_not_the_projects(
    tmp_path: Path,
) -> None:
    for name in ("b/two.txt", "a/one.txt", ".git/x", "node_modules/x", "three.log"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"\n{TOKEN}")
    (tmp_path / "link.txt").symlink_to(tmp_path / "three.log")
    os.mkfifo(tmp_path / "pipe")
    told: list[str] = []
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.fspath(tmp_path / "socket"))
        found = list(scan_tree(tmp_path, skipped=lambda path, _: told.append(path)))

    assert told == []

    assert [each.file for each in found] == ["three.log", "a/one.txt", "b/two.txt"]
    assert {(each.rule, each.line) for each in found} == {("github-token", 2)}
    assert len(list(scan_tree(tmp_path, exclude=()))) == 5


def test_one_file_can_be_scanned(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text(TOKEN)

    assert list(scan_tree(file)) == [Finding("github-token", 1, "notes.txt")]


def test_what_is_not_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "large.log").write_text(LINE * 100)
    (tmp_path / "gone").mkdir()
    told: list[tuple[str, str]] = []

    found = list(
        scan_tree(tmp_path, largest=99, skipped=lambda *each: told.append(each))
    )
    missing = list(scan_tree(tmp_path / "no", skipped=lambda *each: told.append(each)))

    assert found == missing == []
    assert told == [
        ("large.log", "3000 bytes; read are up to 99"),
        ("no", "No such file or directory"),
    ]


def test_memory_does_not_grow_with_a_file(tmp_path: Path) -> None:
    file = tmp_path / "long.log"
    file.write_text(LINE * 200_000)
    list(scan_tree(tmp_path))  # compiles what it needs

    tracemalloc.start()
    try:
        assert list(scan_tree(tmp_path)) == []
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert file.stat().st_size > 5_000_000
    assert peak < 20 * module._BLOCK


def test_a_scan_takes_nobodys_locks_away(tmp_path: Path) -> None:
    paths = Paths(tmp_path / "data", tmp_path / "config")
    make_run_directory(paths)
    locks = InstanceLock(paths), StartLock(paths)
    assert locks[0].acquire(0.0)
    locks[1].acquire()
    taken = (
        "import fcntl, sys\n"
        "for path in sys.argv[1:]:\n"
        "    try:\n"
        "        fcntl.lockf(open(path, 'r+'), fcntl.LOCK_EX | fcntl.LOCK_NB)\n"
        "        print(path)\n"
        "    except OSError:\n"
        "        pass\n"
    )
    names = [str(paths.run / "daemon.lock"), str(paths.run / "start.lock")]

    assert list(scan_tree(paths.data)) == []

    done = subprocess.run(
        [sys.executable, "-c", taken, *names],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""
    for lock in locks:
        lock.release()
