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
    Decision,
    Delivery,
    Event,
    FileChanged,
    PromptSubmit,
    SessionEnd,
    SessionStart,
    SubagentStop,
    ToolAfter,
    ToolBefore,
    TurnEnd,
)
from hookwright.plugins.adapters.gemini import GeminiPlugin
from hookwright.plugins.adapters.gemini.adapter import GeminiAdapter

Make = Callable[..., Delivery]
Load = Callable[[str], dict[str, Any]]
Parse = Callable[..., list[Any]]

SAMPLES = Path(__file__).parents[1] / "samples" / "gemini"
#: Every message that was captured, where its folder is at hand.
ALL_SAMPLES = (
    Path(__file__).parents[5] / "shared" / "agent-hosts" / "samples" / "gemini"
)
KINDS: dict[str, list[type[Event]]] = {
    "SessionStart": [SessionStart],
    "BeforeAgent": [PromptSubmit],
    "BeforeTool": [ToolBefore],
    "AfterTool": [ToolAfter],
    "AfterTool.write_file": [ToolAfter, FileChanged],
    "AfterTool.replace": [ToolAfter, FileChanged],
    "AfterTool.invoke_agent": [ToolAfter, SubagentStop],
    "AfterAgent": [TurnEnd],
    "SessionEnd": [SessionEnd],
}
FOUND = {path.name: path for top in (ALL_SAMPLES, SAMPLES) for path in top.glob("*")}


@pytest.fixture
def adapter() -> GeminiAdapter:
    return GeminiAdapter()


@pytest.fixture
def parse(adapter: GeminiAdapter, load_sample: Load, make_delivery: Make) -> Parse:
    def run(name: str, **changes: object) -> list[Any]:
        sample = load_sample(f"gemini/{name}")
        payload = sample["stdin"] | changes
        delivery = make_delivery("gemini", payload, sample["event"])
        return list(adapter.parse(delivery))

    return run


def test_the_plugin_offers_one_adapter_of_the_contract() -> None:
    (adapter,) = GeminiPlugin().hookwright_register_adapters()
    assert isinstance(adapter, Adapter)
    assert adapter.agent_host == "gemini"
    assert adapter.input_format == "json"
    assert GeminiPlugin().hookwright_plugin_info().summary


@pytest.mark.parametrize("path", FOUND.values(), ids=FOUND.keys())
def test_every_captured_message_gives_the_events_it_stands_for(
    path: Path, adapter: GeminiAdapter, make_delivery: Make
) -> None:
    sample = json.loads(path.read_text())
    events = adapter.parse(make_delivery("gemini", sample["stdin"], sample["event"]))
    expected = KINDS.get(path.stem, KINDS.get(path.stem.partition(".")[0], []))
    assert [type(event) for event in events] == expected
    assert len({event.id for event in events}) == len(events)
    for event in events:
        assert event.id.startswith("0123456789abcdef0123.")
        assert event.session_id
        assert event.project.path == "/workspace"
        assert event.model_validate_json(event.model_dump_json()) == event


def test_a_shell_call_has_its_command(parse: Parse) -> None:
    (event,) = parse("BeforeTool.run_shell_command")
    assert event.call.tool == "shell"
    assert event.call.native_name == "run_shell_command"
    assert event.call.command == "echo hi"
    assert event.call.id
    assert event.agent.id == "gemini/main"


@pytest.mark.parametrize(
    ("native", "tool"),
    [
        ("run_shell_command", "shell"), ("read_file", "read"),
        ("read_many_files", "read"), ("write_file", "write"), ("replace", "edit"),
        ("glob", "search"), ("grep_search", "search"), ("list_directory", "search"),
        ("search_file_content", "search"), ("web_fetch", "fetch"),
        ("google_web_search", "fetch"), ("invoke_agent", "agent"),
        ("mcp_probe_probe", "mcp"), ("write_todos", "other"),
        ("complete_task", "other"),
    ],
)  # fmt: skip
def test_tool_names_are_the_same_for_every_agent_host(
    native: str, tool: str, parse: Parse
) -> None:
    (event,) = parse("BeforeTool", tool_name=native)
    assert event.call.tool == tool


def test_an_mcp_call_names_its_server(parse: Parse) -> None:
    (told,) = parse("BeforeTool.mcp_probe_probe")
    assert (told.call.tool, told.call.mcp_server) == ("mcp", "probe")
    assert told.call.paths == ()
    (guessed,) = parse("BeforeTool.mcp_probe_probe", mcp_context=None)
    assert guessed.call.mcp_server == "probe"


def test_paths_are_absolute(parse: Parse) -> None:
    (event,) = parse("BeforeTool.read_file", tool_input={"file_path": "../x/./y"})
    assert event.call.paths == ("/x/y",)
    (event,) = parse("BeforeTool.read_file", tool_input={"file_path": "a\0b"})
    assert event.call.paths == ()


def test_the_result_has_the_id_of_its_announcement(parse: Parse) -> None:
    (before,) = parse("BeforeTool.run_shell_command")
    (after,) = parse("AfterTool.run_shell_command")
    assert after.call.id == before.call.id
    # The same message again is the same call, a later one is another.
    (again,) = parse("AfterTool.run_shell_command")
    assert again == after
    (later,) = parse("AfterTool.run_shell_command", timestamp="2026-11-21T07:00:00Z")
    assert later.call.id != before.call.id


def test_two_equal_calls_have_ids_of_their_own(parse: Parse) -> None:
    times = [f"2026-11-21T06:00:0{number}.000Z" for number in range(4)]
    before = [parse("BeforeTool", timestamp=time)[0].call.id for time in times[:2]]
    after = [parse("AfterTool", timestamp=time)[0].call.id for time in times[2:]]
    assert sorted(before) == sorted(after)
    assert len(set(before)) == 2


def test_a_message_without_a_time_is_read_too(parse: Parse) -> None:
    (event,) = parse("BeforeTool", timestamp=None)
    time = event.time.timestamp()
    assert event.call.id.endswith(f"-{round(time * 1000)}")
    (event,) = parse("BeforeAgent", timestamp="no time at all")
    assert event.prompt_id == "no time at all"


SHELL_RESULTS = [
    ("Output: (empty)\nExit Code: 1\nProcess Group PGID: 7", "", "exit code 1"),
    ("Output: out\nExit Code: 3\nProcess Group PGID: 7", "out", "exit code 3"),
    ("Output: a\nSignal: 9\nProcess Group PGID: 7", "a", "ended by signal 9"),
    (
        "Output: a\nExit Code: 2\nBackground PIDs: 8, 9\nProcess Group PGID: 7",
        "a",
        "exit code 2",
    ),
    ("Output: a\nExit Code: 2", "a", "exit code 2"),
    ("Output: hi\nProcess Group PGID: 7", "hi", ""),
    ("Output: Exit Code: 4\nProcess Group PGID: 7", "Exit Code: 4", ""),
    ("Output: a\nExit Code: 4\nProcess Group PGID: 7", "a\nExit Code: 4", ""),
    ("Command moved to background (PID: 7). Output hidden.", "", ""),
    ("", "", ""),
]


@pytest.mark.parametrize(("text", "shown", "error"), SHELL_RESULTS)
@pytest.mark.parametrize("wrapped", [True, False])
def test_a_command_that_fails_says_so_at_the_end_of_its_text(
    text: str, shown: str, error: str, wrapped: bool, parse: Parse
) -> None:
    if wrapped:
        text = f"<untrusted_context>\n{text}\n</untrusted_context>"
    response = {"llmContent": text, "returnDisplay": shown}
    (event,) = parse("AfterTool", tool_response=response)
    assert (event.error, event.succeeded) == (error, not error)


def test_a_command_that_was_stopped_is_told_from_one_that_took_too_long(
    parse: Parse,
) -> None:
    said = "Command was cancelled by user before it could complete. Below is the rest"
    (event,) = parse("AfterTool", tool_response={"llmContent": said})
    assert (event.succeeded, event.interrupted) == (False, True)
    said = "Command was automatically cancelled because it exceeded it. Below is more"
    (event,) = parse("AfterTool", tool_response={"llmContent": said})
    assert (event.succeeded, event.interrupted) == (False, False)
    assert "more" not in event.error


@pytest.mark.parametrize(
    ("error", "text"),
    [
        ({"message": "no such file", "type": "file_not_found"}, "no such file"),
        ({"type": "unknown"}, "The tool failed."),
        ("it broke", "it broke"),
        ([1], "The tool failed."),
    ],
)
def test_a_tool_that_fails_has_its_error(
    error: object, text: str, parse: Parse
) -> None:
    response = {"llmContent": "x", "error": error}
    events = parse("AfterTool.replace", tool_response=response)
    assert [type(event) for event in events] == [ToolAfter]
    assert (events[0].succeeded, events[0].error) == (False, text)


def test_a_finished_edit_is_a_changed_file(parse: Parse) -> None:
    after, changed = parse("AfterTool.write_file")
    assert (changed.change, changed.path) == ("created", "/workspace/notes.txt")
    assert changed.call_id == after.call.id
    assert parse("AfterTool.replace")[1].change == "modified"


def test_a_file_outside_the_work_tree_is_not_the_projects_change(
    parse: Parse,
) -> None:
    events = parse("AfterTool.write_file", tool_input={"file_path": "/elsewhere/x"})
    assert [type(event) for event in events] == [ToolAfter]


def test_a_mere_look_at_the_contexts_length_is_no_compaction(parse: Parse) -> None:
    assert parse("PreCompress") == []
    (event,) = parse("PreCompress", trigger="manual")
    assert (event.phase, event.trigger) == ("before", "manual")


def test_a_turn_ends_with_the_prompt_that_began_it(parse: Parse) -> None:
    (prompt,) = parse("BeforeAgent")
    (end,) = parse("AfterAgent", stop_hook_active=True)
    assert end.prompt_id == prompt.prompt_id
    assert end.message == "all done"
    assert end.repeated


@pytest.mark.parametrize("name", ["AfterModel", "Notification", "FromTheFuture"])
def test_events_of_no_use_give_nothing(
    name: str, adapter: GeminiAdapter, make_delivery: Make
) -> None:
    delivery = make_delivery("gemini", {"hook_event_name": name}, name)
    assert list(adapter.parse(delivery)) == []


def test_unknown_fields_are_no_trouble(parse: Parse) -> None:
    assert parse("AfterAgent", something_new={"deep": [1, {"er": None}]})


@pytest.mark.parametrize(
    ("sample", "changes", "named"),
    [
        ("AfterAgent", {"session_id": None}, "session_id is missing"),
        ("AfterAgent", {"session_id": ""}, "session_id is empty"),
        ("AfterAgent", {"cwd": ["x"]}, "cwd is a list"),
        ("AfterAgent", {"cwd": "/a\0b"}, "cwd holds a NUL"),
        ("AfterAgent", {"timestamp": 4}, "timestamp is a number"),
        ("AfterAgent", {"transcript_path": 4}, "transcript_path is a number"),
        ("AfterAgent", {"stop_hook_active": "yes"}, "stop_hook_active is a string"),
        ("BeforeAgent", {"prompt": None}, "prompt is missing"),
        ("BeforeTool", {"tool_input": "rm"}, "tool_input is a string"),
        ("BeforeTool", {"tool_input": None}, "tool_input is missing"),
        ("BeforeTool", {"tool_input": {"command": 1}}, "tool_input.command is a"),
        ("BeforeTool", {"tool_name": True}, "tool_name is a boolean"),
        ("BeforeTool", {"mcp_context": 1}, "mcp_context is a number"),
        ("AfterTool", {"tool_response": 1}, "tool_response is a number"),
    ],
)
def test_a_malformed_message_names_the_field(
    sample: str, changes: dict[str, Any], named: str, parse: Parse
) -> None:
    with pytest.raises(ValueError, match=named):
        parse(sample, **changes)


@pytest.mark.parametrize("payload", [None, "text", [1], 4])
def test_a_message_that_is_no_object_is_refused(
    payload: object, adapter: GeminiAdapter, make_delivery: Make
) -> None:
    with pytest.raises(ValueError, match="expected an object"):
        adapter.parse(make_delivery("gemini", payload, "AfterAgent"))


def test_what_can_be_refused_is_known_without_a_message(
    adapter: GeminiAdapter, make_delivery: Make
) -> None:
    assert adapter.refusable(make_delivery("gemini", None, "BeforeTool"))
    named = {"hook_event_name": "BeforeAgent"}
    assert adapter.refusable(make_delivery("gemini", named))
    assert not adapter.refusable(make_delivery("gemini", "{", "AfterTool"))
    assert not adapter.refusable(make_delivery("gemini", None))
    decision = Decision(outcome="deny", reason="no")
    said = adapter.render(make_delivery("gemini", None, "BeforeTool"), decision)
    assert json.loads(said.stdout) == {"decision": "deny", "reason": "no"}


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
CAPTURED = [json.loads(path.read_text()) for path in sorted(SAMPLES.glob("*.json"))]


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, Any]:
    sample = draw(st.sampled_from(CAPTURED))
    payload = json.loads(json.dumps(sample["stdin"]))
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(payload))
        if not places:
            break
        *way, last = draw(st.sampled_from(places))
        holder = payload
        for part in way:
            holder = holder[part]
        match draw(st.sampled_from(["drop", "retype", "deepen", "nest"])):
            case "drop":
                del holder[last]
            case "retype":
                holder[last] = draw(JSON)
            case "deepen":
                holder[last] = {"inside": [holder[last]]}
            case _:
                for _ in range(150):
                    holder[last] = [holder[last]]
    return sample["event"], payload


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
    adapter = GeminiAdapter()
    try:
        delivery = make_delivery("gemini", payload, event)
        adapter.refusable(delivery)
        events = adapter.parse(delivery)
        assert list(adapter.parse(delivery)) == list(events)
    except ValueError:
        return
    adapter.render(delivery, Decision(contexts=("told",)))
    assert adapter.complete(events) == list(events)
