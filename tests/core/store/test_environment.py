from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lmdb
import pytest

from hookwright.core.errors import (
    StoreDamagedError,
    StoreError,
    StoreFullError,
    StoreReadOnlyError,
)
from hookwright.core.paths import Paths
from hookwright.core.store import Store, environment, opening
from hookwright.core.store.opening import MARKER, create_store

Run = Callable[[Callable[[], object]], int]
NOBODY = 65534


def put(store: Store, types: Any, *authors: str) -> None:
    stage = store.stage()
    for author in authors:
        stage.put(types.notes, types.note(author=author, text="x" * 500))
    store.commit([stage])
    store.flush("push")


def authors(store: Store, types: Any) -> list[str]:
    return [note.author for note in store.stage().scan(types.notes)]


def test_a_new_store_is_private_and_made_with_its_parents(
    store: Store, paths: Paths
) -> None:
    assert paths.store.stat().st_mode & 0o777 == 0o700
    assert (paths.store / "data.mdb").stat().st_mode & 0o777 == 0o600
    assert store.stats().exists
    assert store.notes == []
    assert sorted(item.name for item in paths.data.iterdir()) == [
        "store.lmdb",
        "store.lock",
        "store.users",
    ]


def test_a_foreign_file_at_the_path_is_left_alone(
    open_store: Any, paths: Paths
) -> None:
    paths.data.mkdir(parents=True)
    paths.store.write_text("my diary")
    for read_only in (False, True):
        with pytest.raises(StoreDamagedError, match="is a file; it was left alone"):
            open_store(read_only=read_only)

    assert paths.store.read_text() == "my diary"
    assert not list(paths.data.glob("*damaged*"))


def test_a_data_directory_that_is_a_file_is_left_alone(
    open_store: Any, paths: Paths
) -> None:
    paths.data.write_text("mine")

    for read_only in (False, True):
        with pytest.raises(StoreError, match="is no directory; it was left alone"):
            open_store(read_only=read_only)
    assert paths.data.read_text() == "mine"


def test_a_foreign_environment_at_the_path_is_left_alone(
    open_store: Any, paths: Paths
) -> None:
    paths.data.mkdir(parents=True)
    lmdb.open(str(paths.store)).close()
    with pytest.raises(StoreDamagedError, match="no store of ours"):
        open_store()

    assert (paths.store / "data.mdb").exists()


def damage(paths: Paths, how: str) -> None:
    data = paths.store / "data.mdb"
    size = data.stat().st_size
    with data.open("r+b") as file:
        match how:
            case "first meta page":
                file.write(bytes(4096))
            case "second meta page":
                file.seek(4096)
                file.write(bytes(4096))
            case "garbage":
                file.write(os.urandom(8192))
            case "cut in half":
                file.truncate(size // 8192 * 4096)
            case "cut to one page":
                file.truncate(4096)
            case "empty":
                file.truncate(0)
    if how == "missing":
        data.unlink()


@pytest.mark.parametrize(
    "how",
    [
        "first meta page",
        "second meta page",
        "garbage",
        "cut in half",
        "cut to one page",
        "empty",
        "missing",
    ],
)
def test_a_damaged_store_is_moved_aside_and_rebuilt(
    open_store: Any, types: Any, paths: Paths, how: str
) -> None:
    first = open_store()
    put(first, types, *(f"{number}" for number in range(200)))
    first.backup()
    put(first, types, "after the backup")
    stage = first.stage()
    stage.put(types.notes, types.note(author="in the spool"))
    first.commit([stage])
    first.close()
    damage(paths, how)
    with pytest.raises(StoreDamagedError):
        open_store(read_only=True)
    store = open_store()
    store.recover()

    assert len(list(paths.data.glob("store.lmdb.damaged-*"))) == 1
    assert "was damaged" in store.notes[0]
    assert "rebuilt from the backup" in store.notes[1]
    assert len(authors(store, types)) == 201
    assert "in the spool" in authors(store, types)
    assert store.check().ok
    assert store.stats().notes == tuple(store.notes)


def test_without_a_backup_the_spools_are_what_is_left(
    open_store: Any, types: Any, paths: Paths
) -> None:
    first = open_store()
    put(first, types, "gone")
    first.close()
    damage(paths, "garbage")
    store = open_store()

    assert authors(store, types) == []
    assert "no backup" in store.notes[1]


def test_pages_that_nothing_uses_may_be_missing(
    open_store: Any, types: Any, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = open_store()
    put(first, types, "ada")
    first.close()
    answers = iter([True, False])
    monkeypatch.setattr(opening, "is_cut_off", lambda *_: next(answers))
    store = open_store()

    assert authors(store, types) == ["ada"]
    assert store.notes == []
    store.close()
    answers = iter([True])
    monkeypatch.setattr(environment, "is_cut_off", lambda *_: next(answers))
    assert authors(open_store(read_only=True), types) == ["ada"]


def as_nobody(paths: Paths, work: Callable[[], object]) -> Callable[[], object]:
    def run() -> None:
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        work()

    if os.getuid() != 0:
        pytest.skip("needs root to become another user")
    for folder in (paths.data, *paths.data.parents):
        if folder.owner() == "root" and folder.stat().st_mode & 0o005 != 0o005:
            try:
                folder.chmod(folder.stat().st_mode | 0o055)
            except OSError as error:
                pytest.skip(f"{folder} cannot be opened to another user: {error}")
    return run


def test_a_directory_that_cannot_be_written_can_be_read(
    open_store: Any, types: Any, paths: Paths, in_child: Run
) -> None:
    first = open_store()
    put(first, types, "ada")
    stage = first.stage()
    first.close()
    for item in (paths.store, *paths.store.iterdir()):
        item.chmod(0o755)

    def work() -> None:
        store = open_store()
        assert authors(store, types) == ["ada"]
        assert "Permission denied" in store.read_only
        assert "nothing is recorded" in store.notes[0]
        stage = store.stage()
        stage.put(types.notes, types.note(author="b"))
        for write in (
            lambda: store.commit([stage]),
            lambda: store.accept("d", b""),
            store.compact,
        ):
            with pytest.raises(StoreReadOnlyError, match="make it writable"):
                write()
        assert store.flush("push").written == {}
        assert store.recover().spools == 0
        assert store.pending() == []
        assert store.stats().read_only
        assert store.check().ok

    assert stage.operations == 0
    assert in_child(as_nobody(paths, work)) == 0


def test_a_directory_that_cannot_be_made_gives_an_empty_store(
    open_store: Any, types: Any, paths: Paths, in_child: Run
) -> None:
    paths.data.parent.mkdir(exist_ok=True)

    def work() -> None:
        store = open_store()
        assert store.stage().get(types.notes, "a") is None
        assert authors(store, types) == []
        assert list(store.stage().find(types.notes, "tag", "t")) == []
        assert store.stage().count(types.notes) == 0
        assert not store.stats().exists
        assert store.check().records == {}

    paths.data.mkdir(mode=0o755)
    assert in_child(as_nobody(paths, work)) == 0


def test_a_file_system_that_is_read_only_is_no_crash(
    open_store: Any, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "mkdir", refuse)
    store = open_store()

    assert store.read_only == "Read-only file system"
    with pytest.raises(StoreReadOnlyError):
        store.prune(store.clock.now())


def test_another_error_of_the_disk_is_named(
    open_store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "mkdir", fail)
    with pytest.raises(StoreError, match="Input/output error"):
        open_store()


def test_a_network_file_system_is_refused(
    open_store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "network_file_system", lambda _: "nfs4")
    with pytest.raises(StoreError, match=r"network file system \(nfs4\)"):
        open_store()


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (lmdb.DiskError("no space"), StoreFullError, "disk that holds"),
        (lmdb.MapFullError("full"), StoreFullError, "store.max_size is 512 MB"),
        (lmdb.CorruptedError("page"), StoreDamagedError, "moves it aside"),
        (lmdb.BadTxnError("odd"), StoreError, "failed"),
    ],
)
def test_errors_of_lmdb_are_put_into_words_and_the_buffer_is_kept(
    store: Store,
    types: Any,
    monkeypatch: pytest.MonkeyPatch,
    error: lmdb.Error,
    kind: type[StoreError],
    message: str,
) -> None:
    def fail(*_: object) -> None:
        raise error

    stage = store.stage()
    stage.put(types.notes, types.note(author="a"))
    store.commit([stage])
    with monkeypatch.context() as patch:
        patch.setattr("hookwright.core.store.fold.write_state", fail)
        with pytest.raises(kind, match=message):
            store.flush("push")
        patch.setattr("hookwright.core.store.fold.read_state", _no_space)
        with pytest.raises(StoreError, match="No space left"):
            store.flush("push")
    assert authors(store, types) == ["a"]
    store.flush("push")
    assert store.check().ok
    assert authors(store, types) == ["a"]


def _no_space(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_failed_creation_leaves_nothing(
    paths: Paths, open_store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(opening, "settle_folder", _no_space)
        with pytest.raises(StoreError, match="No space left"):
            open_store()
    assert not list(paths.data.glob("store.lmdb*"))
    assert open_store().stats().exists


def test_two_processes_that_create_at_once_share_one_store(
    open_store: Any, types: Any, start_child: Any
) -> None:
    def child(name: str) -> Callable[[], None]:
        def work() -> None:
            store = open_store()
            put(store, types, name)
            store.close()

        return work

    names = [f"{number}" for number in range(6)]
    for pid in [start_child(child(name)) for name in names]:
        assert os.waitpid(pid, 0)[1] == 0

    assert authors(open_store(), types) == names


def test_a_child_has_a_buffer_and_a_spool_of_its_own(
    store: Store, open_store: Any, types: Any, in_child: Run
) -> None:
    def stage(name: str) -> Any:
        made = store.stage()
        made.put(types.notes, types.note(author=name))
        return made

    put(store, types, "flushed")
    store.accept("d", b"payload")
    store.commit([stage("parent")])

    def child() -> None:
        assert authors(store, types) == ["flushed"]
        store.commit([stage("child")])
        assert authors(store, types) == ["child", "flushed"]
        store.flush("push")
        assert store.recover().spools == 0
        assert store.pending() == []
        store.close()

    assert in_child(child) == 0
    assert authors(store, types) == ["child", "flushed", "parent"]
    store.commit([], "d")
    store.flush("push")
    assert authors(store, types) == ["child", "flushed", "parent"]
    assert store.check().ok


def test_a_child_that_never_uses_the_store_does_not_keep_its_locks(
    store: Store, open_store: Any, types: Any, start_child: Any, paths: Paths
) -> None:
    stage = store.stage()
    stage.put(types.notes, types.note(author="a"))
    store.commit([stage])
    reader, writer = os.pipe()

    def child() -> None:
        os.write(writer, b".")
        time.sleep(60)

    start_child(child)
    # A child that has not run yet still shares the lock.
    assert os.read(reader, 1) == b"."
    os.close(reader)
    os.close(writer)
    store.close()

    assert open_store().recover().operations == 1


def test_a_type_that_another_process_made_is_seen(
    store: Store, types: Any, in_child: Run, open_store: Any
) -> None:
    def child() -> None:
        put(open_store(), types, "theirs")

    assert in_child(child) == 0
    assert authors(store, types) == ["theirs"]
    assert store.stage().count(types.notes) == 1


def test_a_store_that_grew_elsewhere_is_read_and_written(
    open_store: Any, types: Any, in_child: Run
) -> None:
    store = open_store(max_size=2**20)

    def child() -> None:
        larger = open_store(max_size=64 * 2**20)
        for number in range(40):
            stage = larger.stage()
            note = types.note(author=f"{number:02}", text="x" * 90_000)
            stage.put(types.notes, note)
            larger.commit([stage])
        larger.flush("push")

    assert in_child(child) == 0
    assert len(authors(store, types)) == 40
    put(store, types, "99")
    assert len(authors(store, types)) == 41


def test_what_a_killed_compaction_left_is_put_right(
    open_store: Any, types: Any, paths: Paths
) -> None:
    first = open_store()
    put(first, types, "ada")
    first.close()
    shutil.copytree(paths.store, paths.data / "store.lmdb.compacted-1")
    paths.store.rename(paths.data / "store.lmdb.old-1")
    (paths.data / "store.lmdb.new-0").mkdir()
    store = open_store()

    assert authors(store, types) == ["ada"]
    assert [item.name for item in paths.data.glob("store.lmdb*")] == ["store.lmdb"]


def test_creating_a_store_that_is_there_changes_nothing(
    store: Store, paths: Paths
) -> None:
    before = (paths.store / MARKER).stat()
    create_store(paths.store, 2**20, "x")
    assert (paths.store / MARKER).stat() == before


def test_a_link_in_place_of_the_store_is_left_alone(
    open_store: Any, paths: Paths, tmp_path: Path
) -> None:
    paths.data.mkdir(parents=True)
    for target in (tmp_path / "nothing", tmp_path):
        paths.store.symlink_to(target)
        with pytest.raises(StoreDamagedError, match="is a link; it was left alone"):
            open_store()
        assert paths.store.is_symlink()
        paths.store.unlink()


def test_a_data_directory_that_every_user_can_write_to_is_refused(
    open_store: Any, paths: Paths, tmp_path: Path
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    paths.data.symlink_to(shared)
    with pytest.raises(StoreError, match="chmod o-w"):
        open_store()
    assert list(shared.iterdir()) == []

    shared.chmod(0o755)
    assert open_store().stats().exists


def test_a_directory_of_another_user_is_refused(
    open_store: Any, paths: Paths, in_child: Run
) -> None:
    def work() -> None:
        with pytest.raises(StoreError, match="it belongs to user 1"):
            open_store()
        assert list(paths.data.iterdir()) == []

    paths.data.mkdir(parents=True)
    run = as_nobody(paths, work)
    os.chown(paths.data, 1, NOBODY)
    paths.data.chmod(0o770)
    assert in_child(run) == 0


def test_a_killed_rescue_is_finished_with_the_backup(
    open_store: Any,
    types: Any,
    paths: Paths,
    in_child: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = open_store()
    put(first, types, "ada")
    first.backup()
    first.close()
    damage(paths, "garbage")

    def die() -> None:
        rename = Path.rename

        def once(path: Path, target: Path) -> Path:
            rename(path, target)
            os._exit(3 if "damaged" in target.name else 4)

        monkeypatch.setattr(opening, "settle_folder", lambda _: None)
        monkeypatch.setattr(
            Path,
            "rename",
            lambda path, target: (
                once(path, target) if path == paths.store else rename(path, target)
            ),
        )
        open_store()

    assert in_child(die) == 3
    assert not paths.store.exists()
    assert authors(open_store(), types) == ["ada"]
    assert len(list(paths.data.glob("store.lmdb.damaged-*"))) == 1


def overwrite_a_page(paths: Paths, page: int) -> None:
    with (paths.store / "data.mdb").open("r+b") as file:
        file.seek(page * 4096)
        file.write(os.urandom(4096))


def test_pages_are_looked_at_after_a_kill(
    open_store: Any, types: Any, paths: Paths, in_child: Run
) -> None:
    # LMDB ends the process at some damaged pages: without a look, the next process
    # would come to the same end, and the one after it.
    first = open_store()
    put(first, types, *(f"{number:04}" for number in range(400)))
    put(first, types, "0399")
    first.backup()
    pages = first._environment.used_bytes() // 4096
    first.close()

    def die() -> None:
        open_store()
        os._exit(9)

    damaged = 0
    tried = range(2, pages, 5)
    for page in tried:
        whole = (paths.store / "data.mdb").read_bytes()
        assert in_child(die) == 9
        overwrite_a_page(paths, page)
        store = open_store()
        store.recover()
        aside = list(paths.data.glob("store.lmdb.damaged-*"))
        damaged += len(aside)
        assert len(authors(store, types)) == 400
        store.close()
        for folder in aside:
            shutil.rmtree(folder)
        if not aside:
            (paths.store / "data.mdb").write_bytes(whole)
    assert damaged > len(tried) / 2


def test_a_flush_that_meets_a_damaged_page_is_followed_by_one_that_does_not(
    open_store: Any, types: Any, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store()
    put(store, types, "ada")
    store.backup()
    stage = store.stage()
    stage.put(types.notes, types.note(author="bob"))
    store.commit([stage])

    def begin(*_: object) -> None:
        raise lmdb.CorruptedError("a page makes no sense")

    with monkeypatch.context() as patch:
        patch.setattr(store._environment, "_make", begin)
        patch.setattr("lmdb.verify.verify", lambda _: ["page 7: makes no sense"])
        with pytest.raises(StoreDamagedError, match="makes no sense"):
            store.flush("push")
    assert store.flush("push").written == {"notes": 1}

    assert authors(store, types) == ["ada", "bob"]
    assert "was damaged" in store.notes[0]


def test_a_damaged_page_is_remembered_until_the_next_start(
    open_store: Any, types: Any, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store()
    put(store, types, "ada")

    def begin(*_: object) -> None:
        raise lmdb.CorruptedError("a page makes no sense")

    with monkeypatch.context() as patch:
        patch.setattr(store._environment, "_begin", begin)
        with pytest.raises(StoreDamagedError, match="makes no sense"):
            authors(store, types)
    store.close()
    looked: list[Path] = []
    monkeypatch.setattr(opening, "check_pages", looked.append)
    open_store().close()
    open_store()

    assert looked == [paths.store]
