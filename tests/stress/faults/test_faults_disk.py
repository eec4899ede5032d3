"""A disk that is full, refuses a sync, or gives back something else than was written.

Each ordeal runs in a child process: it may end it, and must not end the tests.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import os
import re
import resource
import shutil
import signal
import traceback
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from hookwright.core.errors import StoreDamagedError, StoreError, StoreFullError
from hookwright.core.paths import Paths

if TYPE_CHECKING:
    from tests.stress.faults.conftest import Bench, Pages, Strace

#: linux/sched.h and linux/mount.h.
_CLONE_NEWNS, _MS_REC, _MS_PRIVATE = 0x20000, 0x4000, 0x40000
_MEGABYTE = 2**20


def in_child(work: Callable[[], object]) -> int:
    """Return the exit code of work in a child; negative: the signal that ended it."""
    child = os.fork()
    if not child:
        status = 1
        faulthandler.disable()  # an abort is a result here, and no news
        try:
            work()
            status = 0
        except BaseException:  # noqa: BLE001 - a child must not go on as pytest
            traceback.print_exc()
        os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def fill(pages: Pages, paths: Paths, make_room: Callable[[], None]) -> None:
    """Record until nothing more fits; then make room and go on."""
    store = pages.open(paths)
    kept: list[str] = []
    for number in range(10_000):
        name = f"{number}"
        try:
            store.accept(name, os.urandom(3000))
            pages.add(store, name)
        except StoreFullError:
            break
        kept.append(name)
    assert 10 < len(kept) < 5000
    # A flush may or may not fit; what it does not write stays.
    with contextlib.suppress(StoreError):
        store.flush("push")
    for path in paths.spool.glob("*.spool"):
        assert pages.is_whole(path), path
    make_room()
    pages.add(store, "after")
    store.flush("push")
    assert pages.counted(store) == {*kept, "after"}
    assert store.check().ok
    store.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_disk_of_one_megabyte_that_is_full_loses_nothing(
    pages: Pages, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()

    def work() -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        # A mount of this child's own: it goes with it.
        if libc.unshare(_CLONE_NEWNS) or libc.mount(
            b"none", b"/", None, _MS_REC | _MS_PRIVATE, None
        ):
            os._exit(77)
        options = b"size=2m,mode=0700"
        if libc.mount(b"none", bytes(disk), b"tmpfs", 0, options):
            os._exit(77)
        filler = disk / "filler"
        filler.write_bytes(bytes(_MEGABYTE))
        fill(pages, Paths(data=disk / "data", config=disk), filler.unlink)

    status = in_child(work)
    if status == 77:
        pytest.skip("this machine lets nobody mount anything")
    assert status == 0


def test_a_limit_on_the_size_of_files_loses_nothing(
    pages: Pages, tmp_path: Path
) -> None:
    def work() -> None:
        limit = 300_000
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))

        def make_room() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))

        fill(pages, Paths(data=tmp_path / "data", config=tmp_path), make_room)

    assert in_child(work) == 0


def test_a_file_whose_sync_failed_is_never_asked_again(
    bench: Bench, strace: Strace
) -> None:
    paths = bench.empty()
    outcome = bench.run(
        paths,
        "sync",
        lambda pid: strace.watching(
            pid,
            "-y",
            *("-e", "trace=fdatasync,sendto"),
            *("-e", "inject=fdatasync:error=EIO:when=3"),
        ),
    )
    calls = strace.log.read_text()
    refused = re.search(r"fdatasync\(\d+<(.*?)>\) += -1 EIO", calls)

    assert outcome.status == 0
    assert refused is not None
    assert refused[1].endswith(".spool")
    behind = calls[refused.end() :]
    synced = re.search(r"fdatasync\(\d+<(.*?)>\) += 0", behind)
    assert synced is not None
    # Nothing was acknowledged before another file had it.
    assert synced.start() < behind.index("sendto")
    assert synced[1].endswith(".spool")
    assert f"<{refused[1]}>" not in behind
    bench.check(paths, outcome, unfinished=0, left=set())


def make_damaged(data: Path, how: str, source: Random, used: int) -> None:
    """Flip a bit, or fill a page, behind the two pages that LMDB begins with."""
    with data.open("r+b") as file:
        place = source.randrange(2 * 4096, used)
        if how == "bit":
            file.seek(place)
            byte = file.read(1)[0] ^ 1 << source.randrange(8)
            file.seek(place)
            file.write(bytes([byte]))
        else:
            file.seek(place // 4096 * 4096)
            file.write(source.randbytes(4096))


@pytest.mark.parametrize(("how", "trials"), [("bit", 30), ("page", 15)])
def test_what_a_disk_spoils_is_never_given_out(
    pages: Pages, tmp_path: Path, how: str, trials: int
) -> None:
    source = Random(20261121)
    paths = Paths(data=tmp_path / "data", config=tmp_path)
    store = pages.open(paths)
    names = {f"{number:04}" for number in range(300)}
    for name in sorted(names):
        pages.add(store, name)
    store.flush("push")
    used = store._environment.used_bytes()
    store.close()
    whole = tmp_path / "whole"
    shutil.copytree(paths.data, whole)

    def look() -> None:
        for _ in range(2):
            with pages.open(paths) as store:
                # Both compare what they find with what was written.
                found = {name for name in names if pages.read(store, name)}
                try:
                    found &= pages.counted(store)
                except StoreDamagedError:
                    assert not store.check().ok
                    continue
                # Where something is missing, a check says so, or it was rebuilt.
                assert found == names or store.notes or not store.check().ok
                return
        raise AssertionError("a store that is known to be damaged was not rebuilt")

    for _ in range(trials):
        make_damaged(paths.store / "data.mdb", how, source, used)
        # LMDB may end a process that meets such a page; the next one knows better.
        status = in_child(look)
        if status == -signal.SIGABRT or status == -signal.SIGSEGV:
            status = in_child(look)
        assert status == 0
        shutil.rmtree(paths.data)
        shutil.copytree(whole, paths.data)


def test_what_many_recover_at_once_counts_once(pages: Pages, tmp_path: Path) -> None:
    paths = Paths(data=tmp_path / "data", config=tmp_path)

    def die() -> None:
        store = pages.open(paths)
        for number in range(200):
            pages.add(store, f"{os.getpid()}-{number}")
        os._exit(0)

    def recover() -> None:
        with pages.open(paths, 60) as store:
            store.recover()

    for _ in range(5):
        assert in_child(die) == 0
    children = []
    for _ in range(8):
        child = os.fork()
        if not child:
            os._exit(in_child(recover))
        children.append(child)
    for child in children:
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

    with pages.open(paths) as store:
        assert store.recover().spools == 0
        assert len(pages.counted(store)) == 1000


def test_of_fifty_writers_at_once_ten_are_killed_and_nothing_is_lost(
    pages: Pages, tmp_path: Path
) -> None:
    paths = Paths(data=tmp_path / "data", config=tmp_path)
    pages.open(paths).close()

    def write(number: int) -> None:
        store = pages.open(paths, 60)
        for each in range(20):
            pages.add(store, f"{number}-{each}")
        if number % 5 == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        store.flush("session_end")
        store.close()

    children = {}
    for number in range(50):
        child = os.fork()
        if not child:
            os._exit(in_child(lambda number=number: write(number)))  # type: ignore[misc]
        children[child] = number
    for child, number in children.items():
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert status == (256 - signal.SIGKILL if number % 5 == 0 else 0)
    with pages.open(paths) as store:
        store.recover()
        assert len(pages.counted(store)) == 1000
        assert store.check().ok
