from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
    UsageReported,
)
from hookwright.plugins.adapters.opencode import (
    hookwright_plugin_info,
    hookwright_register_adapters,
    hookwright_register_installers,
)
from hookwright.plugins.adapters.opencode.adapter import OpenCodeAdapter
from hookwright.plugins.adapters.opencode.names import REFUSABLE

Make = Callable[..., Delivery]
Parse = Callable[..., list[Any]]

SAMPLES = Path(__file__).parents[1] / "samples" / "opencode"
#: All that was captured; beside the checkout, where it is at all.
CAPTURED = Path(__file__).parents[5] / "shared" / "agent-hosts" / "samples" / "opencode"
KINDS: dict[str, list[type[Event]]] = {
    "chat.message": [PromptSubmit],
    "experimental.session.compacting": [Compaction],
    "session.compacted": [Compaction],
    "session.created": [SessionStart],
    "session.idle": [TurnEnd],
    "step-finish": [UsageReported],
    "tool.execute.after": [ToolAfter],
    "tool.execute.after.edit": [ToolAfter, FileChanged],
    "tool.execute.after.write": [ToolAfter, FileChanged],
    "tool.execute.before": [ToolBefore],
}
MAIN = {"id": "ses_a", "root": "ses_a", "agent": ""}
CHILD = {"id": "ses_b", "root": "ses_a", "agent": "general"}


def kinds_of(name: str) -> list[type[Event]]:
    """Return what a sample of that name is to give."""
    name = name.removeprefix("event.").removeprefix("message.part.updated.")
    while name not in KINDS and "." in name:
        name = name.rpartition(".")[0]
    return KINDS.get(name, [])


def payload_of(path: Path) -> dict[str, Any]:
    """Return a sample as the shim would send it."""
    value: dict[str, Any] = json.loads(path.read_text())
    value |= value.pop("stdin", {})
    return {**value, "event": value["event"].removeprefix("event:")}


@pytest.fixture
def adapter() -> OpenCodeAdapter:
    return OpenCodeAdapter()


@pytest.fixture
def parse(adapter: OpenCodeAdapter, make_delivery: Make) -> Parse:
    def run(event: str, cwd: str = "/workspace", **fields: object) -> list[Any]:
        payload = {"event": event, "cwd": cwd, "session": MAIN, **fields}
        return list(adapter.parse(make_delivery("opencode", payload, event)))

    return run


def test_the_plugin_offers_one_adapter_of_the_contract() -> None:
    (adapter,) = hookwright_register_adapters()
    (installer,) = hookwright_register_installers()
    assert isinstance(adapter, Adapter)
    assert (adapter.agent_host, installer.agent_host) == ("opencode", "opencode")
    assert adapter.input_format == "json"
    assert hookwright_plugin_info().summary


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.json")), ids=lambda p: p.stem)
def test_every_captured_message_gives_the_events_it_stands_for(
    path: Path, adapter: OpenCodeAdapter, make_delivery: Make
) -> None:
    payload = payload_of(path)
    events = adapter.parse(make_delivery("opencode", payload, payload["event"]))
    assert [type(event) for event in events] == kinds_of(path.stem)
    for event in events:
        assert event.session_id.startswith("ses_")
        assert event.agent.id == "opencode/main"
        assert event.host_event == payload["event"]


def test_everything_that_was_ever_captured_is_understood_or_passed_over(
    adapter: OpenCodeAdapter, make_delivery: Make
) -> None:
    if not CAPTURED.exists():
        pytest.skip("the captured messages are not beside this checkout")
    for path in sorted(CAPTURED.glob("*.json")):
        payload = payload_of(path)
        events = adapter.parse(make_delivery("opencode", payload, payload["event"]))
        assert [type(event) for event in events] == kinds_of(path.stem), path.stem


def test_a_call_is_named_as_in_every_agent_host(parse: Parse) -> None:
    given = {"tool": "bash", "callID": "c1"}
    (event,) = parse(
        "tool.execute.before", input=given, output={"args": {"command": "git push"}}
    )
    assert (event.call.tool, event.call.command) == ("shell", "git push")
    assert (event.call.id, event.call.native_name) == ("c1", "bash")
    (event,) = parse(
        "tool.execute.before",
        input={"tool": "read", "callID": "c2"},
        output={"args": {"filePath": "src/../.env"}},
    )
    assert (event.call.tool, event.call.paths) == ("read", ("/workspace/.env",))


@pytest.mark.parametrize(
    ("tool", "told", "kind", "server"),
    [
        ("my_server_search", {"mcp_server": "my_server"}, "mcp", "my_server"),
        ("custom_tool", {"mcp_server": ""}, "other", ""),
        ("probe_probe", {}, "mcp", "probe"),
        ("apply_patch", {}, "edit", ""),
        ("plan_exit", {}, "other", ""),
        ("task", {"mcp_server": ""}, "agent", ""),
        ("grep", {}, "search", ""),
        ("webfetch", {}, "fetch", ""),
        ("unheard", {}, "other", ""),
    ],
)
def test_a_tool_of_a_server_is_told_from_one_of_a_plugin(
    parse: Parse, tool: str, told: dict[str, str], kind: str, server: str
) -> None:
    (event,) = parse(
        "tool.execute.before",
        input={"tool": tool, "callID": "c"},
        output={"args": {"path": "x"}},
        **told,
    )
    assert (event.call.tool, event.call.mcp_server) == (kind, server)
    assert event.call.paths == (() if server else ("/workspace/x",))


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ({"exit": 0}, ""),
        ({"exit": 3}, "exit code 3"),
        ({"exit": None}, "the command was stopped before it ended"),
        ({}, ""),
        (None, ""),
    ],
)
def test_a_command_fails_by_its_exit_code(
    parse: Parse, metadata: object, error: str
) -> None:
    given = {"tool": "bash", "callID": "c", "args": {"command": "x"}}
    output = {"output": "o", "metadata": metadata}
    (event,) = parse("tool.execute.after", input=given, output=output, duration_ms=4)
    assert (event.succeeded, event.error) == (not error, error)
    assert event.duration_ms == 4


def test_a_failing_server_is_a_failed_call(parse: Parse) -> None:
    given = {"tool": "a_b", "callID": "c", "args": {}}
    (event,) = parse(
        "tool.execute.after", input=given, output={"isError": True, "content": []}
    )
    assert not event.succeeded


def test_a_patch_changes_each_of_its_files(parse: Parse, tmp_path: Path) -> None:
    top = str(tmp_path)
    patch = (
        "*** Begin Patch\n*** Add File: new.txt\n+x\n*** Update File: old.txt\n"
        "*** Move to: moved.txt\n@@\n*** Delete File: gone.txt\n*** End Patch"
    )
    files = [
        {"filePath": f"{top}/new.txt", "type": "add"},
        {"filePath": f"{top}/kept.txt", "type": "update"},
        {"filePath": f"{top}/old.txt", "type": "move", "movePath": f"{top}/moved.txt"},
        {"filePath": f"{top}/gone.txt", "type": "delete"},
        {"filePath": "/elsewhere/x", "type": "add"},
        {"type": "add"},
        "nonsense",
    ]
    call, *changes = parse(
        "tool.execute.after",
        cwd=top,
        input={"tool": "apply_patch", "callID": "c", "args": {"patchText": patch}},
        output={"metadata": {"files": files}},
    )
    names = [path.removeprefix(f"{top}/") for path in call.call.paths]
    assert names == ["new.txt", "old.txt", "moved.txt", "gone.txt"]
    assert [(one.path.removeprefix(f"{top}/"), one.change) for one in changes] == [
        ("new.txt", "created"),
        ("kept.txt", "modified"),
        ("old.txt", "deleted"),
        ("moved.txt", "created"),
        ("gone.txt", "deleted"),
    ]
    assert [one.id.rpartition(".")[2] for one in (call, *changes)] == list("012345")


@pytest.mark.parametrize(("old", "change"), [("", "created"), ("a", "modified")])
def test_an_edit_of_nothing_makes_the_file(
    parse: Parse, tmp_path: Path, old: str, change: str
) -> None:
    args = {"filePath": "f", "oldString": old, "newString": "b"}
    _, changed = parse(
        "tool.execute.after",
        cwd=str(tmp_path),
        input={"tool": "edit", "callID": "c", "args": args},
        output={"metadata": {}},
    )
    assert (changed.path, changed.change) == (str(tmp_path / "f"), change)


def test_a_failed_call_changes_nothing_and_says_why(parse: Parse) -> None:
    state = {"status": "error", "input": {"filePath": "f"}, "error": "not found"}
    part = {"type": "tool", "tool": "edit", "callID": "c", "state": state}
    (event,) = parse("message.part.updated", input={"properties": {"part": part}})
    assert (event.succeeded, event.error, event.interrupted) == (
        False,
        "not found",
        False,
    )
    part["state"] = {**state, "metadata": {"interrupted": True}}
    (event,) = parse("message.part.updated", input={"properties": {"part": part}})
    assert event.interrupted
    part["state"] = {"status": "running", "input": {}}
    assert parse("message.part.updated", input={"properties": {"part": part}}) == []


def test_a_subagent_is_named_by_its_type_and_its_session(parse: Parse) -> None:
    (begun,) = parse("session.created", session=CHILD)
    (prompt,) = parse("chat.message", session=CHILD, output={"parts": []})
    (ended,) = parse("session.idle", session=CHILD, message="done")
    assert isinstance(begun, SubagentStart)
    assert isinstance(ended, SubagentStop)
    assert (prompt.source, ended.message) == ("subagent", "done")
    for event in (begun, prompt, ended):
        assert event.session_id == "ses_a"
        assert event.agent.id == "opencode/general"
        assert event.agent.instance == "ses_b"
    # As OpenCode itself tells it.
    info = {"id": "ses_b", "parentID": "ses_a", "agent": "general"}
    (told,) = parse(
        "session.created", session=None, input={"properties": {"info": info}}
    )
    assert told == begun


def test_a_session_begins_and_ends_once(parse: Parse) -> None:
    (begun,) = parse("session.created", source="resume")
    (ended,) = parse("dispose", reason="dispose")
    (deleted,) = parse("session.deleted", reason="deleted")
    assert isinstance(begun, SessionStart)
    assert isinstance(ended, SessionEnd)
    assert (begun.source, ended.reason, deleted.reason) == (
        "resume",
        "dispose",
        "deleted",
    )
    assert parse("session.deleted", session=CHILD) == []
    assert parse("dispose", session=None) == []


def test_a_prompt_is_what_the_person_wrote(parse: Parse) -> None:
    parts = [
        {"type": "text", "text": "look at"},
        {"type": "text", "text": "the file's content", "synthetic": True},
        {"type": "file", "filename": "a.txt"},
        {"type": "text", "text": "@a.txt"},
    ]
    output = {"message": {"id": "msg_1"}, "parts": parts}
    (event,) = parse("chat.message", output=output)
    assert (event.prompt, event.prompt_id) == ("look at\n@a.txt", "msg_1")
    assert event.source == "user"


def test_a_turn_that_failed_says_so(parse: Parse) -> None:
    (event,) = parse("session.idle", prompt_id="m", message="", error="Aborted")
    assert (event.failed, event.message, event.prompt_id) == (True, "Aborted", "m")


def test_tokens_are_counted_by_the_part_that_tells_them(parse: Parse) -> None:
    tokens = {
        "input": 100,
        "output": 20,
        "reasoning": 5,
        "cache": {"read": 40, "write": 3},
    }
    part = {"type": "step-finish", "id": "prt_1", "tokens": tokens}
    given = {"properties": {"part": part}}
    (event,) = parse("message.part.updated", input=given, model="p/m")
    assert event.id == "opencode.usage.prt_1"
    assert (event.model, event.message_id) == ("p/m", "prt_1")
    assert (event.input_tokens, event.output_tokens) == (100, 25)
    assert (event.cache_read_tokens, event.cache_write_tokens) == (40, 3)


def test_a_compaction_is_told_before_and_after(parse: Parse) -> None:
    (before,) = parse("experimental.session.compacting", trigger="auto")
    (after,) = parse("session.compacted", trigger="auto", summary="short")
    assert [(one.phase, one.trigger) for one in (before, after)] == [
        ("before", "auto"),
        ("after", "auto"),
    ]
    assert after.summary == "short"


@pytest.mark.parametrize(
    ("event", "fields", "said"),
    [
        ("tool.execute.before", {"input": {"tool": "bash"}}, "input.callID"),
        ("tool.execute.before", {"input": 5}, "input is a number"),
        ("tool.execute.after", {"input": {"tool": "x", "callID": "c"}}, "output"),
        ("chat.message", {"output": {"parts": "x"}}, "output.parts"),
        ("session.idle", {"message": 5}, "message is a number"),
        ("session.idle", {"session": {"id": "a"}}, "session.root"),
        ("session.idle", {"session": {}, "input": {}}, "id is missing"),
        ("session.idle", {"cwd": "/a\0b"}, "cwd"),
    ],
)
def test_a_malformed_message_is_refused_by_the_name_of_the_field(
    parse: Parse, event: str, fields: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said.replace(".", r"\.")):
        parse(event, **fields)


def test_what_nobody_knows_is_passed_over(parse: Parse) -> None:
    assert parse("file.edited", input={"properties": {"file": "/x"}}) == []
    assert parse("no.such.event", session=5) == []


def test_what_can_be_refused_is_known_from_the_arguments_alone(
    adapter: OpenCodeAdapter, make_delivery: Make
) -> None:
    for name in REFUSABLE:
        assert adapter.refusable(make_delivery("opencode", None, name))
        assert adapter.refusable(make_delivery("opencode", "not JSON", name))
    told = {"event": "tool.execute.before"}
    assert adapter.refusable(make_delivery("opencode", told))
    assert not adapter.refusable(make_delivery("opencode", None, "session.created"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "type", "text"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value in a JSON value."""
    yield path
    pairs: Any = enumerate(value) if isinstance(value, list) else ()
    for key, item in value.items() if isinstance(value, dict) else pairs:
        yield from places(item, (*path, key))


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, Any]:
    """Return a message with some values removed, exchanged or put in beside."""
    payload = payload_of(draw(st.sampled_from(sorted(SAMPLES.glob("*.json")))))
    if draw(st.booleans()):
        payload["session"] = dict(draw(st.sampled_from([MAIN, CHILD])))
    event = payload["event"]
    for _ in range(draw(st.integers(1, 3))):
        *parents, last = draw(st.sampled_from([p for p in places(payload) if p]))
        holder: Any = payload
        for key in parents:
            holder = holder[key]
        how = draw(st.sampled_from(["remove", "replace", "add"]))
        if how == "remove":
            del holder[last]
        elif how == "replace" or isinstance(holder, list):
            holder[last] = draw(JSON)
        else:
            holder[draw(st.text(max_size=5))] = draw(JSON)
        if not payload:
            break
    return event, payload


@given(mutated())
@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_the_message_only_a_value_error_is_raised(
    make_delivery: Make, message: tuple[str, Any]
) -> None:
    event, payload = message
    adapter = OpenCodeAdapter()
    try:
        delivery = make_delivery("opencode", payload, event)
        adapter.refusable(delivery)
        adapter.render(delivery, Decision(outcome="deny", reason="no"))
        events = adapter.parse(delivery)
        assert list(adapter.parse(delivery)) == list(events)
    except ValueError:
        events = []
    assert adapter.complete(events) == events
