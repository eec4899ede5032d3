from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hookwright.core.clock import Clock
from hookwright.core.errors import StoreError, StoreFullError
from hookwright.core.store import spool as module
from hookwright.core.store.frames import OPERATIONS, decode_header, read_frames
from hookwright.core.store.locks import try_lock
from hookwright.core.store.spool import Spool


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    made = Spool(tmp_path / "spool", Clock())
    yield made
    made.close()


def payloads(path: Path) -> list[bytes]:
    return [frame.payload for frame in read_frames(path.read_bytes())]


def files(spool: Spool) -> list[Path]:
    return sorted(segment.path for segment in spool._segments)


def test_frames_go_to_one_locked_file_of_this_owner(spool: Spool) -> None:
    spool.append(OPERATIONS, b"1")
    spool.append(OPERATIONS, b"2")

    (path,) = files(spool)
    header = decode_header(path.read_bytes())
    assert header == (path.stem, spool.owner)
    assert payloads(path) == [b"1", b"2"]
    assert spool.size == path.stat().st_size
    assert spool.names == {path.name}
    descriptor = os.open(path, os.O_RDWR)
    assert not try_lock(descriptor)
    os.close(descriptor)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_sealed_file_stays_until_it_is_discarded(spool: Spool) -> None:
    spool.append(OPERATIONS, b"1")
    sealed = spool.seal()
    spool.append(OPERATIONS, b"2")
    assert len(files(spool)) == 2

    spool.discard(sealed)

    (path,) = files(spool)
    assert payloads(path) == [b"2"]
    assert list(path.parent.iterdir()) == [path]


def test_closing_leaves_the_files_unlocked(spool: Spool) -> None:
    spool.append(OPERATIONS, b"1")
    (path,) = files(spool)
    spool.close()

    descriptor = os.open(path, os.O_RDWR)
    assert try_lock(descriptor)
    os.close(descriptor)
    assert payloads(path) == [b"1"]


def test_a_full_disk_is_named_and_leaves_whole_frames(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool.append(OPERATIONS, b"1")
    (path,) = files(spool)
    real = os.write

    def write(descriptor: int, data: bytes) -> int:
        if len(data) < 20:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(descriptor, data[:-10])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write)
        with pytest.raises(StoreFullError, match="No space left"):
            spool.append(OPERATIONS, b"x" * 100)
    spool.append(OPERATIONS, b"2")

    assert payloads(path) == [b"1"]
    assert [payloads(item) for item in files(spool)] == [[b"1"], [b"2"]]


def test_a_file_that_cannot_be_made_is_an_error_and_leaves_nothing(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(descriptor: int, data: bytes) -> int:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write)
        with pytest.raises(StoreError, match="Input/output"):
            spool.append(OPERATIONS, b"1")

    assert list(spool._folder.iterdir()) == []


def test_a_frame_that_is_too_large_is_an_error(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hookwright.core.store.frames.MAX_PAYLOAD", 5)
    with pytest.raises(StoreError, match="do not fit"):
        spool.append(OPERATIONS, b"123456")


def test_after_a_failed_sync_the_frame_is_written_to_a_new_file(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def sync(descriptor: int) -> None:
        asked.append(descriptor)
        if len(asked) == 1:
            raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(module, "sync_data", sync)
    ticket = spool.append(OPERATIONS, b"1")
    spool.sync(ticket)

    assert len(set(asked)) == 2
    assert [payloads(path) for path in files(spool)] == [[b"1"], [b"1"]]


def test_a_disk_that_refuses_every_sync_is_an_error(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sync(descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(module, "sync_data", sync)
    ticket = spool.append(OPERATIONS, b"1")
    with pytest.raises(StoreError, match="Input/output"):
        spool.sync(ticket)


def test_threads_that_commit_at_once_share_a_sync(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    asked: list[int] = []

    def sync(descriptor: int) -> None:
        asked.append(descriptor)
        begun.set()
        go_on.wait(10)

    monkeypatch.setattr(module, "sync_data", sync)
    first = spool.append(OPERATIONS, b"0")
    threads = [threading.Thread(target=spool.sync, args=(first,))]
    threads[0].start()
    begun.wait(10)
    for number in range(1, 9):
        ticket = spool.append(OPERATIONS, b"%d" % number)
        threads.append(threading.Thread(target=spool.sync, args=(ticket,)))
        threads[-1].start()
    go_on.set()
    for thread in threads:
        thread.join()

    assert len(asked) == 2


def test_what_is_in_the_store_already_needs_no_sync(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = spool.append(OPERATIONS, b"1")
    spool.discard(spool.seal())
    monkeypatch.setattr(module, "sync_data", pytest.fail)

    spool.sync(ticket)


def test_sync_reaches_the_disk(spool: Spool) -> None:
    ticket = spool.append(OPERATIONS, b"1")
    spool.sync(ticket)
    assert ticket.segment._synced == ticket.end


class BadDisk:
    """A disk that refuses the first sync, and says when it is asked."""

    def __init__(self, answers: int) -> None:
        self.asked: list[int] = []
        self.begun, self.go_on = threading.Event(), threading.Event()
        self._refusals = answers

    def sync(self, descriptor: int) -> None:
        self.asked.append(os.fstat(descriptor).st_ino)
        self.begun.set()
        self.go_on.wait(10)
        if len(self.asked) <= self._refusals:
            raise OSError(errno.EIO, "Input/output error")


def test_no_thread_asks_again_after_a_failed_sync(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The kernel reports a failed write back once; a second sync would "succeed".
    disk = BadDisk(1)
    monkeypatch.setattr(module, "sync_data", disk.sync)
    threads = []
    for number in range(8):
        ticket = spool.append(OPERATIONS, b"%d" % number)
        threads.append(threading.Thread(target=spool.sync, args=(ticket,)))
    for thread in threads:
        thread.start()
    disk.begun.wait(10)
    disk.go_on.set()
    for thread in threads:
        thread.join()

    first, second = files(spool)
    assert disk.asked.count(first.stat().st_ino) == 1
    assert sorted(payloads(second)) == sorted(payloads(first))


@pytest.mark.parametrize("folded", [True, False])
def test_a_frame_is_not_written_again_behind_a_fold(
    spool: Spool, monkeypatch: pytest.MonkeyPatch, folded: bool
) -> None:
    disk = BadDisk(1)
    monkeypatch.setattr(module, "sync_data", disk.sync)
    ticket = spool.append(OPERATIONS, b"1")
    (path,) = files(spool)
    thread = threading.Thread(target=spool.sync, args=(ticket,))
    thread.start()
    disk.begun.wait(10)
    sealed = spool.seal()
    disk.go_on.set()
    thread.join(0.05)
    assert thread.is_alive()
    assert files(spool) == [path]
    if folded:
        spool.discard(sealed)
    else:
        spool.keep(sealed)
    thread.join()

    found = [payloads(item) for item in files(spool)]
    assert found == ([] if folded else [[b"1"], [b"1"]])


def test_the_name_of_a_file_is_brought_to_the_disk_too(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(module, "sync_folder", synced.append)
    for number in range(3):
        spool.sync(spool.append(OPERATIONS, b"%d" % number))

    assert synced == [spool._folder, spool._folder.parent]


def test_a_file_that_cannot_be_removed_stays_for_the_next_time(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    spool.append(OPERATIONS, b"1")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        spool.discard(spool.seal())
    assert len(files(spool)) == 1

    spool.discard(spool.seal())
    assert files(spool) == []
