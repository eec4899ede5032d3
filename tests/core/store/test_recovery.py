from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.clock import Clock
from hookwright.core.paths import Paths
from hookwright.core.store import Store, append_cold
from hookwright.core.store.frames import (
    DELIVERY,
    HEADER_SIZE,
    OPERATIONS,
    encode_delivery,
    encode_frame,
    encode_header,
)

Run = Callable[[Callable[[], object]], int]


def add(store: Store, types: Any, author: str, delivery: str | None = None) -> None:
    stage = store.stage()
    stage.put_if_absent(types.notes, types.note(author=author))
    stage.merge(types.notes, (author,), seen=1, steps=[delivery] if delivery else [])
    store.commit([stage], delivery)


def seen(store: Store, types: Any, author: str = "ada") -> int:
    note = store.stage().get(types.notes, author)
    return 0 if note is None else int(note.seen)


def test_what_a_dead_process_committed_is_recovered_once(
    open_store: Any, types: Any, in_child: Run
) -> None:
    def die() -> None:
        store = open_store()
        for number in range(5):
            assert store.accept(f"d{number}", b"payload %d" % number)
            if number < 3:
                add(store, types, "ada", f"d{number}")
        os._exit(9)

    assert in_child(die) == 9
    store = open_store()
    report = store.recover()
    again = store.recover()

    assert (report.spools, report.operations, report.deliveries) == (1, 6, 2)
    assert report.written == {"notes": 1}
    assert again.spools == 0
    assert seen(store, types) == 3
    assert store.pending() == [("d3", b"payload 3"), ("d4", b"payload 4")]
    assert not store.accept("d3", b"")
    assert not store.accept("d0", b"")


def test_a_pending_delivery_is_finished_with_its_operations(
    open_store: Any, types: Any, paths: Paths
) -> None:
    append_cold(paths.spool, "session", "d1", b"one")
    append_cold(paths.spool, "session", "d2", b"two")
    store = open_store()
    assert [name for name, _ in store.pending()] == ["d1", "d2"]
    add(store, types, "ada", "d1")
    assert [name for name, _ in store.pending()] == ["d2"]
    store.flush("push")
    assert store.stats().inbox == 1
    store.close()

    after = open_store()
    assert [name for name, _ in after.pending()] == ["d2"]
    assert seen(after, types) == 1


def test_a_pending_delivery_survives_the_process_that_worked_on_it(
    open_store: Any, types: Any, paths: Paths, in_child: Run
) -> None:
    append_cold(paths.spool, "session", "d1", b"one")
    append_cold(paths.spool, "session", "d2", b"two")

    def die() -> None:
        store = open_store()
        assert len(store.pending()) == 2
        add(store, types, "ada", "d1")
        os._exit(0)

    assert in_child(die) == 0
    store = open_store()
    assert store.pending() == [("d2", b"two")]
    assert seen(store, types) == 1


def test_only_one_process_gets_the_inbox(
    open_store: Any, types: Any, paths: Paths, in_child: Run
) -> None:
    append_cold(paths.spool, "session", "d1", b"one")
    store = open_store()
    assert len(store.pending()) == 1

    def other() -> None:
        assert open_store().pending() == []

    assert in_child(other) == 0
    add(store, types, "ada", "d1")
    store.flush("push")
    assert store.pending() == []
    append_cold(paths.spool, "session", "d2", b"two")

    def next_one() -> None:
        assert open_store().pending() == [("d2", b"two")]

    assert in_child(next_one) == 0


def test_an_open_delivery_outlives_a_flush(
    open_store: Any, types: Any, in_child: Run
) -> None:
    def die() -> None:
        store = open_store()
        store.accept("open", b"payload")
        store.accept("done", b"")
        add(store, types, "ada", "done")
        store.flush("size")
        assert store.pending() == []
        os._exit(0)

    assert in_child(die) == 0
    store = open_store()
    report = store.recover()
    assert (report.operations, report.deliveries) == (0, 1)
    assert store.pending() == [("open", b"payload")]
    assert seen(store, types) == 1


def test_a_delivery_finished_after_a_flush_is_not_doubled(
    open_store: Any, types: Any, in_child: Run
) -> None:
    def die() -> None:
        store = open_store()
        store.accept("d", b"payload")
        add(store, types, "ada")
        store.flush("size")
        add(store, types, "ada", "d")
        os._exit(0)

    assert in_child(die) == 0
    store = open_store()
    assert store.pending() == []
    assert seen(store, types) == 2


def test_a_retry_through_the_cold_path_is_one_delivery(
    open_store: Any, types: Any, paths: Paths, start_child: Any
) -> None:
    ready, tell = os.pipe()

    def live() -> None:
        store = open_store()
        store.accept("d", b"payload")
        os.write(tell, b"x")
        os.read(os.pipe()[0], 1)

    start_child(live)
    os.read(ready, 1)
    append_cold(paths.spool, "session", "d", b"payload")
    append_cold(paths.spool, "session", "own", b"payload")
    append_cold(paths.spool, "session", "new", b"payload")
    store = open_store()
    store.accept("own", b"payload")

    assert [name for name, _ in store.pending()] == ["new"]
    os.close(ready)
    os.close(tell)


def test_a_crash_between_commit_and_unlink_applies_nothing_twice(
    open_store: Any, types: Any, in_child: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hookwright.core.store.spool import Spool

    def die() -> None:
        monkeypatch.setattr(Spool, "discard", lambda *_: os._exit(3))
        store = open_store()
        add(store, types, "ada")
        store.flush("push")

    assert in_child(die) == 3
    store = open_store()
    report = store.recover()
    assert (report.applied_before, report.operations) == (1, 0)
    assert seen(store, types) == 1
    add(store, types, "ada")
    store.flush("push")
    assert seen(store, types) == 2


def test_a_crash_between_recovery_and_unlink_applies_nothing_twice(
    open_store: Any, types: Any, in_child: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hookwright.core.store.recovery import Orphan

    first = open_store()
    add(first, types, "ada")
    first.close()

    def die() -> None:
        monkeypatch.setattr(Orphan, "remove", lambda _: os._exit(3))
        open_store().recover()

    assert in_child(die) == 3
    store = open_store()
    assert store.recover().applied_before == 1
    assert seen(store, types) == 1


def test_a_frame_written_twice_counts_once(
    open_store: Any, types: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hookwright.core.store import spool

    calls: list[int] = []

    def sync(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 1:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(spool, "sync_data", sync)
    store = open_store(durability="sync")
    add(store, types, "ada")
    store.close()

    after = open_store()
    assert after.recover().spools == 2
    assert seen(after, types) == 1


def test_the_later_commit_of_two_processes_wins(
    open_store: Any, types: Any, in_child: Run
) -> None:
    # The one whose clock is ahead is found first and recovered first.
    def commit(seconds: float, text: str) -> Callable[[], None]:
        def work() -> None:
            store = open_store(clock=Clock(wall=lambda: seconds))
            stage = store.stage()
            stage.put(types.notes, types.note(author="ada", text=text))
            store.commit([stage])
            os._exit(0)

        return work

    assert in_child(commit(2e9, "late")) == 0
    assert in_child(commit(1.9e9, "early")) == 0
    store = open_store()
    assert store.recover().spools == 2

    assert store.stage().get(types.notes, "ada").text == "late"
    assert store.clock.now_ms() > 2e12


def spool_of(
    open_store: Any, types: Any, paths: Paths, count: int
) -> tuple[Path, bytes]:
    store = open_store()
    for number in range(count):
        add(store, types, f"{number}")
    store.close()
    (path,) = paths.spool.iterdir()
    return path, path.read_bytes()


def test_a_spool_cut_at_any_byte_gives_all_commits_before_it(
    open_store: Any, types: Any, paths: Paths
) -> None:
    path, written = spool_of(open_store, types, paths, 2)
    begin = written.index(b'{"number":2') - 9
    cuts = [0, 1, 5, HEADER_SIZE - 1, HEADER_SIZE, HEADER_SIZE + 3]
    for size in [*cuts, begin - 1, begin, begin + 1, begin + 9, len(written) - 1]:
        # Another name for each: what was applied under one is not applied again.
        data = encode_header(f"{size:026}", "B" * 26) + written[HEADER_SIZE:]
        path.write_bytes(data[:size])
        store = open_store()
        report = store.recover()
        whole = 0 if size < begin else 1
        assert store.stage().count(types.notes) == whole
        torn = size > HEADER_SIZE and size != begin
        assert report.damaged == len(report.quarantined) == int(torn)
        assert list(paths.spool.iterdir()) == []
        if torn:
            kept = Path(report.quarantined[0]).read_bytes()
            assert kept == data[begin if whole else HEADER_SIZE : size]
        stage = store.stage()
        stage.delete(types.notes, "0")
        store.commit([stage])
        store.flush("push")
        store.close()


def test_a_bad_checksum_ends_a_spool_and_the_rest_is_kept(
    open_store: Any, types: Any, paths: Paths
) -> None:
    path, data = spool_of(open_store, types, paths, 3)
    begin = data.index(b'{"number":2')
    path.write_bytes(data[:begin] + b"X" + data[begin + 1 :])
    store = open_store()
    report = store.recover()

    assert (report.operations, report.damaged) == (2, 1)
    assert b'"number":3' in Path(report.quarantined[0]).read_bytes()
    assert store.stats().quarantine_files == 1


def test_a_tail_of_zeros_is_counted_and_not_kept(
    open_store: Any, types: Any, paths: Paths
) -> None:
    path, data = spool_of(open_store, types, paths, 1)
    path.write_bytes(data + bytes(4096))
    report = open_store().recover()

    assert (report.operations, report.damaged, report.quarantined) == (2, 1, ())


def test_frames_that_make_no_sense_end_a_spool(
    open_store: Any, types: Any, paths: Paths
) -> None:
    paths.spool.mkdir(parents=True)
    header = encode_header("A" * 26, "B" * 26)
    good = encode_frame(DELIVERY, encode_delivery(1, "d", b"payload"))
    for number, bad in enumerate(
        [
            encode_frame(ord("?"), b""),
            encode_frame(OPERATIONS, b"[]"),
            encode_frame(DELIVERY, b""),
        ]
    ):
        header = encode_header(f"{number}" * 26, "B" * 26)
        (paths.spool / f"{number}.spool").write_bytes(header + good + bad)
    store = open_store()
    report = store.recover()

    assert (report.damaged, report.deliveries) == (3, 1)
    assert store.pending() == [("d", b"payload")]


def test_a_foreign_file_among_the_spools_is_set_aside(
    open_store: Any, paths: Paths
) -> None:
    paths.spool.mkdir(parents=True)
    (paths.spool / "holiday.spool").write_bytes(b"a picture of the sea")
    (paths.spool / "notes.txt").write_text("mine")
    (paths.spool / "link.spool").symlink_to(paths.spool / "notes.txt")
    report = open_store().recover()

    assert report.damaged == 1
    assert (paths.quarantine / "holiday.spool").read_bytes() == b"a picture of the sea"
    assert (paths.spool / "notes.txt").read_text() == "mine"


def test_a_file_of_a_process_killed_before_its_header_is_removed(
    open_store: Any, paths: Paths
) -> None:
    paths.spool.mkdir(parents=True)
    (paths.spool / "X.unfinished").write_bytes(b"")
    (paths.spool / "Y.spool").write_bytes(b"")
    report = open_store().recover()

    assert report.damaged == 0
    assert list(paths.spool.iterdir()) == []


def test_an_operation_that_does_not_validate_is_set_aside(
    open_store: Any, types: Any, paths: Paths
) -> None:
    paths.spool.mkdir(parents=True)
    payload = (
        b'{"number":1,"time":1,"delivery":null,"operations":'
        b'[["put","notes",["a"],1,{"author":7},1],'
        b'["put","notes",["b"],1,{"author":"b"},1]]}'
    )
    data = encode_header("A" * 26, "B" * 26) + encode_frame(OPERATIONS, payload)
    (paths.spool / "A.spool").write_bytes(data)
    store = open_store()
    report = store.recover()

    assert (report.operations, report.rejected) == (2, 1)
    assert report.written == {"notes": 1}
    assert "author" in (paths.quarantine / "dead-letters.jsonl").read_text()


def test_a_writer_that_hangs_in_a_shared_file_is_passed_over(
    open_store: Any, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    from hookwright.core.store import recovery

    monkeypatch.setattr(recovery, "_PATIENCE", 0.02)
    append_cold(paths.spool, "session", "d", b"payload")
    (path,) = paths.spool.iterdir()
    held = os.open(path, os.O_RDWR)
    fcntl.flock(held, fcntl.LOCK_EX)
    store = open_store()
    assert store.recover().spools == 0
    os.close(held)

    assert store.recover().deliveries == 1


def test_a_store_that_is_too_small_for_what_is_recovered_leaves_it(
    open_store: Any, types: Any, paths: Paths
) -> None:
    from hookwright.core.errors import StoreFullError

    first = open_store()
    for number in range(40):
        stage = first.stage()
        note = types.note(author=f"{number}", text="x" * 40_000)
        stage.put(types.notes, note)
        first.commit([stage])
    first.close()
    (paths.data / "store.lmdb").rename(paths.data / "away")
    small = open_store(max_size=2**20)
    with pytest.raises(StoreFullError):
        small.recover()
    small.close()

    assert open_store().recover().written == {"notes": 40}


def test_an_empty_file_is_no_hindrance_to_the_others(
    open_store: Any, paths: Paths
) -> None:
    paths.spool.mkdir(parents=True)
    (paths.spool / "Y.spool").write_bytes(b"")
    (paths.spool / "holiday.spool").write_bytes(b"a picture of the sea")
    append_cold(paths.spool, "session", "d", b"payload")
    store = open_store()

    assert store.recover().deliveries == 1
    assert store.pending() == [("d", b"payload")]
    assert list(paths.spool.iterdir()) == []


def test_a_pipe_and_a_folder_are_no_spools(open_store: Any, paths: Paths) -> None:
    paths.spool.mkdir(parents=True)
    os.mkfifo(paths.spool / "pipe.spool")
    (paths.spool / "folder.spool").mkdir()
    append_cold(paths.spool, "session", "d", b"payload")

    assert open_store().recover().deliveries == 1
    assert len(list(paths.spool.iterdir())) == 2


def test_a_file_of_nothing_but_zeros_is_counted_and_not_kept(
    open_store: Any, paths: Paths
) -> None:
    paths.spool.mkdir(parents=True)
    (paths.spool / "A.spool").write_bytes(bytes(5000))
    report = open_store().recover()

    assert (report.damaged, report.quarantined) == (1, ())
    assert list(paths.spool.iterdir()) == []


def test_a_file_of_a_newer_program_is_left_to_it(open_store: Any, paths: Paths) -> None:
    paths.spool.mkdir(parents=True)
    data = bytearray(encode_header("A" * 26, "B" * 26) + b"of another kind")
    data[4] = 2
    path = paths.spool / "A.spool"
    path.write_bytes(data)
    append_cold(paths.spool, "session", "d", b"payload")

    assert open_store().recover().deliveries == 1
    assert path.read_bytes() == data


def test_two_foreign_files_of_one_name_are_both_kept(
    open_store: Any, paths: Paths
) -> None:
    store = open_store()
    for text in (b"the sea", b"the mountains"):
        paths.spool.mkdir(exist_ok=True)
        (paths.spool / "holiday.spool").write_bytes(text)
        store.recover()

    kept = {path.read_bytes() for path in paths.quarantine.iterdir()}
    assert kept == {b"the sea", b"the mountains"}


def test_a_file_that_a_power_cut_brings_back_is_not_applied_again(
    open_store: Any, types: Any, paths: Paths
) -> None:
    store = open_store()
    add(store, types, "ada")
    (path,) = paths.spool.iterdir()
    data = path.read_bytes()
    for _ in range(5):
        store.flush("push")
        add(store, types, "ada")
    path.write_bytes(data)

    assert store.recover().applied_before == 1
    assert seen(store, types) == 6


def test_marks_go_when_the_files_are_gone_for_good(
    open_store: Any, types: Any, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hookwright.core.store import fold

    synced: list[Path] = []
    monkeypatch.setattr(fold, "sync_folder", synced.append)
    monkeypatch.setattr(fold, "_MARKS", 4)
    store = open_store()
    most = 0
    for _ in range(20):
        add(store, types, "ada")
        store.flush("push")
        marks = store._environment.read(
            lambda txn, database: fold.read_marks(txn, database("_applied"))
        )
        assert marks is not None
        most = max(most, len(marks))

    assert most == 5
    assert synced == [paths.spool] * 3


def test_what_is_appended_to_a_shared_file_that_came_back_is_taken(
    open_store: Any, paths: Paths
) -> None:
    append_cold(paths.spool, "session", "old", b"1")
    (path,) = paths.spool.iterdir()
    data = path.read_bytes()
    store = open_store()
    assert store.recover().deliveries == 1
    path.write_bytes(data)
    append_cold(paths.spool, "session", "new", b"2")

    assert store.recover().deliveries == 1
    assert store.pending() == [("old", b"1"), ("new", b"2")]


def test_the_marks_of_a_store_that_was_compacted_elsewhere_are_seen(
    open_store: Any, types: Any, in_child: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hookwright.core.store.spool import Spool

    store = open_store()

    def die() -> None:
        other = open_store()
        other.compact()
        monkeypatch.setattr(Spool, "discard", lambda *_: os._exit(3))
        add(other, types, "ada")
        other.flush("push")

    assert in_child(die) == 3
    assert store.recover().applied_before == 1
    assert seen(store, types) == 1


def test_a_file_that_cannot_be_removed_is_no_failed_flush(
    open_store: Any, types: Any, in_child: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    def flush() -> None:
        monkeypatch.setattr(Path, "unlink", refuse)
        store = open_store()
        add(store, types, "ada")
        assert store.flush("push").written == {"notes": 1}
        os._exit(0)

    assert in_child(flush) == 0
    after = open_store()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        assert after.recover().applied_before == 1
    assert after.recover().applied_before == 1
    assert after.recover().applied_before == 0
    assert seen(after, types) == 1


def test_a_delivery_that_is_being_worked_on_is_not_pending(
    open_store: Any,
    types: Any,
    paths: Paths,
    in_child: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from hookwright.core.store import engine

    # It was accepted here after another process had found its copy.
    store = open_store()
    append_cold(paths.spool, "session", "d", b"payload")
    assert store.accept("d", b"payload")

    def recover() -> None:
        other = open_store()
        monkeypatch.setattr(other._deliveries, "is_known", lambda _: False)
        monkeypatch.setattr(engine, "living_deliveries", lambda _: set())
        assert other.recover().deliveries == 1
        other.close()

    assert in_child(recover) == 0
    assert store.pending() == []
    add(store, types, "ada", "d")
    store.flush("push")
    assert store.pending() == []
    assert store.stats().inbox == 0


def test_threads_that_look_for_what_is_left_at_once_close_nothing_twice(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store.open(paths)
    closed: list[int] = []
    failed: list[BaseException] = []
    close = os.close

    def counting(descriptor: int) -> None:
        close(descriptor)
        closed.append(descriptor)

    def look() -> None:
        ready.wait(20)
        try:
            for _ in range(50):
                assert store.pending() == []
        except BaseException as error:
            failed.append(error)
            raise

    ready = threading.Barrier(8)
    monkeypatch.setattr(os, "close", counting)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    try:
        threads = [threading.Thread(target=look) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    finally:
        sys.setswitchinterval(before)
    assert failed == []
    assert not any(thread.is_alive() for thread in threads)
    assert closed
    store.close()


def test_one_may_ask_for_what_is_pending_while_others_finish(store: Store) -> None:
    """The set of what is finished grows under the eyes of who looks at it."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    over = threading.Event()
    problems: list[BaseException] = []

    def ask() -> None:
        try:
            while not over.is_set():
                assert store.pending() == []
        except BaseException as error:  # noqa: BLE001 - told by the test itself
            problems.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        for number in range(2_000):
            store.accept(f"d{number}", b"{}")
            store.commit([], delivery_id=f"d{number}")
    finally:
        over.set()
        asking.join()
        sys.setswitchinterval(before)

    assert problems == []
