from __future__ import annotations

import json
import logging
from collections.abc import Callable
from contextlib import closing
from types import ModuleType

import pytest

from hookwright.core.paths import Paths
from hookwright.core.service.direct import answer_here
from hookwright.core.service.intake import RawDelivery
from hookwright.core.service.logs import LOGGER
from hookwright.core.service.runtime import Runtime
from hookwright.core.store import Store

MakeRaw = Callable[..., RawDelivery]


def test_a_gate_is_answered_on_standard_output(
    paths: Paths,
    sample: ModuleType,
    raw: MakeRaw,
    capfd: pytest.CaptureFixture[str],
) -> None:
    plugins = [(sample, "sample")]
    handlers = list(logging.getLogger(LOGGER).handlers)

    assert answer_here(raw("before", "forbidden"), "", paths, plugins) == 0

    out, err = capfd.readouterr()
    assert json.loads(out)["outcome"] == "deny"
    assert err == ""
    assert logging.getLogger(LOGGER).handlers == handlers


def test_what_is_only_recorded_prints_nothing(
    paths: Paths,
    sample: ModuleType,
    raw: MakeRaw,
    capfd: pytest.CaptureFixture[str],
) -> None:
    plugins = [(sample, "sample")]

    assert answer_here(raw("after", "one"), "od", paths, plugins) == 0
    assert answer_here(raw("after", stdin=b"{"), "od", paths, plugins) == 0
    # A moment that flushes takes along what the runs before it have left.
    assert answer_here(raw("push"), "od", paths, plugins) == 0

    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("hookwright: sample after: standard input is not JSON")
    with closing(Store.open(paths)) as store:
        store.register(sample.SEEN)
        seen = store.stage().get(sample.SEEN, "s1")
    assert seen is not None
    assert set(seen.texts) == {"one", "push"}


@pytest.mark.parametrize(("flags", "left"), [("o", 1), ("os", 1), ("od", 0)])
def test_the_daemon_lets_the_observers_see_it_where_one_is_to_come(
    paths: Paths, sample: ModuleType, raw: MakeRaw, flags: str, left: int
) -> None:
    """It reads its store once: what another process wrote would reach it too late."""
    assert answer_here(raw("after", "one"), flags, paths, [(sample, "sample")]) == 0

    with closing(Store.open(paths)) as store:
        store.register(sample.SEEN)
        store.recover()
        assert len(store.pending()) == left
        assert (store.stage().get(sample.SEEN, "s1") is None) == bool(left)


@pytest.mark.parametrize(("flags", "code"), [("", 0), ("t", 2)])
def test_an_unknown_host_is_told_the_known_ones(
    paths: Paths,
    sample: ModuleType,
    raw: MakeRaw,
    capfd: pytest.CaptureFixture[str],
    flags: str,
    code: int,
) -> None:
    found = answer_here(raw("before", host="nope"), flags, paths, [(sample, "sample")])

    out, err = capfd.readouterr()
    assert (found, out) == (code, "")
    assert err.startswith("hookwright: unknown agent host 'nope'; known: claude-code")
    assert "sample" in err


def test_without_a_place_for_a_log_the_answer_is_the_same(
    paths: Paths,
    sample: ModuleType,
    raw: MakeRaw,
    capfd: pytest.CaptureFixture[str],
) -> None:
    paths.data.mkdir()
    paths.logs.write_text("a file")

    answer_here(raw("before", "forbidden"), "", paths, [(sample, "sample")])

    out, err = capfd.readouterr()
    assert json.loads(out)["outcome"] == "deny"
    assert err == ""


def test_a_store_that_cannot_be_opened_is_told_in_one_line(
    paths: Paths,
    sample: ModuleType,
    raw: MakeRaw,
    capfd: pytest.CaptureFixture[str],
) -> None:
    Runtime.open(paths, entry_points=False).close()
    for file in sorted(paths.store.rglob("*")):
        file.unlink()
    paths.store.rmdir()
    paths.store.write_text("somebody's file")

    answer_here(raw("before", "forbidden"), "", paths, [(sample, "sample")])

    out, err = capfd.readouterr()
    assert json.loads(out)["outcome"] == "deny"
    assert err.count("\n") == 1
    assert "nothing is recorded, the store cannot be opened" in err
