from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hookwright.core.service.echoes import Echoes
from hookwright.hookspecs import (
    Adapter,
    Compaction,
    Decision,
    Delivery,
    Event,
    FileChanged,
    PromptSubmit,
    SessionEnd,
    SessionStart,
    SubagentStart,
    SubagentStop,
    ToolAfter,
    ToolBefore,
    TurnEnd,
)
from hookwright.plugins.adapters.cursor import (
    hookwright_plugin_info,
    hookwright_register_adapters,
)
from hookwright.plugins.adapters.cursor.adapter import CursorAdapter
from hookwright.plugins.adapters.cursor.hook_files import add_hooks

Make = Callable[..., Delivery]
Messages = dict[str, dict[str, Any]]
Parse = Callable[..., list[Any]]

KINDS: dict[str, list[type[Event]]] = {
    "sessionStart": [SessionStart],
    "beforeSubmitPrompt": [PromptSubmit],
    "preToolUse.Shell": [ToolBefore],
    "preToolUse.Read": [ToolBefore],
    "preToolUse.Write": [ToolBefore],
    "preToolUse.MCP": [ToolBefore],
    "postToolUse.Shell": [ToolAfter],
    "postToolUse.failed": [ToolAfter],
    "postToolUse.Write": [ToolAfter, FileChanged],
    "postToolUse.Delete": [ToolAfter, FileChanged],
    "postToolUseFailure": [ToolAfter],
    "postToolUseFailure.refused": [],
    "subagentStart": [SubagentStart],
    "subagentStop": [SubagentStop],
    "preCompact": [Compaction],
    "stop": [TurnEnd],
    "sessionEnd": [SessionEnd],
}


@pytest.fixture
def adapter() -> CursorAdapter:
    return CursorAdapter()


@pytest.fixture
def parse(adapter: CursorAdapter, messages: Messages, make_delivery: Make) -> Parse:
    def run(name: str, **changes: object) -> list[Any]:
        payload = messages[name] | changes
        event = name.partition(".")[0]
        # A user's hooks are run in ~/.cursor.
        delivery = make_delivery("cursor", payload, event, cwd="/home/user/.cursor")
        return list(adapter.parse(delivery))

    return run


def test_the_plugin_offers_one_adapter_of_the_contract() -> None:
    (adapter,) = hookwright_register_adapters()
    assert isinstance(adapter, Adapter)
    assert adapter.agent_host == "cursor"
    assert adapter.input_format == "json"
    assert hookwright_plugin_info().summary


@pytest.mark.parametrize("name", KINDS)
def test_every_message_gives_the_events_it_stands_for(name: str, parse: Parse) -> None:
    events = parse(name)
    assert [type(event) for event in events] == KINDS[name]
    for number, event in enumerate(events):
        assert event.id == f"0123456789abcdef0123.{number}"
        assert event.session_id == "conv-1"
        assert event.project.path == "/workspace"
        assert event.cwd == "/workspace"
        assert event.model_validate_json(event.model_dump_json()) == event


def test_a_shell_call_has_its_command(parse: Parse) -> None:
    (event,) = parse("preToolUse.Shell", cwd="sub")
    assert (event.call.tool, event.call.command) == ("shell", "ls")
    assert (event.call.id, event.cwd) == ("call-Shell", "/workspace/sub")
    assert event.agent.id == "cursor/main"


@pytest.mark.parametrize(
    ("native", "tool"),
    [
        ("Shell", "shell"), ("Read", "read"), ("Write", "write"), ("Delete", "edit"),
        ("Grep", "search"), ("List", "search"), ("Fetch", "fetch"),
        ("WebSearch", "fetch"), ("Task", "agent"), ("MCP:x", "mcp"),
        ("WriteShellStdin", "other"),
    ],
)  # fmt: skip
def test_tool_names_are_the_same_for_every_agent_host(
    native: str, tool: str, parse: Parse
) -> None:
    (event,) = parse("preToolUse.Shell", tool_name=native)
    assert event.call.tool == tool


def test_a_command_that_fails_is_a_failed_call(parse: Parse) -> None:
    (event,) = parse("postToolUse.failed")
    assert (event.succeeded, event.error) == (False, "exit code 1")
    (event,) = parse("postToolUse.Shell", tool_output="no json")
    assert (event.succeeded, event.output) == (True, "no json")
    (event,) = parse("postToolUseFailure", is_interrupt=True)
    assert (event.error, event.interrupted) == ("no such file", True)


def test_a_deleted_file_is_a_change(parse: Parse) -> None:
    after, changed = parse("postToolUse.Delete")
    assert (changed.change, changed.path) == ("deleted", "/workspace/a.txt")
    assert changed.call_id == after.call.id
    outside = {"file_path": "/elsewhere/x"}
    assert len(parse("postToolUse.Write", tool_input=outside)) == 1


def test_a_subagents_conversation_is_its_parents_session(parse: Parse) -> None:
    (start,) = parse("subagentStart")
    inside = {"conversation_id": "conv-2", "session_id": "conv-2"}
    (event,) = parse("preToolUse.Read", **inside)
    (stop,) = parse("subagentStop")
    assert {found.agent.id for found in (start, event, stop)} == {"cursor/explore"}
    assert {found.agent.instance for found in (start, event, stop)} == {"conv-2"}
    assert {found.session_id for found in (start, event, stop)} == {"conv-1"}
    assert stop.message == "found it"
    (unknown,) = parse("preToolUse.Read", session_id="conv-3")
    assert (unknown.agent.id, unknown.session_id) == ("cursor/main", "conv-3")


@pytest.mark.parametrize("status", ["error", "aborted"])
def test_a_turn_that_failed_says_so(status: str, parse: Parse) -> None:
    (event,) = parse("stop", status=status, loop_count=2)
    assert (event.failed, event.repeated, event.prompt_id) == (True, True, "gen-1")


@pytest.mark.parametrize(
    "name", ["beforeShellExecution", "afterFileEdit", "afterAgentThought", "New"]
)
def test_events_of_no_use_give_nothing(
    name: str, adapter: CursorAdapter, make_delivery: Make
) -> None:
    delivery = make_delivery("cursor", {"hook_event_name": name}, name)
    assert list(adapter.parse(delivery)) == []
    assert adapter.render(delivery, Decision(outcome="deny")).stdout == ""


def test_what_comes_by_claude_codes_entry_is_the_same_event(
    adapter: CursorAdapter, messages: Messages, make_delivery: Make
) -> None:
    payload = messages["preToolUse.Shell"]
    lent = make_delivery("cursor", payload, "PreToolUse", "claude-code", "PreToolUse")
    own = make_delivery("cursor", payload, "preToolUse")
    own = own.model_copy(update={"id": "1" * 20})
    assert adapter.refusable(lent)
    decision = Decision(outcome="deny", reason="no")
    assert adapter.render(lent, decision) == adapter.render(own, decision)
    # Told by both, as when the file of our own is not ours to read: counted once.
    echoes = Echoes()
    assert not echoes.repeats(lent.id, adapter.parse(lent))
    assert echoes.repeats(own.id, adapter.parse(own))
    unread = make_delivery("cursor", None, "PreToolUse", "claude-code", "PreToolUse")
    assert json.loads(adapter.render(unread, decision).stdout)["permission"] == "deny"


@pytest.mark.parametrize("where", ["CURSOR_PROJECT_DIR", "HOME"])
def test_where_hooks_of_our_own_tell_it_claude_codes_entry_tells_nothing(
    where: str,
    adapter: CursorAdapter,
    messages: Messages,
    make_delivery: Make,
    tmp_path: Path,
) -> None:
    path = tmp_path / ".cursor" / "hooks.json"
    path.parent.mkdir()
    for content, seen in (
        (b"{}", True),
        (b'{"hooks": {"preToolUse": [{"command": "x\'"}, 4]}}', True),
        (b"not json", True),
        (add_hooks(b"// mine\n{}", ("/x/client",)), False),
    ):
        path.write_bytes(content)
        delivery = make_delivery(
            "cursor",
            messages["sessionStart"],
            "SessionStart",
            "claude-code",
            "SessionStart",
            environment={where: str(tmp_path)},
        )
        assert bool(adapter.parse(delivery)) is seen
    odd = {"CURSOR_PROJECT_DIR": "relative", "HOME": "/a\0b"}
    delivery = delivery.model_copy(update={"environment": odd})
    assert adapter.parse(delivery)


@pytest.mark.parametrize(
    ("name", "changes", "named"),
    [
        ("stop", {"session_id": None, "conversation_id": None}, "conversation_id is"),
        ("stop", {"session_id": 4}, "session_id is a number"),
        ("stop", {"cwd": "/a\0b"}, "holds a NUL"),
        ("stop", {"workspace_roots": ["/a\0b"]}, "holds a NUL"),
        ("stop", {"loop_count": "x"}, "loop_count is a string"),
        ("beforeSubmitPrompt", {"prompt": None}, "prompt is missing"),
        ("preToolUse.Shell", {"tool_input": "rm"}, "tool_input is a string"),
        ("preToolUse.Shell", {"tool_input": {"command": 1}}, "tool_input.command is"),
        ("preToolUse.Shell", {"tool_use_id": None}, "tool_use_id is missing"),
        ("postToolUse.Shell", {"duration": "x"}, "duration is a string"),
        ("postToolUse.Shell", {"tool_output": 4}, "tool_output is a number"),
        ("subagentStart", {"subagent_id": ""}, "subagent_id is empty"),
    ],
)
def test_a_malformed_message_names_the_field(
    name: str, changes: dict[str, Any], named: str, parse: Parse
) -> None:
    with pytest.raises(ValueError, match=named):
        parse(name, **changes)


def test_without_a_workspace_the_variable_names_it(
    adapter: CursorAdapter, messages: Messages, make_delivery: Make
) -> None:
    payload = messages["stop"] | {"workspace_roots": "none"}
    place = {"CURSOR_PROJECT_DIR": "/elsewhere"}
    delivery = make_delivery("cursor", payload, "stop", environment=place)
    assert adapter.parse(delivery)[0].cwd == "/elsewhere"


def _places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if at:
        yield at
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _places(item, (*at, key))
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _places(item, (*at, number))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(data=st.data())
@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_the_message_only_a_value_error_is_raised(
    make_delivery: Make, messages: Messages, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(messages)))
    payload = json.loads(json.dumps(messages[name]))
    for _ in range(data.draw(st.integers(1, 3))):
        *way, last = data.draw(st.sampled_from(list(_places(payload)) or [()]))
        holder = payload
        for part in way:
            holder = holder[part]
        match data.draw(st.sampled_from(["drop", "retype", "deepen", "nest"])):
            case "drop":
                del holder[last]
            case "retype":
                holder[last] = data.draw(JSON)
            case "deepen":
                holder[last] = {"inside": [holder[last]]}
            case _:
                for _ in range(150):
                    holder[last] = [holder[last]]
    adapter = CursorAdapter()
    try:
        delivery = make_delivery("cursor", payload, name.partition(".")[0])
        adapter.refusable(delivery)
        events = adapter.parse(delivery)
        assert list(adapter.parse(delivery)) == list(events)
    except ValueError:
        return
    assert list(adapter.complete(events)) == list(events)
    new = Decision(outcome="rewrite", reason="r", input={"command": "x"})
    adapter.render(delivery, new)
