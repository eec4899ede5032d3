from __future__ import annotations

from typing import Any

import pytest

from hookwright.core.errors import RecordError
from hookwright.core.store import Store, overlay


def get(store: Store, kind: Any, *key: str) -> Any:
    return store.stage().get(kind, *key)


def stage_with(store: Store, types: Any, *authors: str, **fields: Any) -> Any:
    stage = store.stage()
    for author in authors:
        stage.put(types.notes, types.note(author=author, **fields))
    return stage


def authors(found: Any) -> list[str]:
    return [note.author for note in found]


@pytest.fixture
def layered(store: Store, types: Any) -> Any:
    """Return a stage over a buffer over a store; each has changed the one below."""
    store.commit([stage_with(store, types, "a", "b", "c", "d", tags={"old"})])
    store.flush("push")
    buffered = stage_with(store, types, "b", "e", tags={"mid"})
    buffered.delete(types.notes, "c")
    buffered.merge(types.notes, ("d",), tags=["mid"])
    store.commit([buffered])
    stage = stage_with(store, types, "c", "f", tags={"new"})
    stage.delete(types.notes, "e")
    stage.merge(types.notes, ("d",), seen=1, tags=["new"])
    return stage


def test_reads_see_stage_over_buffer_over_store(layered: Any, types: Any) -> None:
    assert authors(layered.scan(types.notes)) == ["a", "b", "c", "d", "f"]
    assert layered.count(types.notes) == 5
    assert layered.get(types.notes, "d").tags == {"old", "mid", "new"}
    assert layered.get(types.notes, "e") is None


def test_an_index_sees_them_too(layered: Any, types: Any) -> None:
    def find(tag: str) -> list[str]:
        return authors(layered.find(types.notes, "tag", tag))

    assert find("old") == ["a", "d"]
    assert find("mid") == ["b", "d"]
    assert find("new") == ["c", "d", "f"]
    assert find("none") == []


def test_scans_go_backwards_and_stop(layered: Any, types: Any) -> None:
    backwards = layered.scan(types.notes, reverse=True, limit=3)

    assert authors(backwards) == ["f", "d", "c"]
    assert authors(layered.scan(types.notes, limit=2)) == ["a", "b"]
    assert authors(layered.scan(types.notes, limit=0)) == []


def test_an_unknown_index_is_an_error(store: Store, types: Any) -> None:
    with pytest.raises(KeyError, match="no index 'size'"):
        store.stage().find(types.notes, "size", "x")


@pytest.mark.parametrize("flushed", [True, False])
def test_a_prefix_is_whole_parts(store: Store, types: Any, flushed: bool) -> None:
    stage = store.stage()
    for project in ("/p", "/p/q", "/pp", "/o"):
        for item in ("1", "2"):
            stage.put(types.entries, types.entry(project=project, id=item))
    store.commit([stage])
    if flushed:
        store.flush("push")

    def found(*prefix: str, reverse: bool = False) -> list[str]:
        entries = store.stage().scan(types.entries, *prefix, reverse=reverse)
        return [f"{entry.project}:{entry.id}" for entry in entries]

    assert found("/p") == ["/p:1", "/p:2"]
    assert found("/p", reverse=True) == ["/p:2", "/p:1"]
    assert found("/p", "2") == ["/p:2"]
    assert found("/none") == []
    assert store.stage().count(types.entries, "/p") == 2
    assert store.stage().count(types.entries) == 8


@pytest.mark.parametrize("reverse", [True, False])
def test_long_scans_are_read_in_pieces_and_nothing_is_missing(
    store: Store, types: Any, monkeypatch: pytest.MonkeyPatch, reverse: bool
) -> None:
    monkeypatch.setattr(overlay, "_PIECE", 3)
    names = [f"{number:03}" for number in range(40)]
    store.commit([stage_with(store, types, *names[::2])])
    store.flush("push")
    store.commit([stage_with(store, types, *names[1::2])])
    gone = store.stage()
    for name in names[5:15]:
        gone.delete(types.notes, name)
    expected = sorted(names[:5] + names[15:], reverse=reverse)

    assert authors(gone.scan(types.notes, reverse=reverse)) == expected


def test_the_store_may_change_while_a_scan_is_open(
    store: Store, types: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overlay, "_PIECE", 2)
    store.commit([stage_with(store, types, *"abcdef")])
    store.flush("push")
    seen = []
    for note in store.stage().scan(types.notes):
        seen.append(note.author)
        change = store.stage()
        change.delete(types.notes, "f")
        change.put(types.notes, types.note(author="a" + note.author))
        store.commit([change])
        store.flush("push")

    assert [name for name in seen if len(name) == 1] == list("abcde")
    assert len(seen) == len(set(seen))


def test_reading_again_replays_only_what_is_new(
    store: Store, types: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hookwright.core.store.schema import Schema

    calls: list[object] = []
    real = Schema.change

    def change(schema: Schema, *rest: Any) -> bytes:
        calls.append(rest)
        return real(schema, *rest)

    monkeypatch.setattr(Schema, "change", change)
    for number in range(1, 51):
        stage = store.stage()
        stage.merge(types.levels, ("a",), points=number % 3)
        store.commit([stage])
        assert get(store, types.levels, "a") is not None
    assert len(calls) == 50
    store.flush("push")
    assert len(calls) == 100


def test_a_record_that_no_longer_validates_is_left_out_of_scans(
    store: Store, types: Any
) -> None:
    store.commit([stage_with(store, types, "a", "b", tags={"t"})])
    store.flush("push")

    def spoil(txn: Any, database: Any) -> None:
        from hookwright.core.store.codec import pack

        txn.put(b"a", pack(1, b'{"author":1}'), db=database("notes"))

    with store._environment.held():
        store._environment.write(["notes"], spoil)

    assert authors(store.stage().scan(types.notes)) == ["b"]
    assert authors(store.stage().find(types.notes, "tag", "t")) == ["b"]
    with pytest.raises(RecordError, match="author"):
        get(store, types.notes, "a")


def test_put_if_absent_keeps_what_is_there(store: Store, types: Any) -> None:
    store.commit([stage_with(store, types, "a", text="stored")])
    store.flush("push")
    stage = store.stage()
    for name in ("a", "b"):
        stage.put_if_absent(types.notes, types.note(author=name, text="new"))
    assert [note.text for note in stage.scan(types.notes)] == ["stored", "new"]
    store.commit([stage])
    assert store.flush("push").written == {"notes": 1}
    assert get(store, types.notes, "a").text == "stored"
    assert get(store, types.notes, "b").text == "new"
