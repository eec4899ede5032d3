from __future__ import annotations

from typing import Any

from hookwright.core.store import Store
from hookwright.hookspecs import RecordType


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


def test_operations_of_an_unknown_type_wait_for_it(open_store: Any, types: Any) -> None:
    first = open_store()
    add(first, types, "ada", seen=3)
    first.close()
    store = open_store(register=False)
    report = store.recover()
    assert (report.operations, report.waiting) == (2, 2)
    assert store.stats().waiting == 2
    store.flush("push")
    assert store.stats().waiting == 2
    store.register(types.notes)
    add(store, types, "ada", seen=4)
    store.flush("push")

    assert get(store, types.notes, "ada").seen == 7
    assert store.stats().waiting == 0


def test_what_waits_is_applied_without_anything_else_to_flush(
    open_store: Any, types: Any
) -> None:
    first = open_store()
    add(first, types, "ada")
    first.close()
    store = open_store(register=False)
    store.recover()
    store.register(types.notes)

    assert store.flush("push").written == {"notes": 1}


def test_an_older_program_never_rewrites_a_newer_record(
    open_store: Any, types: Any
) -> None:
    class Newer(types.note):  # type: ignore[misc]
        colour: str = "red"

    newer = RecordType(
        name="notes",
        model=Newer,
        key=lambda note: (note.author,),
        merge=types.notes.merge,
        indexes=types.notes.indexes,
        version=2,
    )
    with open_store(register=False) as store:
        store.register(newer)
        stage = store.stage()
        stage.put(newer, Newer(author="ada", colour="blue"))
        store.commit([stage])
        store.flush("push")
        stage.merge(newer, ("ada",), colour="green")
        store.commit([stage])
    with open_store() as store:
        report = store.recover()
        assert report.waiting == 1
        assert get(store, types.notes, "ada").colour == "blue"
        add(store, types, "ada", seen=5)
        put(store, types, "eve")
        assert store.flush("push").written == {"notes": 1}
        assert store.stats().waiting == 2
        assert get(store, types.notes, "ada").seen == 0
        assert store.check().ok
    with open_store(register=False) as store:
        store.register(newer)
        store.flush("push")
        note = get(store, newer, "ada")
        assert (note.colour, note.seen) == ("green", 5)
        assert store.stats().waiting == 0
