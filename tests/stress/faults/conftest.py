"""A process that works on a store, what is done to it, and what must be left.

The work is the same each time: deliveries are accepted and committed, flushed,
recovered from dead processes and from cold files; the store is backed up and
compacted. What was acknowledged is told on a socket (`sendto`), so that no `write` in
a trace is one of the test's own.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import traceback
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

import pytest

from hookwright.core.errors import StoreDamagedError, StoreError
from hookwright.core.paths import Paths
from hookwright.core.store import Store, StoreOptions, append_cold
from hookwright.core.store.frames import HEADER_SIZE, read_frames
from hookwright.hookspecs import Merge, Record, RecordType

Durability = Literal["spool", "sync", "memory"]
#: System calls that change what is on a disk, or who may.
CHANGING = {
    *("openat", "write", "pwrite64", "pwritev", "writev", "ftruncate", "chmod"),
    *("rename", "unlink", "unlinkat", "rmdir", "mkdir", "fsync", "fdatasync"),
    *("msync", "flock", "sendfile", "copy_file_range"),
}
#: Exit code of work that failed although the disk was well again.
UNHEALED = 5
#: linux/prctl.h: any process may trace this one (Yama lets only parents).
_PR_SET_PTRACER = 0x59616D61


class Page(Record):
    name: str
    text: str = ""
    seen: int = 0


PAGES = RecordType(
    name="pages",
    model=Page,
    key=lambda page: (page.name,),
    merge={"seen": Merge.SUM},
    indexes={"text": lambda page: page.text[:8] or None},
)


class Pages:
    """What a test does to a store of the work's, and reads from it."""

    @staticmethod
    def open(paths: Paths, lock_timeout: float = 2.0) -> Store:
        """Open a store with one record type; timeout in seconds."""
        return open_pages(paths, lock_timeout=lock_timeout)

    @staticmethod
    def add(store: Store, name: str) -> None:
        """Write one record, and count it in another."""
        add(store, name)

    @staticmethod
    def read(store: Store, name: str) -> Page | None:
        """Return a record, None where it is missing or known to be damaged."""
        try:
            page = store.stage().get(PAGES, name)
        except StoreDamagedError:
            return None
        assert page is None or (page.name, page.text) == (name, text_of(name))
        return page

    @staticmethod
    def counted(store: Store) -> set[str]:
        """Return the names of the records; each must be there once."""
        pages = list(store.stage().scan(PAGES))
        assert all(page.text == text_of(page.name) for page in pages)
        seen = {page.name: page.seen for page in pages if page.name != "all"}
        assert set(seen.values()) <= {1}
        return set(seen)

    @staticmethod
    def is_whole(path: Path) -> bool:
        """Return whether a spool file has whole frames and nothing else."""
        data = path.read_bytes()
        ends = [frame.end for frame in read_frames(data)]
        return len(data) == (ends[-1] if ends else HEADER_SIZE)


def text_of(name: str) -> str:
    """Return what the record of a delivery has to say: about 300 bytes."""
    return f"the text of {name}, " * 15


def open_pages(
    paths: Paths, durability: Durability = "spool", *, lock_timeout: float = 2.0
) -> Store:
    """Open a store with one record type."""
    options = StoreOptions(durability=durability, lock_timeout=lock_timeout)
    store = Store.open(paths, options)
    store.register(PAGES)
    return store


def add(store: Store, delivery: str) -> None:
    """Finish a delivery: one record of its own, and one that counts them all."""
    stage = store.stage()
    for name in (delivery, "all"):
        page = PAGES.model.model_validate({"name": name, "text": text_of(name)})
        stage.put_if_absent(PAGES, page)
        stage.merge(PAGES, (name,), seen=1)
    store.commit([stage], delivery)


class Work:
    """What the process does; each step is one that a fault may end."""

    def __init__(
        self, paths: Paths, durability: Durability, tell: Callable[[str], None]
    ) -> None:
        self._paths = paths
        self._tell = tell
        self._durability = durability
        self._store: Store | None = None

    @property
    def store(self) -> Store:
        """Return the store; it is opened when it could not be before."""
        if self._store is None:
            self._store = open_pages(self._paths, self._durability)
        return self._store

    def run(self) -> int:
        """Do everything; a step that fails is passed over, as the daemon does."""
        for number in range(6):
            self._try(partial(self._deliver, f"a{number}"))
        self._try(lambda: self._flush("push"))
        self._try(lambda: self._deliver("left", finish=False))
        self._try(lambda: self._cold("c0"))
        self._try(lambda: self._cold("c1"))
        self._try(self._recover)
        for number in range(3):
            self._try(partial(self._deliver, f"b{number}"))
        self._try(lambda: self._flush("turn_end"))
        self._try(lambda: self.store.backup())
        self._try(lambda: self._cold("c2"))
        self._try(lambda: self.store.compact())
        for number in range(3):
            self._try(partial(self._deliver, f"d{number}"))
        return self._end()

    def _end(self) -> int:
        # The fault is over: what failed must work now, without a new start.
        for _ in range(2):
            try:
                self._flush("stop")
                self.store.close()
            except (StoreError, OSError):
                continue
            return 0
        return UNHEALED

    def _try(self, step: Callable[[], object]) -> None:
        with contextlib.suppress(StoreError, OSError):
            step()

    def _deliver(self, name: str, *, finish: bool = True) -> None:
        if self.store.accept(name, text_of(name).encode()):
            self._tell(f"accepted {name}")
        if finish:
            add(self.store, name)
            self._tell(f"committed {name}")

    def _cold(self, name: str) -> None:
        payload = text_of(name).encode()
        append_cold(self._paths.spool, "session", name, payload)
        self._tell(f"accepted {name}")

    def _recover(self) -> None:
        self.store.recover()
        for name, payload in self.store.pending():
            assert payload.decode() == text_of(name)
            add(self.store, name)
            self._tell(f"committed {name}")

    def _flush(self, reason: str) -> None:
        self.store.flush(reason)
        self._tell("flushed")


@dataclass
class Outcome:
    """What a process told before it ended, and how it ended."""

    told: list[str]
    status: int
    counts: Counter[str] = field(default_factory=Counter)

    def names(self, word: str) -> set[str]:
        """Return the deliveries that it told this of."""
        return {line[len(word) + 1 :] for line in self.told if line.startswith(word)}


def prepare(paths: Paths) -> None:
    """Leave what a dead process and the cold path leave, for the work to recover."""
    child = os.fork()
    if not child:
        try:
            store = open_pages(paths)
            add(store, "o0")
            store.flush("push")
            add(store, "o1")
            store.accept("o2", text_of("o2").encode())
            append_cold(paths.spool, "another", "o3", text_of("o3").encode())
        except BaseException:  # noqa: BLE001 - a child must not go on as pytest
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


LEFT = {"o0", "o1", "o2", "o3"}


class Bench:
    """Runs the work in a child, with something in its way; checks what is left."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folder.mkdir()
        self._number = 0

    def fresh(self) -> Paths:
        """Return the paths of a new data directory with something to recover."""
        self._number += 1
        paths = self.empty()
        prepare(paths)
        return paths

    def empty(self) -> Paths:
        """Return the paths of a data directory that does not exist yet."""
        self._number += 1
        folder = self._folder / f"{self._number}"
        return Paths(data=folder / "data", config=folder / "config")

    def run(
        self,
        paths: Paths,
        durability: Durability = "spool",
        watch: Callable[[int], contextlib.AbstractContextManager[object]] = (
            lambda _: contextlib.nullcontext()
        ),
        begin: Callable[[], object] = lambda: None,
    ) -> Outcome:
        """Do the work in a child.

        :param watch: is entered with the child's id before it begins.
        :param begin: is called in the child before it begins.
        """
        ours, theirs = socket.socketpair()
        child = os.fork()
        if not child:
            ours.close()
            begin()
            os._exit(_child(paths, durability, theirs))
        theirs.close()
        try:
            with watch(child):
                ours.send(b"go")
                told = b"".join(iter(lambda: ours.recv(65536), b""))
                status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        except BaseException:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            raise
        finally:
            ours.close()
        lines = told.decode().split("\n")
        # The last line may have been cut.
        return Outcome(lines[:-1], status)

    def check(
        self,
        paths: Paths,
        outcome: Outcome,
        *,
        unfinished: int,
        left: Collection[str] = LEFT,
    ) -> None:
        """Recover and look: what was acknowledged is there, and once.

        :param unfinished: so many deliveries may be there that were not acknowledged.
        :param left: deliveries that were there before the work began.
        """
        told = outcome.names("accepted") | outcome.names("committed") | {*left}
        counted = self._recovered(paths)
        assert not told - counted, (told - counted, outcome)
        assert len(counted - told) <= unfinished, (counted - told, outcome)
        shutil.rmtree(paths.data)

    def look(self, paths: Paths, sure: set[str], told: set[str]) -> int:
        """Recover and look after a power cut; return how many deliveries are lost.

        :param sure: those that must be there; of those told others may be lost.
        """
        counted = self._recovered(paths)
        assert not sure - counted, sure - counted
        return len(told - counted)

    def _recovered(self, paths: Paths) -> set[str]:
        store = open_pages(paths)
        store.recover()
        waiting = store.pending()
        for name, payload in waiting:
            assert payload.decode() == text_of(name)
            add(store, name)
        store.flush("push")
        assert store.recover().spools == 0
        assert store.pending() == []
        pages = {page.name: page for page in store.stage().scan(PAGES)}
        total = pages.pop("all").seen if pages else 0
        counted = {name: page.seen for name, page in pages.items()}
        assert set(counted.values()) <= {1}, counted
        assert total == len(counted), (total, counted)
        assert all(page.text == text_of(name) for name, page in pages.items())
        report, stats = store.check(), store.stats()
        assert report.ok, report
        assert (stats.inbox, stats.waiting, stats.dead_letters) == (0, 0, 0)
        assert not stats.notes, stats.notes
        store.close()
        assert not paths.spool.exists() or not list(paths.spool.iterdir())
        return set(counted)


def _child(paths: Paths, durability: Durability, tell: socket.socket) -> int:
    ctypes.CDLL(None).prctl(_PR_SET_PTRACER, ctypes.c_ulong(-1), 0, 0, 0)
    try:
        tell.recv(2)
        return Work(paths, durability, lambda text: _say(tell, text)).run()
    except BaseException:  # noqa: BLE001 - a child must not go on as pytest
        traceback.print_exc()
        return 1


def _say(tell: socket.socket, text: str) -> None:
    tell.send(f"{text}\n".encode())


class Strace:
    """Runs strace(1) on a process that waits; it ends with the process."""

    def __init__(self, log: Path) -> None:
        self.log = log

    @contextlib.contextmanager
    def watching(self, pid: int, *options: str) -> Iterator[None]:
        """Trace a process for the length of a with block."""
        command = ["strace", "-f", "-p", f"{pid}", "-o", f"{self.log}", *options]
        with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
            assert process.stderr is not None
            said = process.stderr.readline().decode()
            if "attached" not in said:
                process.wait()
                pytest.skip(f"strace cannot trace here: {said.strip()}")
            yield
            process.stderr.read()

    def count(self) -> Counter[str]:
        """Return how often the process's first thread made each system call.

        strace counts each thread's calls for itself; LMDB copies with a second one.
        """
        lines = [line.split(None, 1) for line in self.log.read_text().splitlines()]
        calls = [call for thread, call in lines if thread == lines[0][0]]
        return Counter(call.split("(", 1)[0] for call in calls if "(" in call)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Return what runs the work."""
    return Bench(tmp_path / "bench")


@pytest.fixture
def strace(tmp_path: Path) -> Strace:
    """Return strace; without it the test is skipped."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed (Debian: apt-get install strace)")
    return Strace(tmp_path / "strace.log")


@pytest.fixture
def changing() -> list[str]:
    """Return the system calls that change something."""
    return sorted(CHANGING)


@pytest.fixture
def pages() -> Pages:
    """Return what writes and reads records."""
    return Pages()
