from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hookwright.core.paths import Paths
from hookwright.core.service import wire
from hookwright.core.service.answering import Answering
from hookwright.core.service.runtime import Runtime


@pytest.fixture
def answering(paths: Paths) -> Iterator[Answering]:
    runtime = Runtime.open(paths)
    made = Answering(runtime, lambda reason: None)
    yield made
    assert made.lanes.drain(30)
    made.close()
    runtime.close()


def request(number: int, flags: str = "") -> list[bytes]:
    words = b"claude-code\0UserPromptSubmit"
    stdin = (
        b'{"hook_event_name": "UserPromptSubmit", "session_id": "s", "cwd": "/",'
        b' "prompt": "go"}'
    )
    head = [wire.VERSION, f"{number:020x}", flags]
    return [*(word.encode() for word in head), words, b"/", b"", stdin]


def answered(answering: Answering, number: int, flags: str = "") -> wire.Reply:
    """Return the answer to one event, however it comes."""

    async def ask() -> wire.Reply:
        loop = asyncio.get_running_loop()
        came: asyncio.Future[wire.Reply] = loop.create_future()

        def send(reply: wire.Reply) -> None:
            loop.call_soon_threadsafe(came.set_result, reply)

        assert answering.answer_soon(request(number, flags), send)
        return await asyncio.wait_for(came, 30)

    return asyncio.run(ask())


def prompts(answering: Answering) -> int:
    assert answering.lanes.drain(30)
    kept = answering._runtime.events.recent(100)
    return sum(line["kind"] == "prompt_submit" for line in kept)


@pytest.mark.parametrize("place", ["decide_here", "_answered"])
def test_an_event_whose_answer_fails_is_observed_all_the_same(
    answering: Answering, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("a fault of ours")

    assert answered(answering, 1).status == wire.DONE
    with monkeypatch.context() as patched:
        patched.setattr(answering._runtime, place, fail)
        assert answered(answering, 2).status == wire.FAULT
    assert answered(answering, 3).status == wire.DONE
    assert prompts(answering) == 3


def test_faults_give_their_places_back(
    answering: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("a fault of ours")

    with monkeypatch.context() as patched:
        patched.setattr(answering._runtime, "receive", fail)
        for number in range(40):
            assert answered(answering, number).status == wire.FAULT
    assert answered(answering, 99).status == wire.DONE


@pytest.mark.parametrize("fails", [False, True])
def test_a_late_event_has_one_answer_and_is_observed(
    answering: Answering, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    go, ended = threading.Event(), threading.Event()
    runtime = answering._runtime
    here = runtime.decide_here

    def slow(*given: Any) -> None:
        go.wait(30)
        here(*given)
        ended.set()

    def fail(*_: Any) -> None:
        raise RuntimeError("a fault of ours")

    hurried = runtime.settings.service.model_copy(update={"answer_timeout": 0.2})
    changed = runtime.settings.model_copy(update={"service": hurried})
    loaded: Callable[[Any], Any] = lambda _self: changed  # noqa: E731 - a property's body
    monkeypatch.setattr(type(runtime), "settings", property(loaded))
    monkeypatch.setattr(runtime, "decide_here", slow)
    if fails:
        monkeypatch.setattr(runtime, "late", fail)

    status = answered(answering, 1).status
    go.set()

    assert status == (wire.FAULT if fails else wire.DONE)
    assert ended.wait(30)
    assert prompts(answering) == 1
