"""The power goes at any moment; what the disk has then is tried, in many versions.

The work runs under strace(1) once. Its trace gives every write, rename and sync, and
from them come images of the disk: what was synced is there; of everything else any
part may be, block by block, name by name, in any order (the idea is ALICE's, Pillai
et al., OSDI 2014). Each image must open as a whole store.

More of them: `HOOKWRIGHT_STRESS=1 python -m pytest -m stress tests/stress/faults`,
with `HOOKWRIGHT_STRESS_IMAGES` (250) and `HOOKWRIGHT_STRESS_SEED`.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random, SystemRandom
from typing import TYPE_CHECKING

import pytest

from hookwright.core.paths import Paths

if TYPE_CHECKING:
    from tests.stress.faults.conftest import Bench, Durability, Strace

# Read here: a test's environment has no variables of ours.
_LONG = bool(os.environ.get("HOOKWRIGHT_STRESS"))
_IMAGES = int(os.environ.get("HOOKWRIGHT_STRESS_IMAGES", "250"))
_SEED = int(os.environ.get("HOOKWRIGHT_STRESS_SEED", SystemRandom().randrange(10**6)))
_BLOCK = 512
_TRACED = (
    "trace=openat,close,lseek,write,writev,pwrite64,pwritev,rename,unlink,unlinkat,"
    "rmdir,mkdir,ftruncate,fsync,fdatasync,sendto"
)
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_CALL = re.compile(r"(\w+)\((.*)\)\s+= (-?\d+)")


@dataclass
class Inode:
    """A file or a folder, with all that happened to it."""

    folder: bool = False
    #: (time, offset, data); no data: cut off there.
    writes: list[tuple[int, int, bytes | None]] = field(default_factory=list)
    #: (time, name, what it names from then on).
    names: list[tuple[int, str, Inode | None]] = field(default_factory=list)
    #: When it was synced; writes of an O_DSYNC file are at once.
    syncs: list[int] = field(default_factory=list)
    entries: dict[str, Inode] = field(default_factory=dict)

    def synced(self, time: int) -> int:
        """Return until when everything was on the disk, seen from a time."""
        return max((at for at in self.syncs if at <= time), default=-1)


@dataclass
class Open:
    """An open file."""

    inode: Inode
    flags: str
    position: int = 0


class Trace:
    """Replays a strace log on a model of a disk."""

    def __init__(self, log: Path, root: Path) -> None:
        self.root = Inode(folder=True)
        self.told: list[tuple[int, str]] = []
        self.time = 0
        self._prefix = f"{root}/"
        self._open: dict[int, Open] = {}
        for call in _calls(log.read_text()):
            self._replay(call)

    def _replay(self, call: str) -> None:
        match = _CALL.match(call)
        if match is None or int(match[3]) < 0:
            return
        name, arguments, result = match[1], match[2], int(match[3])
        texts = [bytes.fromhex(each.replace("\\x", "")) for each in
                 _STRING.findall(arguments)]  # fmt: skip
        first = arguments.split(",", 1)[0]
        if name == "sendto":
            lines = texts[0].decode().splitlines()
            self.told += [(self.time, line) for line in lines]
        elif name in ("openat", "unlinkat"):
            self._at(name, first, texts[0].decode(), arguments, result)
        elif name in ("rename", "unlink", "rmdir", "mkdir"):
            self._name(name, [text.decode() for text in texts])
        elif first.isdigit() and int(first) in self._open:
            self._file(name, int(first), arguments, b"".join(texts), result)
        self.time += 1

    def _at(
        self, name: str, first: str, path: str, arguments: str, result: int
    ) -> None:
        if first.isdigit():
            if int(first) not in self._open:
                return
            folder, last = self._open[int(first)].inode, path
        else:
            found = self._find(path)
            if found is None:
                return
            folder, last = found
        if name == "unlinkat":
            self._set(folder, last, None)
            return
        flags = arguments.rsplit('"', 1)[1]
        inode = folder.entries.get(last) if last else folder
        if inode is None:
            inode = Inode(folder="O_DIRECTORY" in flags)
            self._set(folder, last, inode)
        if "O_TRUNC" in flags:
            inode.writes.append((self.time, 0, None))
        self._open[result] = Open(inode, flags)

    def _name(self, name: str, paths: list[str]) -> None:
        found = [self._find(path) for path in paths]
        if found[0] is None:
            return
        folder, last = found[0]
        if name == "mkdir":
            self._set(folder, last, Inode(folder=True))
        elif name == "rename":
            assert found[1] is not None
            inode = folder.entries[last]
            # Both names change at one time: a rename is whole or not at all.
            self._set(folder, last, None)
            self._set(*found[1], inode)
        else:
            self._set(folder, last, None)

    def _file(
        self, name: str, number: int, arguments: str, data: bytes, result: int
    ) -> None:
        opened = self._open[number]
        inode, place = opened.inode, opened.position
        last = arguments.rsplit(",", 1)[-1].strip()
        match name:
            case "close":
                del self._open[number]
            case "lseek":
                opened.position = result
            case "ftruncate":
                inode.writes.append((self.time, int(last), None))
            case "fsync" | "fdatasync":
                inode.syncs.append(self.time)
            case _:
                if name.startswith("pwrite"):
                    place = int(last)
                elif "O_APPEND" in opened.flags:
                    place = _size(inode)
                inode.writes.append((self.time, place, data[:result]))
                if not name.startswith("pwrite"):
                    opened.position = place + result
                if "O_DSYNC" in opened.flags or "O_SYNC" in opened.flags:
                    inode.syncs.append(self.time)

    def _find(self, path: str) -> tuple[Inode, str] | None:
        if f"{path}/" == self._prefix:
            return self.root, ""
        if not path.startswith(self._prefix):
            return None
        *folders, last = path.removeprefix(self._prefix).split("/")
        inode = self.root
        for name in folders:
            inode = inode.entries[name]
        return inode, last

    def _set(self, folder: Inode, name: str, inode: Inode | None) -> None:
        folder.names.append((self.time, name, inode))
        if inode is None:
            folder.entries.pop(name, None)
        else:
            folder.entries[name] = inode


def _calls(log: str) -> Iterator[str]:
    """Yield the calls of a log, those that were interrupted put together again."""
    begun: dict[str, str] = {}
    for line in log.splitlines():
        thread, call = line.split(None, 1)
        if call.endswith("<unfinished ...>"):
            begun[thread] = call.removesuffix("<unfinished ...>")
        elif call.startswith("<..."):
            yield begun.pop(thread) + call.split(" resumed>", 1)[1]
        else:
            yield call


def _size(inode: Inode) -> int:
    size = 0
    for _, place, data in inode.writes:
        size = place if data is None else max(size, place + len(data))
    return size


def put_image(inode: Inode, path: Path, time: int, source: Random) -> None:
    """Write what a disk may hold of a folder after a power cut at a time."""
    path.mkdir(exist_ok=True)
    sure = inode.synced(time)
    times = [at for at, _, _ in inode.names if sure < at <= time]
    last = source.choice([sure, *times])
    entries: dict[str, Inode | None] = {}
    for at, name, named in inode.names:
        if at <= last:
            entries[name] = named
    for name, named in entries.items():
        if named is not None and named.folder:
            put_image(named, path / name, time, source)
        elif named is not None:
            (path / name).write_bytes(content(named, time, source))


def content(inode: Inode, time: int, source: Random) -> bytes:
    """Return what a disk may hold of a file after a power cut at a time."""
    sure = inode.synced(time)
    # All, nothing, the first part or any part of what was not synced.
    chance = source.choice([0.0, 1.0, 0.5, 0.9])
    data = bytearray()
    for at, place, written in inode.writes:
        if at > time:
            break
        kept = at <= sure
        if written is None:
            if kept or source.random() < chance:
                del data[place:]
            continue
        for start in range(0, len(written), _BLOCK):
            if kept or source.random() < chance:
                block = written[start : start + _BLOCK]
                begin = place + start
                data.extend(bytes(max(0, begin - len(data))))
                data[begin : begin + len(block)] = block
    return bytes(data)


class PowerCuts:
    """One traced run of the work, and images of the disk under it."""

    def __init__(self, bench: Bench, strace: Strace, durability: Durability) -> None:
        self._bench = bench
        self._durability = durability
        paths = bench.empty()
        outcome = bench.run(
            paths,
            durability,
            lambda pid: strace.watching(pid, "-xx", "-s", "4000000", "-e", _TRACED),
        )
        assert outcome.status == 0
        # Where the images lie does not matter: no path is in any file.
        paths.data.parent.mkdir(exist_ok=True)
        self._trace = Trace(strace.log, paths.data.parent.parent)
        self._folder = paths.data.parent.name
        self._images = paths.data.parent.parent / "images"

    def try_images(self, seed: int, count: int) -> list[int]:
        """Try many images; return how many deliveries each of them lost."""
        return [self.try_image(seed + number) for number in range(count)]

    def try_image(self, seed: int) -> int:
        """Make an image and open it; return how many deliveries it lost."""
        source = Random(seed)
        time = source.randrange(self._trace.time + 1)
        put_image(self._trace.root, self._images, time, source)
        data = self._images / self._folder / "data"
        data.parent.mkdir(exist_ok=True)
        told = [line for at, line in self._trace.told if at < time]
        flushed = [at for at, line in enumerate(told) if line == "flushed"]
        sure = set()
        for at, line in enumerate(told):
            word, _, name = line.partition(" ")
            if word == "committed" and (flushed and at < flushed[-1]):
                sure.add(name)
            if self._durability == "sync" and name:
                sure.add(name)
        lost = self._open(Paths(data=data, config=data), sure, {*_names(told)}, seed)
        shutil.rmtree(self._images)
        return lost

    def _open(self, paths: Paths, sure: set[str], told: set[str], seed: int) -> int:
        # In a child: LMDB ends a process that meets a page that cannot be.
        child = os.fork()
        if not child:
            try:
                lost = self._bench.look(paths, sure, told)
            except BaseException:  # noqa: BLE001 - a child must not go on as pytest
                traceback.print_exc()
                os._exit(255)
            os._exit(lost)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert 0 <= status < 255, (seed, self._durability, status)
        return status


def _names(told: list[str]) -> list[str]:
    return [line.partition(" ")[2] for line in told if " " in line]


classes = pytest.mark.parametrize("durability", ["spool", "sync"])


@classes
def test_some_power_cuts_leave_a_whole_store(
    bench: Bench, strace: Strace, durability: Durability
) -> None:
    cuts = PowerCuts(bench, strace, durability)
    lost = cuts.try_images(20261121, 15)
    assert durability == "spool" or not any(lost)


@pytest.mark.stress
@pytest.mark.timeout(3600)
@pytest.mark.skipif(not _LONG, reason="takes a minute; set HOOKWRIGHT_STRESS=1")
@classes
def test_many_power_cuts_leave_a_whole_store(
    bench: Bench,
    strace: Strace,
    durability: Durability,
    capsys: pytest.CaptureFixture[str],
) -> None:
    cuts = PowerCuts(bench, strace, durability)
    lost = cuts.try_images(_SEED, _IMAGES)
    with capsys.disabled():
        hurt = sum(1 for each in lost if each)
        text = f"seed {_SEED}, class {durability}: {_IMAGES} images, {hurt} lost some"
        sys.stdout.write(f"\n{text}\n")
    assert durability == "spool" or not any(lost)


def test_a_class_that_did_not_sync_would_be_found_out(
    bench: Bench, strace: Strace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hookwright.core.store import spool

    monkeypatch.setattr(spool, "sync_data", lambda _: None)
    cuts = PowerCuts(bench, strace, "sync")
    with pytest.raises(AssertionError):
        cuts.try_images(0, 200)
