from __future__ import annotations

from hookwright.plugins.adapters.wire.call_ids import CallIds, name_of


def test_a_call_that_is_read_again_is_not_open_again() -> None:
    ids = CallIds()
    name = ids.before("key", "10")
    assert ids.is_open(name)
    assert ids.expects("key", "20")
    assert ids.after("key", "20") == name
    assert ids.ended("key", "20") == name
    assert ids.before("key", "10") == name
    assert not ids.is_open(name)
    assert ids.after("key", "30") != name


def test_a_rewritten_call_is_open_once_by_what_it_became() -> None:
    ids = CallIds()
    name = ids.before("key", "10")
    ids.rewritten(name, "other")
    ids.rewritten(name, "third")
    assert ids.before("key", "10") == name
    assert ids.told_under(name) == ("third", "10", False)
    assert not ids.expects("key", "20")
    assert not ids.expects("other", "20")
    # As another process finds it kept.
    second = CallIds()
    second.reopen("third", "10", name, ended=False)
    assert second.is_open(name)
    for process in (ids, second):
        assert process.after("third", "20") == name
        assert not process.is_open(name)


def test_of_a_refused_call_no_end_is_expected() -> None:
    ids = CallIds()
    name = ids.before("key", "10")
    ids.refused(name)
    ids.refused(name)
    ids.rewritten(name, "other")
    assert ids.before("key", "10") == name
    assert not ids.expects("key", "20")
    assert ids.after("key", "20") == name_of("key", "20")
    assert ids.ended("key", "40") is None


def test_what_is_remembered_has_an_end() -> None:
    ids = CallIds()
    for number in range(5_000):
        ids.before(f"key {number}", "1")
        ids.after(f"key {number}", "2")
    for number in range(100):
        ids.before("one", str(number))
    for number in range(5_000):
        ids.after(f"early {number}", "2")
        ids.before(f"early {number}", "1")
    assert len(ids._early) <= 4_096
    assert len(ids._ends) <= 4_096
    assert len(ids._late) <= 4_096
    assert len(ids._done) <= 4_096
    assert len(ids._open) <= 4_096
    assert len(ids._closed) <= 4_096
    assert len(ids._open["one"]) == 32
