from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from hookwright.core.clock import Clock
from hookwright.core.errors import (
    ConfigError,
    RecordError,
    StoreDamagedError,
    StoreError,
    StoreFullError,
)
from hookwright.core.paths import Paths
from hookwright.core.store import Store, StoreOptions
from hookwright.hookspecs import Record, RecordType


def get(store: Store, kind: Any, *key: str) -> Any:
    return store.stage().get(kind, *key)


def put(store: Store, types: Any, *authors: str, **fields: Any) -> None:
    stage = store.stage()
    for author in authors:
        stage.put(types.notes, types.note(author=author, **fields))
    store.commit([stage])


def add(store: Store, types: Any, author: str, seen: int = 1) -> None:
    stage = store.stage()
    stage.put_if_absent(types.notes, types.note(author=author))
    stage.merge(types.notes, (author,), seen=seen)
    store.commit([stage])


def test_what_is_committed_is_read_before_and_after_a_flush(
    store: Store, types: Any
) -> None:
    put(store, types, "ada", tags={"x"})
    before = get(store, types.notes, "ada")
    report = store.flush("push")

    assert before == get(store, types.notes, "ada")
    assert before == types.note(author="ada", tags=frozenset({"x"}))
    assert (report.reason, report.written) == ("push", {"notes": 1})
    assert report.keys == {"notes": [("ada",)]}
    assert report.duration_ms > 0


def test_what_is_flushed_is_there_after_a_restart(
    open_store: Any, store: Store, types: Any
) -> None:
    put(store, types, "ada")
    store.flush("stop")
    store.close()

    assert open_store().stage().get(types.notes, "ada") is not None


def test_a_stage_that_is_dropped_leaves_nothing(store: Store, types: Any) -> None:
    stage = store.stage()
    stage.put(types.notes, types.note(author="ada"))

    assert stage.operations == 1
    assert stage.get(types.notes, "ada") is not None
    assert get(store, types.notes, "ada") is None


def test_a_stage_can_be_used_again_after_its_commit(store: Store, types: Any) -> None:
    stage = store.stage()
    stage.put_if_absent(types.notes, types.note(author="ada"))
    stage.merge(types.notes, ("ada",), seen=2)
    store.commit([stage])
    stage.merge(types.notes, ("ada",), seen=3)

    assert [note.seen for note in stage.scan(types.notes)] == [5]
    store.commit([stage])
    assert get(store, types.notes, "ada").seen == 5


def test_several_stages_are_one_frame(store: Store, types: Any, paths: Paths) -> None:
    stages = [store.stage(), store.stage()]
    for number, stage in enumerate(stages):
        stage.put(types.notes, types.note(author=f"{number}"))
    store.commit(stages, "d1")
    (spool,) = paths.spool.iterdir()

    assert spool.read_bytes().count(b'"delivery"') == 1
    assert store.stage().count(types.notes) == 2


def test_a_level_up_happens_at_every_step(store: Store, types: Any) -> None:
    for _ in range(2):
        for _ in range(3):
            stage = store.stage()
            stage.merge(types.levels, ("a",), points=4)
            store.commit([stage])
            assert get(store, types.levels, "a") is not None
        store.flush("size")

    level = get(store, types.levels, "a")
    assert level is not None
    assert (level.level, level.points, level.rises) == (2, 4, (12, 10))


def test_fifty_entries_of_one_millisecond_are_fifty_records(
    open_store: Any, types: Any
) -> None:
    store = open_store(clock=Clock(wall=lambda: 1_800_000_000.0))
    stage = store.stage()
    ids = [store.clock.new_id() for _ in range(50)]
    for item in ids:
        stage.put(types.entries, types.entry(project="/p", id=item))
    store.commit([stage])
    store.flush("push")

    assert [entry.id for entry in store.stage().scan(types.entries, "/p")] == ids


def test_keys_keep_their_order_when_the_clock_goes_back(
    open_store: Any, types: Any
) -> None:
    now = [1_800_000_000.0]
    ids = []
    for shift in (0.0, -3600.0, -7200.0):
        store = open_store(clock=Clock(wall=lambda: now[0]))
        now[0] += shift
        for _ in range(3):
            ids.append(store.clock.new_id())
            stage = store.stage()
            stage.put(types.entries, types.entry(project="/p", id=ids[-1]))
            store.commit([stage])
        store.flush("stop")
        store.close()
    store = open_store(clock=Clock(wall=lambda: now[0]))

    assert ids == sorted(ids)
    assert [entry.id for entry in store.stage().scan(types.entries, "/p")] == ids


def test_a_path_of_three_thousand_characters_is_a_key(store: Store, types: Any) -> None:
    path = "/" + "x/" * 1500
    for end in ("a", "b"):
        put(store, types, path + end, text=end)
    report = store.flush("push")

    assert get(store, types.notes, path + "a").text == "a"
    assert get(store, types.notes, path + "b").text == "b"
    assert sorted(report.keys["notes"]) == [(path + "a",), (path + "b",)]


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, "0 bytes"), (-5, "-5 bytes"), (3 * 2**30, "3 GB"), (1, "1 byte")],
)
def test_a_size_that_is_not_accepted_is_named(size: int, shown: str) -> None:
    with pytest.raises(ConfigError) as caught:
        StoreOptions(max_size=size)

    assert str(caught.value) == f"store.max_size is {shown}; accepted: 1 MB to 2 GB"


@pytest.mark.parametrize(
    "options",
    [{"durability": "never"}, {"flush_operations": 0}, {"lock_timeout": -1.0}],
)
def test_other_options_are_checked_too(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=rf"store\.{next(iter(options))} is"):
        StoreOptions(**options)


def test_one_name_cannot_be_two_models(store: Store, types: Any) -> None:
    class Other(Record):
        pass

    store.register(types.notes)
    with pytest.raises(RecordError, match=r"'notes' is .*Note already"):
        store.register(RecordType(name="notes", model=Other, key=lambda _: ("x",)))


def test_a_type_that_nobody_registered_is_refused(store: Store, types: Any) -> None:
    kind = RecordType(name="stray", model=types.note, key=lambda note: (note.author,))
    with pytest.raises(RecordError, match="hookwright_register_records"):
        store.stage().put(kind, types.note(author="a"))


def test_a_full_store_says_so_and_keeps_everything(open_store: Any, types: Any) -> None:
    store = open_store(max_size=2**20)
    put(store, types, "first")
    store.flush("push")
    for number in range(40):
        put(store, types, f"big {number}", text="x" * 50_000)
    for _ in range(2):
        with pytest.raises(StoreFullError) as caught:
            store.flush("size")
    message = str(caught.value)
    assert "store.max_size is 1 MB" in message
    assert "up to 2 GB" in message
    assert "hookwright store compact" in message
    assert store.buffered == 40
    assert get(store, types.notes, "big 7") is not None
    put(store, types, "after")
    assert store.stage().count(types.notes) == 42
    store.close()

    larger = open_store(max_size=16 * 2**20)
    assert larger.stage().count(types.notes) == 1
    assert larger.recover().operations == 41
    assert larger.stage().count(types.notes) == 42
    assert larger.check().ok


def test_a_failed_flush_is_not_asked_for_again_at_once(
    open_store: Any, types: Any
) -> None:
    store = open_store(max_size=2**20, flush_operations=5)
    for number in range(30):
        put(store, types, f"{number}", text="x" * 60_000)
    assert store.wants_flush
    with pytest.raises(StoreFullError):
        store.flush("size")

    assert not store.wants_flush


def test_bytes_ask_for_a_flush_too(open_store: Any, types: Any) -> None:
    store = open_store(flush_bytes=10_000)
    assert not store.wants_flush
    put(store, types, "a", text="x" * 10_000)
    assert store.wants_flush
    store.flush("size")
    assert not store.wants_flush


def test_a_record_that_is_too_large_is_set_aside_and_the_rest_goes_in(
    open_store: Any, types: Any, paths: Paths
) -> None:
    store = open_store(max_size=2**20)
    put(store, types, "big", text="x" * 200_000)
    put(store, types, "small")
    report = store.flush("push")

    assert (report.written, report.rejected) == ({"notes": 1}, 1)
    letters = (paths.quarantine / "dead-letters.jsonl").read_text()
    assert '"key":["big"]' in letters
    assert "at most 131072 fit" in letters
    assert store.stats().dead_letters == 1
    assert get(store, types.notes, "big") is None
    assert store.check().ok


def test_a_merge_that_does_not_validate_is_set_aside(
    store: Store, types: Any, paths: Paths
) -> None:
    stage = store.stage()
    stage.merge(types.notes, ("nobody",), seen=1)
    stage.merge(types.levels, ("a",), points=1)
    store.commit([stage])
    assert get(store, types.notes, "nobody") is None
    report = store.flush("push")

    assert (report.written, report.rejected) == ({"levels": 1}, 1)
    assert "author: Field required" in (
        paths.quarantine / "dead-letters.jsonl"
    ).read_text("utf-8")


def test_one_store_file_cannot_be_opened_after_close(store: Store, types: Any) -> None:
    stage = store.stage()
    stage.put(types.notes, types.note(author="a"))
    store.close()
    store.close()

    with pytest.raises(StoreError, match="was closed"):
        store.commit([stage])
    with pytest.raises(StoreError, match="was closed"):
        get(store, types.notes, "a")


def test_closing_an_idle_store_leaves_no_spool(
    open_store: Any, types: Any, paths: Paths
) -> None:
    with open_store() as store:
        put(store, types, "a")
        store.flush("stop")
        store.accept("d", b"")
        store.commit([], "d")
        store.flush("stop")
    assert list(paths.spool.iterdir()) == []


def test_an_empty_flush_does_nothing(store: Store) -> None:
    store.flush("push")
    store.commit([])

    assert store.stats().flushes == {}


def test_statistics_are_counted_by_reason_and_seen_by_others(
    open_store: Any, store: Store, types: Any
) -> None:
    for reason in ("push", "push", "age"):
        put(store, types, reason, tags={"t"})
        store.flush(reason)
    put(store, types, "buffered")
    found = open_store
    stats = store.stats()
    store.close()
    other = found(read_only=True).stats()

    assert stats.flushes == other.flushes == {"push": 2, "age": 1}
    assert stats.records == other.records == {"entries": 0, "levels": 0, "notes": 2}
    assert (stats.buffered_operations, other.buffered_operations) == (1, 0)
    assert (stats.spool_files, stats.spool_bytes > 0) == (1, True)
    assert stats.last_flush is not None
    assert (stats.last_flush.reason, stats.last_flush.written) == ("age", 1)
    assert 0 < stats.used <= stats.size <= stats.max_size
    assert other.read_only


def test_reads_during_a_flush_never_count_twice(store: Store, types: Any) -> None:
    stop = threading.Event()
    seen: list[int] = []
    errors: list[BaseException] = []

    def read() -> None:
        try:
            while not stop.is_set():
                note = get(store, types.notes, "ada")
                seen.append(note.seen if note else 0)
                time.sleep(0.0001)  # the writer needs the interpreter too
        except BaseException as error:  # noqa: BLE001 - shown by the test
            errors.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(60):
        add(store, types, "ada")
        if number % 3 == 0:
            store.flush("age")
    stop.set()
    reader.join()

    assert errors == []
    assert seen == sorted(seen)
    assert max(seen, default=0) <= 60
    assert get(store, types.notes, "ada").seen == 60


def test_threads_may_commit_and_flush_at_once(store: Store, types: Any) -> None:
    def work() -> None:
        for number in range(50):
            add(store, types, "ada")
            if number % 10 == 0:
                store.flush("age")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.flush("stop")

    assert get(store, types.notes, "ada").seen == 200


@pytest.mark.parametrize("durability", ["spool", "sync", "memory"])
def test_every_durability_keeps_what_is_flushed(
    open_store: Any, types: Any, paths: Paths, durability: str
) -> None:
    store = open_store(durability=durability)
    store.accept("d", b"payload")
    add(store, types, "ada")
    assert paths.spool.exists() == (durability != "memory")
    store.flush("push")
    store.commit([], "d")
    store.flush("push")
    assert get(store, types.notes, "ada").seen == 1


def test_one_commit_may_be_safer_than_the_rest(
    open_store: Any, types: Any, paths: Paths
) -> None:
    store = open_store(durability="memory")
    add(store, types, "lost")
    stage = store.stage()
    stage.put(types.notes, types.note(author="kept"))
    store.commit([stage], durability="sync")
    store.close()

    found = open_store()
    found.recover()
    assert [note.author for note in found.stage().scan(types.notes)] == ["kept"]


def test_a_commit_that_cannot_be_spooled_changes_nothing(
    store: Store, types: Any, paths: Paths
) -> None:
    paths.spool.write_text("in the way")
    stage = store.stage()
    stage.put(types.notes, types.note(author="a"))

    with pytest.raises(StoreError, match="cannot be written"):
        store.commit([stage])
    with pytest.raises(StoreError, match="cannot be written"):
        store.accept("d", b"")

    assert stage.operations == 1
    assert get(store, types.notes, "a") is None
    paths.spool.unlink()
    store.commit([stage])
    assert store.accept("d", b"")
    assert get(store, types.notes, "a") is not None


def test_a_damaged_value_is_reported_and_never_returned(
    store: Store, types: Any, paths: Paths
) -> None:
    put(store, types, "bad", "good", tags={"t"})
    add(store, types, "bad")
    store.flush("push")

    def flip(txn: Any, database: Any) -> None:
        value = bytearray(txn.get(b"bad", db=database("notes")))
        value[12] ^= 4
        txn.put(b"bad", bytes(value), db=database("notes"))

    with store._environment.held():
        store._environment.write(["notes"], flip)

    with pytest.raises(StoreDamagedError, match=r"notes bad: .*checksum is wrong"):
        get(store, types.notes, "bad")
    assert [note.author for note in store.stage().scan(types.notes)] == ["good"]
    found = store.stage().find(types.notes, "tag", "t")
    assert [note.author for note in found] == ["good"]
    assert store.stats().damaged == 1
    assert any("checksum" in item for item in store.check().problems)
    add(store, types, "bad", seen=4)
    report = store.flush("push")
    assert report.rejected == 1
    assert (
        '"operation":"stored"' in (paths.quarantine / "dead-letters.jsonl").read_text()
    )
    assert get(store, types.notes, "bad").seen == 4
    assert store.check().ok


def test_a_delete_is_a_delete(store: Store, types: Any) -> None:
    put(store, types, "a", "b", tags={"t"})
    store.flush("push")
    stage = store.stage()
    stage.delete(types.notes, "a")
    stage.delete(types.notes, "never there")
    store.commit([stage])
    assert [note.author for note in store.stage().scan(types.notes)] == ["b"]
    store.flush("push")

    assert get(store, types.notes, "a") is None
    assert store.check().ok


def test_a_store_that_could_not_be_opened_can_be_opened_later(
    open_store: Any, types: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # LMDB refuses a second environment on one path in a process.
    from hookwright.core.store import spool

    def refuse(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(spool, "mark_synced", refuse)
        with pytest.raises(StoreError, match="Input/output"):
            open_store(durability="sync")
    with monkeypatch.context() as patch:
        patch.setattr("hookwright.core.store.environment.open_or_rescue", refuse)
        with pytest.raises(StoreError, match="Input/output"):
            open_store()

    assert open_store().stage().count(types.notes) == 0


def test_what_carries_over_a_flush_is_synced_in_class_sync(
    open_store: Any, types: Any, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hookwright.core.store import spool

    store = open_store(durability="sync")
    for number in range(5):
        store.accept(f"{number}", b"payload")
    synced: list[int] = []
    monkeypatch.setattr(spool, "sync_data", synced.append)
    stage = store.stage()
    stage.put(types.notes, types.note(author="ada"))
    store.commit([stage])
    store.flush("push")

    # One for the commit, one for all five.
    assert len(synced) == 2
    assert len(list(paths.spool.glob("*.spool"))) == 1


def test_a_flush_that_cannot_carry_over_keeps_everything(
    open_store: Any, types: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hookwright.core.store.spool import Spool

    def refuse(*_: object) -> None:
        raise StoreFullError("the disk is full")

    store = open_store()
    store.accept("open", b"payload")
    stage = store.stage()
    stage.put(types.notes, types.note(author="ada"))
    store.commit([stage])
    with monkeypatch.context() as patch:
        patch.setattr(Spool, "append", refuse)
        with pytest.raises(StoreFullError):
            store.flush("push")

    assert store.buffered == 1
    assert store.flush("push").written == {"notes": 1}
