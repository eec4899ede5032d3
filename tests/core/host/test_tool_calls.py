from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pytest
from pydantic import BaseModel

from hookwright.core.errors import ToolError, UnknownNameError
from hookwright.core.host import PluginHost
from hookwright.core.host.tool_calls import arguments_model
from hookwright.core.store import Store
from hookwright.hookspecs import PluginContext, Tool, hookimpl

from .conftest import NOTES, Note

MakeHost = Callable[..., PluginHost]
SECRET = "hunter" + "2hunter2"


class Card(BaseModel):
    name: str
    made: datetime
    tags: set[str]


def card(context: PluginContext, name: str, tags: set[str] | None = None) -> Card:
    """Show a card."""
    return Card(name=name, made=datetime(2026, 1, 1, tzinfo=UTC), tags=tags or set())


def cards(context: PluginContext, count: int) -> list[Card]:
    return [card(context, f"n{number}") for number in range(count)]


def note(context: PluginContext, author: str) -> str:
    context.store.put(NOTES, Note(author=author))
    return "done"


def peek(context: PluginContext, author: str) -> int:
    context.store.get(NOTES, author)
    return context.store.count(NOTES)


def sneaky(context: PluginContext) -> None:
    context.store.put(NOTES, Note(author="x"))


def whose(context: PluginContext) -> list[Any]:
    return [context.name, context.from_agent]


def refuses(context: PluginContext) -> None:
    raise ToolError(f"there is no {SECRET}")


def breaks(context: PluginContext) -> None:
    context.store.get(NOTES, "x")
    raise ValueError(SECRET)


def exits(context: PluginContext) -> None:
    raise SystemExit(2)


def view(context: PluginContext) -> Mapping[str, Any]:
    return MappingProxyType({"a": (1, 2), "b": float("nan")})


def unserialisable(context: PluginContext) -> Any:
    return object()


class Mean:
    @classmethod
    def __get_pydantic_core_schema__(cls, *args: Any) -> Any:
        raise ValueError("no schema")


def unbuildable(context: PluginContext, mean: Mean) -> None: ...


class Tools:
    @hookimpl
    def hookwright_register_tools(self) -> list[Tool]:
        functions = (card, cards, peek, sneaky, whose, refuses, breaks, exits, view)
        return [
            *(Tool(function) for function in functions),
            Tool(unserialisable),
            Tool(unbuildable),
            Tool(note, writes=True),
            Tool(note, name="person_note", person_only=True, command=("note", "add")),
        ]


@pytest.fixture
def host(make_host: MakeHost) -> PluginHost:
    host = make_host(redact=lambda text: text.replace(SECRET, "[REDACTED]"))
    host.register(Tools(), "tools", "tools-dist", "1.0")
    return host


def call(host: PluginHost, name: str, /, **arguments: Any) -> Any:
    return host.call_tool(name, arguments, from_agent=True)[0]


def test_a_model_becomes_json(host: PluginHost) -> None:
    assert call(host, "card", name="x", tags=["a"]) == {
        "name": "x",
        "made": "2026-01-01T00:00:00Z",
        "tags": ["a"],
    }
    assert [item["name"] for item in call(host, "cards", count="2")] == ["n0", "n1"]
    assert call(host, "view") == {"a": [1, 2], "b": None}


def test_what_a_tool_writes_comes_back_as_a_stage(
    host: PluginHost, store: Store
) -> None:
    result, stages = host.call_tool("note", {"author": "Ada"}, from_agent=False)
    assert call(host, "peek", author="Ada") == 0

    store.commit(stages)

    assert result == "done"
    assert call(host, "peek", author="Ada") == 1


def test_a_tool_knows_its_plugin_and_who_calls(host: PluginHost) -> None:
    assert call(host, "whose") == ["tools", True]
    assert host.call_tool("whose", {}, from_agent=False)[0] == ["tools", False]


def test_a_tool_that_is_not_declared_to_write_cannot(host: PluginHost) -> None:
    with pytest.raises(ToolError, match="writes=True"):
        call(host, "sneaky")


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("card", {}, "card: name: Field required"),
        ("card", {"name": "x", "colour": 1}, "card: colour: Extra inputs"),
        ("cards", {"count": "many"}, "cards: count: Input should be a valid integer"),
        ("refuses", {}, r"there is no \[REDACTED\]"),
        ("breaks", {}, r"ValueError: \[REDACTED\] \(plugin tools \(tools-dist 1.0\)\)"),
        ("exits", {}, "exits failed: SystemExit: 2"),
        ("unserialisable", {}, "its result, an object, is no JSON value"),
        ("unbuildable", {}, "its signature gives no model"),
    ],
)
def test_whatever_goes_wrong_is_a_tool_error(
    host: PluginHost, name: str, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ToolError, match=message):
        host.call_tool(name, arguments, from_agent=True)


def test_an_agent_cannot_call_what_is_for_people(host: PluginHost) -> None:
    arguments = {"author": "x"}

    with pytest.raises(ToolError, match="`hookwright note add`"):
        host.call_tool("person_note", arguments, from_agent=True)
    # A person can; this one fails for another reason.
    with pytest.raises(ToolError, match="writes=True"):
        host.call_tool("person_note", arguments, from_agent=False)


def test_an_unknown_tool_is_named_with_what_there_is(
    host: PluginHost, make_host: MakeHost
) -> None:
    with pytest.raises(UnknownNameError, match=r"'crad'; did you mean card\?"):
        call(host, "crad")
    with pytest.raises(UnknownNameError, match="there are breaks, card, cards"):
        call(host, "zzzzzz")
    with pytest.raises(UnknownNameError, match="'card'; no plugin offers any"):
        call(make_host(), "card")


def test_a_persons_interrupt_is_no_fault_of_the_tool(make_host: MakeHost) -> None:
    def waits(context: PluginContext) -> None:
        raise KeyboardInterrupt

    class Waits:
        @hookimpl
        def hookwright_register_tools(self) -> list[Tool]:
            return [Tool(waits, name="waits")]

    with pytest.raises(KeyboardInterrupt):
        call(make_host({"waits": Waits()}), "waits")


def test_calls_of_tools_are_counted(host: PluginHost) -> None:
    call(host, "whose")
    for name in ("refuses", "breaks"):
        with pytest.raises(ToolError):
            call(host, name)

    hooks = {hook.hook: hook for hook in host.report()[0].hooks}

    assert (hooks["tool whose"].calls, hooks["tool whose"].errors) == (1, 0)
    assert (hooks["tool refuses"].calls, hooks["tool refuses"].errors) == (1, 0)
    assert (hooks["tool breaks"].calls, hooks["tool breaks"].errors) == (1, 1)


def test_the_arguments_model_is_made_once() -> None:
    tool = Tool(card)

    assert arguments_model(tool) is arguments_model(Tool(card))


def test_what_is_typed_into_a_writing_tool_is_redacted(make_host: MakeHost) -> None:
    class Notes:
        @hookimpl
        def hookwright_register_records(self) -> list[Any]:
            return [NOTES]

        @hookimpl
        def hookwright_register_tools(self) -> list[Tool]:
            return [Tool(note, writes=True)]

    host = make_host(redact=lambda text: text.replace(SECRET, "[REDACTED]"))
    assert host.register(Notes(), "notes")

    _, stages = host.call_tool("note", {"author": f"x{SECRET}"}, from_agent=False)

    (stage,) = stages
    assert stage.get(NOTES, "x[REDACTED]") is not None
