from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.errors import StoreError
from hookwright.core.paths import Paths
from hookwright.core.store import Store, StoreOptions, transfer

Run = Callable[[Callable[[], object]], int]


def put(store: Store, types: Any, *authors: str, text: str = "") -> None:
    stage = store.stage()
    for author in authors:
        stage.put(types.notes, types.note(author=author, text=text, tags={"t"}))
    store.commit([stage])
    store.flush("push")


def test_every_record_is_exported_as_a_line(
    store: Store, open_store: Any, types: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "_PIECE", 3)
    names = [f"/p/{number}" + "x" * 200 for number in range(10)]
    put(store, types, *names)
    out = io.BytesIO()

    assert store.export(out) == 10
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [row["key"] for row in rows] == [[name] for name in sorted(names)]
    assert rows[0]["record"]["author"] == names[0]
    assert {(row["type"], row["version"]) for row in rows} == {("notes", 1)}
    store.close()
    bare = open_store(register=False)
    assert bare.export(io.BytesIO()) == 10


def test_a_damaged_record_is_left_out_of_an_export(store: Store, types: Any) -> None:
    put(store, types, "a", "b", "c")

    def spoil(txn: Any, database: Any) -> None:
        txn.put(b"b", b"\x01\0\0\0\0{}", db=database("notes"))
        txn.put(b"c", _packed(b'{"author":3}'), db=database("notes"))
        txn.delete(b"tag/t", b"a", db=database("notes.index"))
        txn.put(b"tag/t", b"nobody", db=database("notes.index"))
        txn.put(b"x", b"broken", db=database("_inbox"))

    with store._environment.held():
        store._environment.write(["notes", "notes.index"], spoil)
    out = io.BytesIO()

    assert store.export(out) == 2
    assert store.pending() == []
    problems = "\n".join(store.check().problems)
    assert "notes b: the stored value's checksum is wrong" in problems
    assert "notes c: notes: the record does not validate: author" in problems
    assert "notes a: index entry tag/t is missing" in problems
    assert "notes nobody: index entry tag/t is one too many" in problems
    assert "_inbox x: " in problems
    assert not store.check().ok


def _packed(json_text: bytes) -> bytes:
    from hookwright.core.store.codec import pack

    return pack(1, json_text)


def test_many_problems_are_counted(store: Store, types: Any) -> None:
    put(store, types, *(f"{number}" for number in range(150)))

    def spoil(txn: Any, database: Any) -> None:
        txn.drop(database("notes.index"), delete=False)

    with store._environment.held():
        store._environment.write(["notes.index"], spoil)

    assert store.check().problems[-1] == "and 50 more"


def test_compacting_keeps_everything_and_frees_space(store: Store, types: Any) -> None:
    put(store, types, *(f"{number}" for number in range(300)), text="x" * 2000)
    stage = store.stage()
    for number in range(290):
        stage.delete(types.notes, f"{number}")
    store.commit([stage])
    store.flush("push")
    before, after = store.compact()

    assert after < before / 5
    assert store.stage().count(types.notes) == 10
    put(store, types, "after")
    assert store.stage().count(types.notes) == 11
    assert store.check().ok


def test_another_process_goes_on_with_a_compacted_store(
    store: Store, open_store: Any, types: Any, in_child: Run
) -> None:
    put(store, types, "before")

    def child() -> None:
        other = open_store()
        other.compact()
        put(other, types, "theirs")

    assert in_child(child) == 0
    put(store, types, "ours")

    assert [item.author for item in store.stage().scan(types.notes)] == [
        "before",
        "ours",
        "theirs",
    ]
    assert store.check().ok


def test_a_compaction_that_fails_leaves_the_store_as_it_was(
    store: Store, types: Any, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, types, "a")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(transfer, "_copy", fail)
        with pytest.raises(StoreError, match="could not be compacted"):
            store.compact()
        with pytest.raises(StoreError, match=r"backup to .* failed"):
            store.backup()

    assert store.stage().count(types.notes) == 1
    assert [item.name for item in paths.data.glob("store.lmdb*")] == ["store.lmdb"]


def test_a_backup_is_a_store(store: Store, types: Any, tmp_path: Path) -> None:
    put(store, types, "a")
    target = tmp_path / "copies" / "store.lmdb"

    assert store.backup(target) == (target / "data.mdb").stat().st_size
    with pytest.raises(StoreError, match="exists"):
        store.backup(target)
    copied = Paths(data=target.parent, config=target.parent)
    with Store.open(copied, StoreOptions(), read_only=True) as other:
        other.register(types.notes)
        assert other.stage().count(types.notes) == 1


def test_a_compaction_that_cannot_be_put_in_place_is_taken_back(
    open_store: Any, types: Any, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store()
    put(store, types, "ada")
    rename = Path.rename

    def refuse(path: Path, target: Path) -> Path:
        if "compacted" in path.name:
            raise OSError(28, "No space left on device")
        return rename(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", refuse)
        with pytest.raises(StoreError, match="No space left"):
            store.compact()
    put(store, types, "bob")

    assert store.stage().count(types.notes) == 2
    assert not list(paths.data.glob("store.lmdb.*"))


def test_a_store_that_was_moved_away_for_a_compaction_comes_back(
    open_store: Any, types: Any, paths: Paths
) -> None:
    first = open_store()
    put(first, types, "ada")
    first.close()
    paths.store.rename(paths.store.with_name("store.lmdb.old-X"))

    assert open_store().stage().count(types.notes) == 1
