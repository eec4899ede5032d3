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
)
from hookwright.plugins.adapters.claude_code import (
    hookwright_plugin_info,
    hookwright_register_adapters,
)
from hookwright.plugins.adapters.claude_code.adapter import ClaudeCodeAdapter

Make = Callable[..., Delivery]
Load = Callable[[str], dict[str, Any]]

SAMPLES = Path(__file__).parents[1] / "samples" / "claude"
KINDS: dict[str, list[type[Event]]] = {
    "SessionStart": [SessionStart],
    "UserPromptSubmit": [PromptSubmit],
    "PreToolUse": [ToolBefore],
    "PostToolUse": [ToolAfter],
    "PostToolUse.Write": [ToolAfter, FileChanged],
    "PostToolUse.Edit": [ToolAfter, FileChanged],
    "PostToolUseFailure": [ToolAfter],
    "Stop": [TurnEnd],
    "SubagentStart": [SubagentStart],
    "SubagentStop": [SubagentStop],
    "PreCompact": [Compaction],
    "PostCompact": [Compaction],
    "SessionEnd": [SessionEnd],
}


@pytest.fixture
def adapter() -> ClaudeCodeAdapter:
    return ClaudeCodeAdapter()


@pytest.fixture
def parse(
    adapter: ClaudeCodeAdapter, load_sample: Load, make_delivery: Make
) -> Callable[..., list[Any]]:
    def run(name: str, **changes: object) -> list[Any]:
        sample = load_sample(f"claude/{name}")
        payload = sample["stdin"] | changes
        delivery = make_delivery("claude-code", payload, sample["event"])
        return list(adapter.parse(delivery))

    return run


def test_the_plugin_offers_one_adapter_of_the_contract() -> None:
    (adapter,) = hookwright_register_adapters()
    assert isinstance(adapter, Adapter)
    assert adapter.agent_host == "claude-code"
    assert adapter.input_format == "json"
    assert hookwright_plugin_info().summary


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.json")), ids=lambda p: p.stem)
def test_every_captured_message_gives_the_events_it_stands_for(
    path: Path, parse: Callable[..., list[Any]]
) -> None:
    events = parse(path.stem)
    expected = KINDS.get(path.stem, KINDS.get(path.stem.partition(".")[0], []))
    assert [type(event) for event in events] == expected
    for number, event in enumerate(events):
        assert event.id == f"0123456789abcdef0123.{number}"
        assert event.session_id
        assert event.project.path == "/workspace"
        assert event.model_validate_json(event.model_dump_json()) == event


def test_a_shell_call_has_its_command(parse: Callable[..., list[Any]]) -> None:
    (event,) = parse("PreToolUse.Bash")
    assert event.call.tool == "shell"
    assert event.call.native_name == "Bash"
    assert event.call.command == "echo hi"
    assert event.call.id == "toolu_mock_000001"
    assert event.agent.id == "claude-code/main"


@pytest.mark.parametrize(
    ("native", "tool"),
    [
        ("Bash", "shell"), ("Read", "read"), ("Write", "write"), ("Edit", "edit"),
        ("MultiEdit", "edit"), ("NotebookEdit", "edit"), ("Grep", "search"),
        ("Glob", "search"), ("WebFetch", "fetch"), ("WebSearch", "fetch"),
        ("Task", "agent"), ("Agent", "agent"), ("mcp__a__b", "mcp"),
        ("TodoWrite", "other"),
    ],
)  # fmt: skip
def test_tool_names_are_the_same_for_every_agent_host(
    native: str, tool: str, parse: Callable[..., list[Any]]
) -> None:
    (event,) = parse("PreToolUse", tool_name=native)
    assert event.call.tool == tool


def test_an_mcp_call_names_its_server(parse: Callable[..., list[Any]]) -> None:
    (told,) = parse("PreToolUse.mcp__probe__probe")
    assert told.call.mcp_server == "probe"
    (guessed,) = parse("PreToolUse.mcp__probe__probe", mcp_server=None)
    assert guessed.call.mcp_server == "probe"


def test_paths_are_absolute(parse: Callable[..., list[Any]]) -> None:
    (event,) = parse("PreToolUse.Read", tool_input={"file_path": "../x/./y"})
    assert event.call.paths == ("/x/y",)


def test_a_subagent_acts_under_its_own_name(parse: Callable[..., list[Any]]) -> None:
    (event,) = parse("PreToolUse.in-subagent")
    assert event.agent.id == "claude-code/general-purpose"
    assert event.agent.instance == "a8e892b5d5827fcd7"
    assert event.agent.is_subagent


def test_an_agent_type_without_an_instance_is_the_main_agent(
    parse: Callable[..., list[Any]],
) -> None:
    (event,) = parse("PreToolUse", agent_type="reviewer")
    assert event.agent.id == "claude-code/main"


def test_a_subagent_without_a_type_still_has_a_name(
    parse: Callable[..., list[Any]],
) -> None:
    (event,) = parse("PreToolUse", agent_id="a1")
    assert event.agent.id == "claude-code/subagent"


def test_the_session_start_tells_the_model(parse: Callable[..., list[Any]]) -> None:
    (event,) = parse("SessionStart", model="claude-x", source="resume")
    assert (event.model, event.agent.model, event.source) == (
        "claude-x",
        "claude-x",
        "resume",
    )


def test_a_failed_call_has_its_error(parse: Callable[..., list[Any]]) -> None:
    (event,) = parse("PostToolUseFailure.Bash", is_interrupt=True)
    assert (event.succeeded, event.error, event.interrupted) == (
        False,
        "Exit code 1",
        True,
    )
    assert event.duration_ms == 22


@pytest.mark.parametrize(
    ("sample", "changes", "change"),
    [
        ("PostToolUse.Write", {}, "created"),
        ("PostToolUse.Write", {"tool_response": {"type": "update"}}, "modified"),
        ("PostToolUse.Write", {"tool_response": None}, "modified"),
        ("PostToolUse.Edit", {}, "modified"),
        (
            "PostToolUse.Edit",
            {
                "tool_name": "NotebookEdit",
                "tool_input": {"notebook_path": "/workspace/n.ipynb"},
            },
            "modified",
        ),
    ],
)
def test_a_finished_edit_is_a_changed_file(
    sample: str,
    changes: dict[str, Any],
    change: str,
    parse: Callable[..., list[Any]],
) -> None:
    after, changed = parse(sample, **changes)
    assert changed.change == change
    assert changed.path == after.call.paths[0]
    assert changed.call_id == after.call.id


def test_a_file_outside_the_work_tree_is_not_the_projects_change(
    parse: Callable[..., list[Any]],
) -> None:
    events = parse("PostToolUse.Write", tool_input={"file_path": "/elsewhere/x"})
    assert [type(event) for event in events] == [ToolAfter]


def test_a_turn_that_failed_says_so(adapter: Any, make_delivery: Make) -> None:
    payload = {
        "hook_event_name": "StopFailure", "session_id": "s", "cwd": "/workspace",
        "error": "rate_limit",
    }  # fmt: skip
    (event,) = adapter.parse(make_delivery("claude-code", payload))
    assert event.failed
    assert event.message == "rate_limit"


def test_an_agent_that_leaves_the_repository_still_works_for_it(
    adapter: Any, make_delivery: Make, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    (project / ".git").mkdir(parents=True)
    (project / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    payload = {
        "hook_event_name": "SessionEnd",
        "session_id": "s",
        "cwd": str(tmp_path),
    }
    delivery = make_delivery(
        "claude-code", payload, environment={"CLAUDE_PROJECT_DIR": str(project)}
    )
    (event,) = adapter.parse(delivery)
    assert event.project.path == str(project)
    assert event.cwd == str(tmp_path)


@pytest.mark.parametrize("name", ["MessageDisplay", "Notification", "FromTheFuture"])
def test_events_of_no_use_give_nothing(
    name: str, adapter: Any, make_delivery: Make
) -> None:
    delivery = make_delivery("claude-code", {"hook_event_name": name}, name)
    assert list(adapter.parse(delivery)) == []


def test_the_argument_names_the_event_where_the_message_does_not(
    adapter: Any, make_delivery: Make
) -> None:
    delivery = make_delivery("claude-code", {"session_id": "s"}, "--observe", "Stop")
    (event,) = adapter.parse(delivery)
    assert event.host_event == "Stop"


def test_unknown_fields_are_no_trouble(parse: Callable[..., list[Any]]) -> None:
    assert parse("Stop", something_new={"deep": [1, {"er": None}]})


@pytest.mark.parametrize(
    ("sample", "changes", "named"),
    [
        ("Stop", {"session_id": None}, "session_id is missing"),
        ("Stop", {"session_id": ""}, "session_id is empty"),
        ("Stop", {"session_id": 4}, "session_id is a number"),
        ("Stop", {"cwd": ["x"]}, "cwd is a list"),
        ("Stop", {"cwd": "/a\0b"}, "cwd holds a NUL"),
        ("Stop", {"stop_hook_active": "yes"}, "stop_hook_active is a string"),
        ("UserPromptSubmit", {"prompt": None}, "prompt is missing"),
        ("PreToolUse", {"tool_input": "rm"}, "tool_input is a string"),
        ("PreToolUse", {"tool_input": None}, "tool_input is missing"),
        ("PreToolUse", {"tool_input": {"command": 1}}, "tool_input.command is a"),
        ("PreToolUse", {"tool_use_id": None}, "tool_use_id is missing"),
        ("PreToolUse", {"tool_name": True}, "tool_name is a boolean"),
        ("PostToolUse", {"duration_ms": "x"}, "duration_ms is a string"),
        ("PostToolUse", {"duration_ms": -1}, "duration_ms is out of range"),
        ("PostToolUse", {"duration_ms": 10**400}, "duration_ms is out of range"),
        ("PreToolUse.mcp__probe__probe", {"mcp_server": 1}, "mcp_server is a number"),
        ("SubagentStart", {"agent_id": None}, "agent_id is missing"),
    ],
)
def test_a_malformed_message_names_the_field(
    sample: str,
    changes: dict[str, Any],
    named: str,
    parse: Callable[..., list[Any]],
) -> None:
    with pytest.raises(ValueError, match=named):
        parse(sample, **changes)


@pytest.mark.parametrize("payload", [None, "text", [1], 4])
def test_a_message_that_is_no_object_is_refused(
    payload: object, adapter: Any, make_delivery: Make
) -> None:
    with pytest.raises(ValueError, match="expected an object"):
        adapter.parse(make_delivery("claude-code", payload, "Stop"))


def test_what_can_be_refused_is_known_without_a_message(
    adapter: Any, make_delivery: Make
) -> None:
    assert adapter.refusable(make_delivery("claude-code", None, "PreToolUse"))
    assert adapter.refusable(
        make_delivery("claude-code", {"hook_event_name": "UserPromptSubmit"})
    )
    assert not adapter.refusable(make_delivery("claude-code", "{", "PostToolUse"))
    assert not adapter.refusable(make_delivery("claude-code", None))


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
    adapter = ClaudeCodeAdapter()
    try:
        delivery = make_delivery("claude-code", payload, event)
        adapter.refusable(delivery)
        events = adapter.parse(delivery)
        assert list(adapter.parse(delivery)) == list(events)
    except ValueError:
        events = []
    assert adapter.complete(events) == list(events)


def test_an_answer_is_named_as_the_message_is(
    adapter: Any, make_delivery: Make
) -> None:
    decision = Decision(outcome="deny", reason="no")
    told = adapter.render(make_delivery("claude-code", None, "PreToolUse"), decision)
    assert '"hookEventName": "PreToolUse"' in told.stdout
    named = make_delivery("claude-code", {"hook_event_name": "Stop"}, "PreToolUse")
    assert adapter.render(named, decision).stdout == ""
