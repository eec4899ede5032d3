from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from hookwright.core.errors import PluginError, UnknownNameError
from hookwright.core.host import PluginHost
from hookwright.core.store import Store
from hookwright.hookspecs import (
    BriefingPart,
    Event,
    FlushReport,
    PluginContext,
    PluginInfo,
    SessionStart,
    StatusPart,
    StatusQuery,
    Tool,
    hookimpl,
    hookspec,
)

from .conftest import NOTES, Note

MakeHost = Callable[..., PluginHost]
MakeEvent = Callable[..., Any]
Hang = Any


class Writes:
    @hookimpl
    def hookwright_event(self, event: Event, context: PluginContext) -> None:
        context.store.put(NOTES, Note(author=context.name, text=event.id))


class WritesAndFails:
    def __init__(self, fail: Callable[[], Any], budget_ms: int = 5000) -> None:
        self.fail = fail
        self.budget_ms = budget_ms

    @hookimpl
    def hookwright_plugin_info(self) -> PluginInfo:
        return PluginInfo(observe_budget_ms=self.budget_ms)

    @hookimpl
    def hookwright_event(self, context: PluginContext) -> Any:
        context.store.put(NOTES, Note(author=context.name))
        return self.fail()


def authors(store: Store) -> list[str]:
    return [note.author for note in store.stage().scan(NOTES)]


@pytest.mark.parametrize(
    "fail", [lambda: 1 / 0, lambda: "something"], ids=["raises", "returns"]
)
def test_a_failing_observer_loses_its_writes_and_nobody_elses(
    make_host: MakeHost, make_event: MakeEvent, store: Store, fail: Callable[[], Any]
) -> None:
    host = make_host({"a": Writes(), "bad": WritesAndFails(fail), "c": Writes()})

    store.commit(host.observe(make_event("turn_end")))

    assert authors(store) == ["a", "c"]
    assert [status.hooks[0].errors for status in host.report()] == [0, 1, 0]


def test_an_observer_that_comes_back_late_writes_and_counts_nothing(
    make_host: MakeHost, make_event: MakeEvent, store: Store, hang: Hang
) -> None:
    errors: list[Exception] = []

    class Late:
        @hookimpl
        def hookwright_plugin_info(self) -> PluginInfo:
            return PluginInfo(observe_budget_ms=20)

        @hookimpl
        def hookwright_event(self, context: PluginContext) -> None:
            early = context.store
            hang()
            for use in (
                lambda: early.put(NOTES, Note(author="late")),
                lambda: context.store.get(NOTES, "a"),
                lambda: context.call_hook("hookwright_any"),
            ):
                try:
                    use()
                except PluginError as error:
                    errors.append(error)
            hang.came_back()

    host = make_host({"a": Writes(), "late": Late(), "z": Writes()})

    stages = host.observe(make_event("turn_end"))
    before = host.report()
    hang.let_go(1)
    store.commit(stages)

    assert authors(store) == ["a", "z"]
    assert host.report() == before
    assert len(errors) == 3
    assert all("late" in str(error) for error in errors)
    late = before[1].hooks[0]
    assert (late.calls, late.errors) == (1, 1)


def test_a_thread_that_a_plugin_leaves_behind_cannot_write(
    make_host: MakeHost, make_event: MakeEvent, store: Store, hang: Hang
) -> None:
    errors: list[Exception] = []

    class Leaves:
        @hookimpl
        def hookwright_event(self, context: PluginContext) -> None:
            context.store.put(NOTES, Note(author="in time"))
            threading.Thread(target=self.later, args=(context,), daemon=True).start()

        def later(self, context: PluginContext) -> None:
            hang()
            try:
                context.store.put(NOTES, Note(author="too late"))
            except PluginError as error:
                errors.append(error)
            hang.came_back()

    host = make_host({"leaves": Leaves()})

    stages = host.observe(make_event("turn_end"))
    hang.let_go(1)
    store.commit(stages)

    assert authors(store) == ["in time"]
    assert "after its call had ended" in str(errors[0])


def test_the_hook_of_every_event_comes_before_the_kinds_own(
    make_host: MakeHost, make_event: MakeEvent
) -> None:
    seen: list[str] = []

    class Both:
        def __init__(self, name: str) -> None:
            self.name = name

        @hookimpl
        def hookwright_event(self) -> None:
            seen.append(f"{self.name} event")

        @hookimpl
        def hookwright_turn_end(self) -> None:
            seen.append(f"{self.name} turn_end")

    host = make_host({"a": Both("a"), "b": Both("b")})

    host.observe(make_event("turn_end"))
    host.observe(make_event("tool_before"))

    both = ["a event", "b event"]
    assert seen == [*both, "a turn_end", "b turn_end", *both]


def test_briefing_parts_of_all_are_collected_and_a_failing_one_is_left_out(
    make_host: MakeHost, make_event: MakeEvent
) -> None:
    class Says:
        def __init__(self, result: Any) -> None:
            self.result = result

        @hookimpl
        def hookwright_briefing(self, event: SessionStart) -> Any:
            if isinstance(self.result, Exception):
                raise self.result
            return self.result

    part = BriefingPart(title="t", text="x")
    host = make_host(
        {
            "a": Says([part]),
            "b": Says(ValueError("x")),
            "c": Says(None),
            "d": Says("text"),
            "e": Says(["text"]),
            "f": Says((part, part)),
        }
    )

    parts, stages = host.briefing(make_event("session_start"))

    assert parts == [part, part, part]
    assert stages == []
    errors = {status.name: status.hooks[0].last_error for status in host.report()}
    assert errors["d"] == "returned a str; it must return a list of BriefingPart values"
    assert errors["e"] == "returned a list with a str; it must hold BriefingPart values"


def test_without_briefers_there_is_no_briefing(
    make_host: MakeHost, make_event: MakeEvent
) -> None:
    assert make_host().briefing(make_event("session_start")) == ([], [])


def test_flush_startup_and_shutdown_are_told(make_host: MakeHost) -> None:
    told: list[Any] = []

    class Told:
        @hookimpl
        def hookwright_startup(self, context: PluginContext) -> None:
            told.append(context.name)

        @hookimpl
        def hookwright_flush_after(self, report: FlushReport) -> None:
            told.append(report.reason)

        @hookimpl
        def hookwright_shutdown(self) -> None:
            told.append("bye")

    host = make_host({"told": Told()})

    assert host.startup() == []
    host.flush_after(FlushReport(reason="push"))
    host.shutdown()

    assert told == ["told", "push", "bye"]


def test_a_plugin_that_fails_at_startup_is_unregistered(
    make_host: MakeHost, make_event: MakeEvent
) -> None:
    class Fails(Writes):
        @hookimpl
        def hookwright_startup(self) -> None:
            raise OSError("no disk")

    host = make_host({"a": Writes(), "fails": Fails()})

    host.startup()

    states = {status.name: status for status in host.report()}
    assert states["a"].state == "active"
    assert states["fails"].state == "failed"
    assert states["fails"].why == "hookwright_startup raised OSError: no disk"
    assert len(host.observe(make_event("turn_end"))) == 1


def test_a_plugin_that_fails_at_startup_takes_all_it_added_along(
    make_host: MakeHost,
) -> None:
    def show(context: PluginContext) -> str:
        return context.name

    class Fails:
        @hookimpl
        def hookwright_register_tools(self) -> list[Tool]:
            return [Tool(show, command=("show",), name="show")]

        @hookimpl
        def hookwright_register_records(self) -> Any:
            return [NOTES]

        @hookimpl
        def hookwright_startup(self) -> None:
            raise OSError

    host = make_host({"fails": Fails()})
    assert "show" in host.tools

    host.startup()

    assert host.tools == {}
    with pytest.raises(UnknownNameError):
        host.call_tool("show", {}, from_agent=False)


def test_a_hook_that_is_left_alone_is_left_out(
    make_host: MakeHost, make_event: MakeEvent
) -> None:
    calls: list[int] = []

    class Raises:
        @hookimpl
        def hookwright_briefing(self) -> None:
            calls.append(1)
            raise ValueError

        @hookimpl
        def hookwright_asks_many(self) -> None:
            calls.append(2)
            raise ValueError

    asks = Asks(lambda context: context.call_hook("hookwright_asks_many", word="x"))
    host = make_host({"asks": asks, "raises": Raises()})

    for _ in range(5):
        assert host.briefing(make_event("session_start")) == ([], [])
        host.observe(make_event("turn_end"))

    assert (calls.count(1), calls.count(2)) == (3, 3)
    assert asks.got == []


class Specs:
    @hookspec
    def hookwright_asks_many(self, word: str, context: PluginContext) -> str | None: ...

    @hookspec(firstresult=True)
    def hookwright_asks_one(self, word: str) -> str | None: ...


class Asks:
    """Calls hooks of its own from an observer."""

    def __init__(self, call: Callable[[PluginContext], Any]) -> None:
        self.call = call
        self.got: Any = None

    @hookimpl
    def hookwright_register_hookspecs(self) -> Any:
        return [Specs]

    @hookimpl
    def hookwright_plugin_info(self) -> PluginInfo:
        return PluginInfo(observe_budget_ms=400)

    @hookimpl
    def hookwright_turn_end(self, context: PluginContext) -> None:
        self.got = self.call(context)


class Answers:
    def __init__(self, answer: Callable[[str], Any]) -> None:
        self.answer = answer
        self.asked = 0

    @hookimpl
    def hookwright_asks_many(self, word: str, context: PluginContext) -> Any:
        context.store.put(NOTES, Note(author=context.name, text=word))
        self.asked += 1
        return self.answer(word)

    @hookimpl
    def hookwright_asks_one(self, word: str) -> Any:
        self.asked += 1
        return self.answer(word)


def test_a_plugins_own_hook_gives_all_results_and_leaves_failures_out(
    make_host: MakeHost, make_event: MakeEvent, store: Store
) -> None:
    asks = Asks(lambda context: context.call_hook("hookwright_asks_many", word="x"))
    host = make_host(
        {
            "asks": asks,
            "b": Answers(lambda word: word * 2),
            "c": Answers(lambda word: 1 / 0),
            "d": Answers(lambda word: None),
            "e": Answers(lambda word: word * 3),
        }
    )

    store.commit(host.observe(make_event("turn_end")))

    assert asks.got == ["xx", "xxx"]
    assert authors(store) == ["b", "d", "e"]


def test_a_first_result_hook_ends_with_the_first_answer(
    make_host: MakeHost, make_event: MakeEvent
) -> None:
    asks = Asks(lambda context: context.call_hook("hookwright_asks_one", word="x"))
    last = Answers(lambda word: "last")
    host = make_host(
        {
            "asks": asks,
            "b": Answers(lambda word: None),
            "c": Answers(lambda word: "first"),
            "d": last,
        }
    )

    host.observe(make_event("turn_end"))

    assert asks.got == ["first"]
    assert last.asked == 0


def test_what_was_written_in_a_nested_call_is_dropped_with_the_outer_one(
    make_host: MakeHost, make_event: MakeEvent
) -> None:
    def call(context: PluginContext) -> None:
        context.call_hook("hookwright_asks_many", word="x")
        raise ValueError

    host = make_host({"asks": Asks(call), "b": Answers(lambda word: word)})

    assert host.observe(make_event("turn_end")) == []


def test_a_hanging_answerer_is_blamed_and_not_the_one_who_asks(
    make_host: MakeHost, make_event: MakeEvent, hang: Hang
) -> None:
    asks = Asks(lambda context: context.call_hook("hookwright_asks_many", word="x"))
    host = make_host({"asks": asks, "stuck": Answers(lambda word: hang())})

    host.observe(make_event("turn_end"))

    assert asks.got == []
    hooks = {
        (status.name, hook.hook): hook.errors
        for status in host.report()
        for hook in status.hooks
    }
    assert hooks["asks", "hookwright_turn_end"] == 0
    assert hooks["stuck", "hookwright_asks_many"] == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda context: context.call_hook("hookwright_nobodys"),
            "LookupError: no loaded plugin specifies hook 'hookwright_nobodys'; "
            "specified are: hookwright_asks_many, hookwright_asks_one",
        ),
        (
            lambda context: context.call_hook("hookwright_event", event=1),
            "LookupError",
        ),
        (
            lambda context: context.call_hook("hookwright_asks_one", words="x"),
            "TypeError: hookwright_asks_one takes (word), but was given (words)",
        ),
    ],
)
def test_a_wrong_call_of_an_own_hook_says_what_is_wrong(
    make_host: MakeHost, make_event: MakeEvent, call: Any, message: str
) -> None:
    host = make_host({"asks": Asks(call)})

    host.observe(make_event("turn_end"))

    assert message in host.report()[0].hooks[0].last_error


def test_hooks_that_call_each_other_in_a_circle_end(
    make_host: MakeHost, make_event: MakeEvent
) -> None:
    depths: list[int] = []

    class Circle:
        @hookimpl
        def hookwright_asks_many(self, word: str, context: PluginContext) -> None:
            depths.append(len(word))
            context.call_hook("hookwright_asks_many", word=word + "x")

    asks = Asks(lambda context: context.call_hook("hookwright_asks_many", word=""))
    host = make_host({"asks": asks, "circle": Circle()})

    host.observe(make_event("turn_end"))

    # The innermost one fails for going on, and so does nobody else.
    assert depths == list(range(len(depths)))
    assert 1 <= len(depths) <= 8
    errors = {status.name: status.hooks[0].errors for status in host.report()}
    assert errors["asks"] == 0


def test_parts_of_a_status_line_are_collected_and_what_is_written_is_dropped(
    make_host: MakeHost, make_event: MakeEvent, store: Store
) -> None:
    class Shows:
        def __init__(self, result: Any) -> None:
            self.result = result

        @hookimpl
        def hookwright_status_line(
            self, query: StatusQuery, context: PluginContext
        ) -> Any:
            context.store.put(NOTES, Note(author=context.name))
            if isinstance(self.result, Exception):
                raise self.result
            return self.result

    part = StatusPart(text="fine")
    host = make_host(
        {"a": Shows([part]), "b": Shows(OSError("x")), "c": Shows(None), "d": Shows(7)}
    )
    event = make_event("turn_end")

    parts = host.status_line(StatusQuery(project=event.project, cwd=event.cwd))

    assert parts == [part]
    assert authors(store) == []
    errors = {status.name: status.hooks[0].last_error for status in host.report()}
    assert errors["b"] == "raised OSError: x"
    assert errors["d"] == "returned an int; it must return a list of StatusPart values"


def test_nobody_shows_a_status_line(make_host: MakeHost, make_event: MakeEvent) -> None:
    event = make_event("turn_end")

    host = make_host({"a": Writes()})

    assert host.status_line(StatusQuery(project=event.project, cwd=event.cwd)) == []
