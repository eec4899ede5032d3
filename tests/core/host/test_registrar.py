from __future__ import annotations

import types
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

import pytest

from hookwright.core.host import PluginHost, PluginStatus
from hookwright.hookspecs import (
    Command,
    Installer,
    Merge,
    PluginConfig,
    PluginContext,
    PluginInfo,
    Record,
    RecordType,
    Tool,
    hookimpl,
    hookspec,
)

MakeHost = Callable[..., PluginHost]
MakeEvent = Callable[..., Any]


def add(context: PluginContext, word: str) -> str:
    """Add a word."""
    return word


class Word(Record):
    word: str
    count: int = 0


class OtherWord(Record):
    word: str


WORDS = RecordType(
    name="words", model=Word, key=lambda w: (w.word,), merge={"count": Merge.SUM}
)
OTHER_WORDS = RecordType(name="words", model=OtherWord, key=lambda w: (w.word,))


class Speaker:
    """Adapter and installer in one, for one agent host."""

    input_format = "json"
    environment = ()
    refusable_events: Mapping[str, str] = {}
    scopes = ("project",)
    companions = ()

    def __init__(self, agent_host: Any = "test-host") -> None:
        self.agent_host = agent_host

    def refusable(self) -> None: ...
    def parse(self) -> None: ...
    def complete(self) -> None: ...
    def render(self) -> None: ...
    def plan(self) -> None: ...
    def strip(self) -> None: ...
    def detect(self) -> None: ...


class Adds:
    """Adds what it is given."""

    def __init__(self, **lists: Any) -> None:
        self.lists = lists

    @hookimpl
    def hookwright_register_records(self) -> Any:
        return self.lists.get("records", [])

    @hookimpl
    def hookwright_register_tools(self) -> Any:
        return self.lists.get("tools", [])

    @hookimpl
    def hookwright_register_commands(self) -> Any:
        return self.lists.get("commands", [])

    @hookimpl
    def hookwright_register_adapters(self) -> Any:
        return self.lists.get("adapters", [])

    @hookimpl
    def hookwright_register_installers(self) -> Any:
        return self.lists.get("installers", [])

    @hookimpl
    def hookwright_turn_end(self) -> None: ...


def status_of(host: PluginHost, name: str) -> PluginStatus:
    return next(status for status in host.report() if status.name == name)


def why(host: PluginHost, plugin: object, name: str = "bad") -> str:
    """Register a plugin that must fail; return why it did."""
    assert not host.register(plugin, name, "bad-dist", "1.2")
    status = status_of(host, name)
    assert status.state == "failed"
    assert status.label == f"{name} (bad-dist 1.2)"
    return status.why


def test_all_that_a_plugin_adds_is_there(make_host: MakeHost) -> None:
    speaker = Speaker()
    tool = Tool(add, command=("word", "add"))
    command = Command("words", "Many words.", load=lambda: None)

    host = make_host(
        {
            "adds": Adds(
                records=[WORDS],
                tools=[tool],
                commands=[command],
                adapters=[speaker],
                installers=[speaker],
            )
        }
    )

    assert host.record_types == {"words": WORDS}
    assert host.tools == {"add": tool}
    assert host.commands == {"words": command}
    assert dict[str, object](host.adapters) == {"test-host": speaker}
    assert dict[str, object](host.installers) == {"test-host": speaker}


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ({"records": [WORDS]}, {"records": [OTHER_WORDS]}, "record type 'words'"),
        ({"tools": [Tool(add)]}, {"tools": [Tool(add)]}, "tool 'add'"),
        (
            {"tools": [Tool(add, name="x", command=("word", "add"))]},
            {"tools": [Tool(add, name="y", command=("word", "add"))]},
            "command 'word add'",
        ),
        (
            {"tools": [Tool(add, name="x", command=("word",))]},
            {"commands": [Command("word", "", load=lambda: None)]},
            "command 'word'",
        ),
        ({"adapters": [Speaker()]}, {"adapters": [Speaker()]}, "adapter 'test-host'"),
        (
            {"installers": [Speaker()]},
            {"installers": [Speaker()]},
            "installer 'test-host'",
        ),
    ],
)
def test_a_conflict_names_both_providers_and_the_second_is_left_out_whole(
    make_host: MakeHost, make_event: MakeEvent, first: Any, second: Any, message: str
) -> None:
    host = make_host()
    host.register(Adds(**first), "first", "first-dist", "1.0")

    reason = why(host, Adds(**second), "second")

    assert reason == (
        f"adds {message}, which plugin first (first-dist 1.0) has added already; "
        "disable one of them in [plugins] disabled"
    )
    assert status_of(host, "first").state == "active"
    host.observe(make_event("turn_end"))
    assert [hook.calls for hook in status_of(host, "first").hooks] == [1]
    assert status_of(host, "second").hooks == ()


@pytest.mark.parametrize(
    ("lists", "message"),
    [
        ({"tools": [Tool(add), Tool(add)]}, "adds tool 'add' twice"),
        (
            {"commands": [Command("store", "", load=lambda: None)]},
            "adds command 'store', which is Hookwright's own",
        ),
        (
            {
                "tools": [
                    Tool(add, name="x", command=("word",)),
                    Tool(add, name="y", command=("word", "add")),
                ]
            },
            "adds command 'word add', which collides with its own command 'word': a "
            "command cannot be a group too",
        ),
        (
            {"tools": "garbage"},
            "hookwright_register_tools returned a str; it must return a list of Tool "
            "values",
        ),
        (
            {"records": [1]},
            "hookwright_register_records returned a list with an int; it must hold "
            "RecordType values",
        ),
        (
            {"adapters": [object()]},
            "hookwright_register_adapters returned object, which has no agent_host, "
            "input_format, environment, refusable, refusable_events, parse, complete, "
            "render",
        ),
        (
            {"installers": [Speaker(7)]},
            "hookwright_register_installers: agent_host is 7, no text",
        ),
    ],
)
def test_unusable_additions_are_refused(
    make_host: MakeHost, lists: Any, message: str
) -> None:
    assert why(make_host(), Adds(**lists)) == message


def test_a_record_type_that_the_store_refuses_fails_the_plugin(
    make_host: MakeHost,
) -> None:
    host = make_host()
    taken = RecordType(name="notes", model=Word, key=lambda w: (w.word,))

    assert "notes" in why(host, Adds(records=[taken], tools=[Tool(add)]))
    assert host.tools == {}


class Misspelt:
    @hookimpl
    def hookwright_tol_before(self, event: Any) -> None: ...


class UnknownParameter:
    @hookimpl
    def hookwright_tool_before(self, evnt: Any) -> None: ...


class GeneratorHook:
    @hookimpl
    def hookwright_briefing(self, event: Any) -> Iterator[Any]:
        yield 1


class AsyncHook:
    @hookimpl
    async def hookwright_turn_end(self, event: Any) -> None: ...


class AsyncGeneratorHook:
    @hookimpl
    async def hookwright_turn_end(self, event: Any) -> AsyncIterator[int]:
        yield 1


class WrapperHook:
    @hookimpl(wrapper=True)
    def hookwright_turn_end(self, event: Any) -> Any:
        return (yield)


class InfoOfWrongType:
    @hookimpl
    def hookwright_plugin_info(self) -> Any:
        return {"summary": "no"}


class ExitsWhileRegistering:
    @hookimpl
    def hookwright_register_tools(self) -> Any:
        raise SystemExit(1)


class GeneratorResult:
    @hookimpl
    def hookwright_register_tools(self) -> Any:
        return (tool for tool in [Tool(add)])


@pytest.mark.parametrize(
    ("plugin", "message"),
    [
        (Misspelt, "did you mean hookwright_tool_before?"),
        (UnknownParameter, "evnt"),
        (GeneratorHook, "hookwright_briefing is a generator function"),
        (AsyncHook, "hookwright_turn_end is an async function"),
        (AsyncGeneratorHook, "hookwright_turn_end is an async function"),
        (WrapperHook, "hookwright_turn_end is a wrapper; only core wraps hooks"),
        (InfoOfWrongType, "hookwright_plugin_info returned a dict"),
        (ExitsWhileRegistering, "raised SystemExit: 1"),
        (GeneratorResult, "returned a generator; it must return a list of Tool"),
    ],
)
def test_a_plugin_that_cannot_be_registered_says_why(
    make_host: MakeHost, plugin: type, message: str
) -> None:
    host = make_host()

    assert message in why(host, plugin())
    # Nothing of it is left, so the next one registers.
    assert host.register(Adds(tools=[Tool(add)]), "bad", "good-dist", "2")


def test_a_class_is_no_instance(make_host: MakeHost) -> None:
    assert "have you forgotten the ()?" in why(make_host(), Adds)


@pytest.mark.parametrize("name", ["store", "service", "plugins", "redaction"])
def test_names_of_cores_sections_are_refused(make_host: MakeHost, name: str) -> None:
    assert "section of Hookwright's own" in why(make_host(), Adds(), name)


@pytest.mark.parametrize("name", ["", "With-Dash", "9lives", "../up"])
def test_names_that_are_no_identifiers_are_refused(
    make_host: MakeHost, name: str
) -> None:
    assert "is not usable" in why(make_host(), Adds(), name)


def test_a_name_is_taken_once_and_so_is_an_object(make_host: MakeHost) -> None:
    host = make_host()
    plugin = Adds()
    host.register(plugin, "first", "first-dist", "1.0")

    assert not host.register(Adds(), "first", "bad-dist", "1.2")
    assert "taken by plugin first (first-dist 1.0)" in host.report()[1].why
    assert "same object as plugin first" in why(host, plugin, "second")


def test_a_module_can_be_a_plugin_and_foreign_names_in_it_are_ignored(
    make_host: MakeHost, make_event: MakeEvent
) -> None:
    module = types.ModuleType("a_plugin")
    calls: list[Any] = []

    @hookimpl
    def hookwright_turn_end(event: Any) -> None:
        calls.append(event)

    module.hookwright_turn_end = hookwright_turn_end  # type: ignore[attr-defined]
    module.hookwright_version = "1"  # type: ignore[attr-defined]
    host = make_host({"a_plugin": module})

    host.observe(make_event("turn_end"))

    assert len(calls) == 1
    assert status_of(host, "a_plugin").notes == ()


def test_a_hook_without_the_mark_is_noted(make_host: MakeHost) -> None:
    class Forgot:
        def hookwright_turn_end(self, event: Any) -> None: ...

    host = make_host({"forgot": Forgot()})

    assert status_of(host, "forgot").notes == (
        "hookwright_turn_end is not called: it lacks @hookimpl",
    )


def test_calls_go_by_mark_and_then_by_registration(
    make_host: MakeHost, make_event: MakeEvent
) -> None:
    order: list[str] = []

    def plugin(name: str, **options: Any) -> object:
        class Ordered:
            def hookwright_turn_end(self) -> None:
                order.append(name)

        hookimpl(Ordered.hookwright_turn_end, **options)
        return Ordered()

    host = make_host(
        {
            "a": plugin("a", trylast=True),
            "b": plugin("b"),
            "c": plugin("c", tryfirst=True),
            "d": plugin("d"),
            "e": plugin("e", tryfirst=True),
            "f": plugin("f", trylast=True),
        }
    )

    host.observe(make_event("turn_end"))

    assert order == ["c", "e", "b", "d", "a", "f"]


class WordsConfig(PluginConfig):
    limit: int = 3
    mode: str = "soft"


class Configured:
    """Tells which configuration it has."""

    def __init__(self) -> None:
        self.seen: list[WordsConfig] = []

    @hookimpl
    def hookwright_plugin_info(self) -> PluginInfo:
        return PluginInfo(
            summary="Counts words.", config=WordsConfig, project_may_set=("limit",)
        )

    @hookimpl
    def hookwright_turn_end(self, context: PluginContext) -> None:
        self.seen.append(context.config(WordsConfig))


def test_a_bad_table_names_key_value_place_and_what_is_accepted(
    make_host: MakeHost,
) -> None:
    host = make_host(
        {"words": Configured()},
        {"words": {"limit": "many", "mod": "x"}},
        origins_of=lambda key: f"hookwright.toml:{len(key)}",
    )

    status = status_of(host, "words")
    assert status.state == "failed"
    assert "words.limit is 'many': Input should be a valid integer" in status.why
    assert "(hookwright.toml:11)" in status.why
    assert "words.mod is not a setting; did you mean mode? (hookwright" in status.why
    assert host.plugin_models == {"words": WordsConfig}


def test_a_plugin_comes_back_when_its_table_is_mended(
    make_host: MakeHost, make_event: MakeEvent
) -> None:
    plugin = Configured()
    host = make_host({"words": plugin}, {"words": {"limit": "many"}})

    assert "words.limit" in host.reconfigure({"words": {"limit": "more"}})[0]
    assert host.reconfigure({"words": {"limit": 5}}) == []
    host.observe(make_event("turn_end"))

    assert plugin.seen == [WordsConfig(limit=5)]
    assert [status.state for status in host.report()] == ["active"]
    assert host.project_may_set == {"words": ("limit",)}


def test_a_table_that_went_bad_keeps_the_configuration(
    make_host: MakeHost, make_event: MakeEvent
) -> None:
    plugin = Configured()
    host = make_host({"words": plugin}, {"words": {"limit": 1}})

    problems = host.reconfigure({"words": {"limit": []}})
    host.observe(make_event("turn_end"))
    host.reconfigure({})
    host.observe(make_event("turn_end"))

    assert problems == [
        "plugin words: words.limit is []: Input should be a valid integer"
    ]
    assert plugin.seen == [WordsConfig(limit=1), WordsConfig()]


class Asking:
    @hookspec
    def hookwright_asking_word(self, word: str) -> str | None: ...


class Brings:
    def __init__(self, *sources: Any) -> None:
        self.sources = sources

    @hookimpl
    def hookwright_register_hookspecs(self) -> Any:
        return self.sources


class Answering:
    @hookimpl
    def hookwright_asking_word(self, word: str) -> str:
        return word


def test_a_plugin_may_implement_anothers_hook(make_host: MakeHost) -> None:
    host = make_host({"asking": Brings(Asking), "answering": Answering()})

    assert [status.state for status in host.report()] == ["active", "active"]


def test_implementing_a_hook_that_nobody_specifies_fails(make_host: MakeHost) -> None:
    message = "it implements hookwright_asking_word, which nobody specifies"

    assert why(make_host(), Answering()) == message


def historic() -> type:
    class Historic:
        @hookspec(historic=True)
        def hookwright_bad_old(self) -> None: ...

    return Historic


def named(hook: str) -> type:
    return type("Named", (), {hook: hookspec(lambda: None)})


@pytest.mark.parametrize(
    ("source", "name", "message"),
    [
        (object, "bad", "nothing is marked with @hookspec"),
        (named("hookwright_other_x"), "bad", "must begin hookwright_bad_"),
        (historic(), "bad", "as historic, which Hookwright does not have"),
        (named("hookwright_session_end"), "session", "already registered"),
    ],
)
def test_unusable_specifications_fail_the_plugin(
    make_host: MakeHost, source: Any, name: str, message: str
) -> None:
    assert message in why(make_host(), Brings(source), name)


def test_two_plugins_cannot_specify_one_hook(make_host: MakeHost) -> None:
    host = make_host()
    host.register(Brings(named("hookwright_a_b_c")), "a", "a-dist", "1")

    message = why(host, Brings(named("hookwright_a_b_c")), "a_b")

    assert "which plugin a (a-dist 1) has specified already" in message


def test_a_disabled_plugin_is_blocked_and_an_essential_one_of_ours_is_not(
    make_host: MakeHost, caplog: pytest.LogCaptureFixture
) -> None:
    class Essential(Adds):
        @hookimpl
        def hookwright_plugin_info(self) -> PluginInfo:
            return PluginInfo(essential=True)

    host = make_host(disabled=["a", "b", "c", "d"])

    assert host.register(Essential(), "a", "hookwright", "1")
    assert not host.register(Adds(), "b", "hookwright", "1")
    # Only what comes with Hookwright can be essential.
    assert not host.register(Essential(), "c", "their-dist", "1")
    assert not host.register(Misspelt(), "d", "hookwright", "1")

    assert [status.state for status in host.report()] == ["active"] + ["blocked"] * 3
    assert host.report()[0].notes == (
        "it is essential, so [plugins] disabled does not apply",
    )
    assert host.report()[1].why == "it is listed in [plugins] disabled"
    assert "essential and cannot be disabled" in caplog.text


def test_the_types_of_the_contract_fit_what_is_checked() -> None:
    from hookwright.core.host.registrar import ADAPTER, INSTALLER
    from hookwright.hookspecs import Adapter

    def members(protocol: type) -> set[str]:
        return {name for name in vars(protocol) if not name.startswith("_")}

    assert set(ADAPTER) == members(Adapter)
    assert set(INSTALLER) == members(Installer)
