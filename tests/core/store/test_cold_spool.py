from __future__ import annotations

import fcntl
import os
import resource
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from hookwright.core.store import cold_spool
from hookwright.core.store.cold_spool import (
    append_cold,
    cold_name,
    is_shared,
    mark_synced,
    seal,
    write_whole,
)
from hookwright.core.store.frames import decode_delivery, read_frames


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a spool folder that does not exist yet."""
    return tmp_path / "spool"


def deliveries(path: Path) -> list[tuple[str, bytes]]:
    frames = read_frames(path.read_bytes())
    return [decode_delivery(frame.payload)[1:] for frame in frames]


def test_deliveries_of_one_session_share_a_file(folder: Path) -> None:
    append_cold(folder, "session", "a", b"1")
    append_cold(folder, "session", "b", b"2")
    append_cold(folder, "other", "c", b"3")

    path = folder / cold_name("session")
    assert deliveries(path) == [("a", b"1"), ("b", b"2")]
    assert len(list(folder.iterdir())) == 2
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_session_key_cannot_leave_the_folder() -> None:
    name = cold_name("../../etc/passwd\0" + "x" * 500)

    assert "/" not in name
    assert "\0" not in name
    assert len(name) < 80
    assert cold_name("a/b") != cold_name("a_b")


def test_it_needs_the_standard_library_only() -> None:
    code = (
        "import sys; before = set(sys.modules); "
        "from hookwright.core.store.cold_spool import append_cold; "
        "heavy = {'lmdb', 'pydantic', 'logging', 'json', 'hookwright.hookspecs'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert found.stdout.strip() == "[]"


def test_a_file_that_was_renamed_meanwhile_is_left_alone(folder: Path) -> None:
    append_cold(folder, "s", "a", b"1")
    path = folder / cold_name("s")
    held = os.open(path, os.O_RDWR)
    fcntl.flock(held, fcntl.LOCK_EX)
    writer = threading.Thread(target=append_cold, args=(folder, "s", "b", b"2"))
    writer.start()
    sealed = Path(seal(str(path)))
    os.close(held)
    writer.join()

    assert deliveries(sealed) == [("a", b"1")]
    assert deliveries(path) == [("b", b"2")]
    assert is_shared(path.name)
    assert not is_shared(sealed.name)


def test_nothing_is_appended_behind_a_torn_frame(folder: Path) -> None:
    append_cold(folder, "s", "a", b"1")
    path = folder / cold_name("s")
    path.write_bytes(path.read_bytes() + b"\x40\0\0\0torn")
    append_cold(folder, "s", "b", b"2")

    assert deliveries(path) == [("b", b"2")]
    (sealed,) = [item for item in folder.iterdir() if item != path]
    assert deliveries(sealed) == [("a", b"1")]


def test_a_large_file_is_sealed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cold_spool, "SEAL_SIZE", 100)
    for number in range(4):
        append_cold(folder, "s", f"{number}", b"x" * 60)

    assert len(list(folder.iterdir())) > 1
    found = [item for path in folder.iterdir() for item in deliveries(path)]
    assert sorted(name for name, _ in found) == ["0", "1", "2", "3"]


def test_a_link_is_not_followed(folder: Path) -> None:
    folder.mkdir()
    target = folder / "precious"
    target.write_text("")
    (folder / cold_name("s")).symlink_to(target)

    with pytest.raises(OSError, match="symbolic links"):
        append_cold(folder, "s", "a", b"1")

    assert target.read_text() == ""


def test_a_full_disk_leaves_nothing_of_the_frame(
    folder: Path, in_child: Callable[[Callable[[], object]], int]
) -> None:
    append_cold(folder, "s", "a", b"1")
    path = folder / cold_name("s")
    size = path.stat().st_size

    def fill() -> None:
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 50, size + 50))
        try:
            append_cold(folder, "s", "b", b"x" * 500)
        except OSError:
            return
        raise AssertionError("it was written")

    assert in_child(fill) == 0
    assert path.stat().st_size == size


def test_a_short_write_is_finished_or_taken_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.mkdir()
    path = folder / "file"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, data[:3]))

    write_whole(descriptor, b"abcdef", 0)
    with pytest.raises(OSError, match="No space"):
        write_whole(descriptor, b"ghijklmnop", 6)

    monkeypatch.undo()
    os.close(descriptor)
    assert path.read_bytes() == b"abcdef"


def test_an_append_is_synced_where_the_store_asks_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[bool] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(stat.S_ISDIR(os.fstat(descriptor).st_mode))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    spool = tmp_path / "spool"
    append_cold(spool, "session", "1", b"")
    assert synced == []
    mark_synced(spool, True)
    mark_synced(spool, True)
    assert synced == [True, True]
    synced.clear()
    append_cold(spool, "session", "2", b"")
    append_cold(spool, "another", "3", b"")
    assert synced == [False, False, True]
    synced.clear()
    mark_synced(spool, False)
    mark_synced(spool, False)
    append_cold(spool, "session", "4", b"")
    assert synced == []


def test_a_spool_that_others_can_write_to_gets_nothing(tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    spool.chmod(0o777)
    with pytest.raises(PermissionError, match="not yours alone"):
        append_cold(spool, "session", "1", b"")

    assert list(spool.iterdir()) == []


def test_nothing_is_appended_behind_a_hole(folder: Path) -> None:
    # A power cut may take a block out of the middle of a file.
    append_cold(folder, "session", "1", b"x" * 100)
    append_cold(folder, "session", "2", b"y" * 100)
    (path,) = folder.iterdir()
    data = path.read_bytes()
    path.write_bytes(data[:90] + bytes(20) + data[110:])
    append_cold(folder, "session", "3", b"z")

    assert len(list(folder.iterdir())) == 2
    found = [read_frames(each.read_bytes()) for each in folder.iterdir()]
    payloads = [decode_delivery(frame.payload)[1] for each in found for frame in each]
    assert payloads == ["3"]
