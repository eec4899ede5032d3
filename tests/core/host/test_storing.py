from __future__ import annotations

import threading

import pytest

from hookwright.core.errors import PluginError
from hookwright.core.host.storing import CallStore
from hookwright.core.store import Store
from hookwright.hookspecs import RecordType

from .conftest import NOTES, Note


@pytest.fixture
def call_store(store: Store) -> CallStore:
    return CallStore(store, "notes", True)


def test_it_reads_and_writes_like_the_store(
    call_store: CallStore, store: Store
) -> None:
    call_store.put(NOTES, Note(author="a", text="1"))
    call_store.put_if_absent(NOTES, Note(author="a", text="2"))
    call_store.put_if_absent(NOTES, Note(author="b", text="3"))
    call_store.merge(NOTES, ("a",), text="4")
    call_store.put(NOTES, Note(author="c"))
    call_store.delete(NOTES, "c")

    found = call_store.get(NOTES, "a")
    assert found is not None
    assert found.text == "4"
    assert [note.author for note in call_store.scan(NOTES)] == ["a", "b"]
    assert call_store.count(NOTES) == 2
    assert store.stage().count(NOTES) == 0

    stage = call_store.end()
    assert stage is not None
    store.commit([stage])
    assert store.stage().count(NOTES) == 2


def test_an_index_that_is_not_declared_is_an_error(call_store: CallStore) -> None:
    with pytest.raises(KeyError):
        list(call_store.find(NOTES, "colour", "red"))


def test_what_was_not_used_has_no_stage(call_store: CallStore) -> None:
    assert call_store.end() is None


@pytest.mark.parametrize("how", ["end", "abandon"])
def test_nothing_goes_through_after_the_call(call_store: CallStore, how: str) -> None:
    call_store.count(NOTES)
    getattr(call_store, how)()

    for use in (
        lambda: call_store.get(NOTES, "a"),
        lambda: call_store.scan(NOTES),
        lambda: call_store.find(NOTES, "i", "v"),
        lambda: call_store.count(NOTES),
        lambda: call_store.put(NOTES, Note(author="a")),
        lambda: call_store.put_if_absent(NOTES, Note(author="a")),
        lambda: call_store.merge(NOTES, ("a",), text="x"),
        lambda: call_store.delete(NOTES, "a"),
    ):
        with pytest.raises(PluginError, match=r"plugin notes: .* call had ended"):
            use()


def test_a_write_still_under_way_in_a_thread_of_the_plugins_own_is_a_fault(
    call_store: CallStore, store: Store
) -> None:
    inside, leave = threading.Event(), threading.Event()

    def key(note: Note) -> tuple[str]:
        inside.set()
        assert leave.wait(30)
        return (note.author,)

    slow = RecordType(name="slow", model=Note, key=key)
    store.register(slow)
    thread = threading.Thread(target=lambda: call_store.put(slow, Note(author="a")))
    thread.start()
    assert inside.wait(30)

    with pytest.raises(PluginError, match="still writes"):
        call_store.end()
    leave.set()
    thread.join()
