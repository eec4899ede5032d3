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
from hookwright.plugins.adapters.codex import (
    hookwright_plugin_info,
    hookwright_register_adapters,
)
from hookwright.plugins.adapters.codex.adapter import CodexAdapter

Make = Callable[..., Delivery]
Load = Callable[[str], dict[str, Any]]
Parse = Callable[..., list[Any]]

SAMPLES = Path(__file__).parents[1] / "samples" / "codex"
#: What was captured of real runs, where it is at hand.
CAPTURES = Path(__file__).parents[5] / "shared" / "agent-hosts" / "samples" / "codex"
KINDS: dict[str, list[type[Event]]] = {
    "SessionStart": [SessionStart],
    "UserPromptSubmit": [PromptSubmit],
    "PreToolUse": [ToolBefore],
    "PostToolUse": [ToolAfter],
    "PostToolUse.apply_patch": [ToolAfter, FileChanged],
    "Stop": [TurnEnd],
    "SubagentStart": [SubagentStart],
    "SubagentStop": [SubagentStop],
    "SessionEnd": [SessionEnd],
}
PATCH = """*** Begin Patch
*** Add File: new.txt
+alpha
*** Update File: src/old.txt
@@
-a
+b
*** Delete File: gone.txt
*** Update File: from.txt
*** Move to: to.txt
@@
-a
+b
*** End Patch
"""


@pytest.fixture
def adapter() -> CodexAdapter:
    return CodexAdapter()


@pytest.fixture
def parse(adapter: CodexAdapter, load_sample: Load, make_delivery: Make) -> Parse:
    def run(name: str, **changes: object) -> list[Any]:
        sample = load_sample(f"codex/{name}")
        payload = sample["stdin"] | changes
        delivery = make_delivery("codex", payload, sample["event"])
        return list(adapter.parse(delivery))

    return run


def test_the_plugin_offers_one_adapter_of_the_contract() -> None:
    (adapter,) = hookwright_register_adapters()
    assert isinstance(adapter, Adapter)
    assert adapter.agent_host == "codex"
    assert adapter.input_format == "json"
    assert hookwright_plugin_info().summary


@pytest.mark.parametrize(
    "path",
    [*sorted(SAMPLES.glob("*.json")), *sorted(CAPTURES.glob("*.json"))],
    ids=lambda path: f"{path.parts[-3]}-{path.stem}",
)
def test_every_captured_message_gives_the_events_it_stands_for(
    path: Path, adapter: CodexAdapter, make_delivery: Make
) -> None:
    sample = json.loads(path.read_text())
    events = adapter.parse(make_delivery("codex", sample["stdin"], sample["event"]))
    expected = KINDS.get(path.stem, KINDS.get(path.stem.partition(".")[0], []))
    assert [type(event) for event in events] == expected
    for number, event in enumerate(events):
        assert event.id == f"0123456789abcdef0123.{number}"
        assert event.session_id
        assert event.project.path == "/workspace"
        assert event.model_validate_json(event.model_dump_json()) == event


def test_a_shell_call_has_its_command(parse: Parse) -> None:
    (event,) = parse("PreToolUse.Bash")
    assert event.call.tool == "shell"
    assert event.call.native_name == "Bash"
    assert event.call.command == "echo hi"
    assert event.call.id == "mock_call_1"
    assert event.call.paths == ()
    assert event.agent.id == "codex/main"


@pytest.mark.parametrize(
    ("native", "tool"),
    [
        ("Bash", "shell"), ("apply_patch", "edit"), ("view_image", "read"),
        ("spawn_agent", "agent"), ("collaborationspawn_agent", "agent"),
        ("mcp__a__b", "mcp"), ("wait_agent", "other"), ("update_plan", "other"),
    ],
)  # fmt: skip
def test_tool_names_are_the_same_for_every_agent_host(
    native: str, tool: str, parse: Parse
) -> None:
    (event,) = parse("PreToolUse", tool_name=native)
    assert event.call.tool == tool


def test_an_mcp_call_names_its_server_and_no_paths(parse: Parse) -> None:
    (event,) = parse("PreToolUse.mcp__probe__probe", tool_input={"path": "/x"})
    assert event.call.mcp_server == "probe"
    assert event.call.paths == ()


def test_a_read_names_its_path(parse: Parse) -> None:
    given = {"path": "../x/./y.png"}
    (event,) = parse("PreToolUse", tool_name="view_image", tool_input=given)
    assert event.call.paths == ("/x/y.png",)


def test_a_patch_that_only_makes_files_is_a_write(parse: Parse) -> None:
    (event,) = parse("PreToolUse.apply_patch")
    assert event.call.tool == "write"
    assert event.call.command == ""
    assert event.call.paths == ("/workspace/notes.txt",)


def test_every_file_of_a_patch_is_a_path_and_a_changed_file(parse: Parse) -> None:
    given = {"command": PATCH}
    (before,) = parse("PreToolUse.apply_patch", tool_input=given)
    assert before.call.tool == "edit"
    after, *changed = parse("PostToolUse.apply_patch", tool_input=given)
    assert after.succeeded
    assert [(file.path, file.change) for file in changed] == [
        ("/workspace/new.txt", "created"),
        ("/workspace/src/old.txt", "modified"),
        ("/workspace/gone.txt", "deleted"),
        ("/workspace/from.txt", "deleted"),
        ("/workspace/to.txt", "created"),
    ]
    assert before.call.paths == tuple(file.path for file in changed)
    assert {file.call_id for file in changed} == {after.call.id}
    assert len({event.id for event in (after, *changed)}) == 6


def test_a_patch_in_a_shell_command_has_its_paths_before_it_runs(parse: Parse) -> None:
    command = f"cd 'my dir' && apply_patch <<'EOF'\n{PATCH}EOF\n"
    (event,) = parse("PreToolUse.Bash", tool_input={"command": command})
    assert event.call.tool == "shell"
    assert event.call.command == command
    assert event.call.paths[0] == "/workspace/my dir/new.txt"


def test_a_patch_that_failed_changed_nothing(parse: Parse) -> None:
    text = "Exit code: 1\nWall time: 0 seconds\nOutput:\nno such line\n"
    (event,) = parse("PostToolUse.apply_patch", tool_response=text)
    assert not event.succeeded
    assert event.error == text


def test_a_shell_commands_own_words_are_no_exit_code(parse: Parse) -> None:
    (event,) = parse("PostToolUse.Bash", tool_response="Exit code: 1\n")
    assert event.succeeded


def test_an_mcp_server_says_that_its_tool_failed(parse: Parse) -> None:
    (event,) = parse(
        "PostToolUse.mcp__probe__probe", tool_response={"isError": True, "content": []}
    )
    assert not event.succeeded


def test_a_file_outside_the_work_tree_is_not_the_projects_change(parse: Parse) -> None:
    patch = "*** Begin Patch\n*** Add File: /elsewhere/x\n+a\n*** End Patch\n"
    events = parse("PostToolUse.apply_patch", tool_input={"command": patch})
    assert [type(event) for event in events] == [ToolAfter]


def test_a_subagent_acts_under_its_own_name(parse: Parse) -> None:
    (event,) = parse("PreToolUse.in-subagent")
    assert event.agent.id == "codex/default"
    assert event.agent.instance == "01a1fcb6-f143-7521-bddd-ae5fa8a0b406"
    assert event.session_id == "01a1fcb6-eb17-74d0-972f-9e308e12750a"


def test_a_subagents_prompt_is_not_the_persons(parse: Parse) -> None:
    (event,) = parse("UserPromptSubmit.in-subagent")
    assert event.source == "subagent"
    (event,) = parse("UserPromptSubmit")
    assert event.source == "user"


def test_a_subagent_without_a_type_still_has_a_name(parse: Parse) -> None:
    (event,) = parse("PreToolUse", agent_id="a1")
    assert event.agent.id == "codex/subagent"


def test_the_session_start_tells_the_model(parse: Parse) -> None:
    (event,) = parse("SessionStart", model="gpt-x", source="resume")
    assert (event.model, event.agent.model, event.source) == (
        "gpt-x",
        "gpt-x",
        "resume",
    )


def test_a_turn_is_named_by_codexs_turn(parse: Parse) -> None:
    (prompt,) = parse("UserPromptSubmit", turn_id="t1")
    (end,) = parse("Stop", turn_id="t1", stop_hook_active=True)
    assert prompt.prompt_id == end.prompt_id == "t1"
    assert end.repeated
    assert end.message == "all done"


def test_a_turn_that_a_person_stopped_failed(
    adapter: CodexAdapter, make_delivery: Make
) -> None:
    payload = {"hook_event_name": "Interrupt", "session_id": "s", "turn_id": "t"}
    (event,) = adapter.parse(make_delivery("codex", payload))
    assert isinstance(event, TurnEnd)
    assert (event.failed, event.prompt_id) == (True, "t")


@pytest.mark.parametrize(
    ("name", "phase"), [("PreCompact", "before"), ("PostCompact", "after")]
)
def test_a_compaction_is_told(
    name: str, phase: str, adapter: CodexAdapter, make_delivery: Make
) -> None:
    payload = {"hook_event_name": name, "session_id": "s", "trigger": "auto"}
    (event,) = adapter.parse(make_delivery("codex", payload))
    assert isinstance(event, Compaction)
    assert (event.phase, event.trigger) == (phase, "auto")


@pytest.mark.parametrize("name", ["PermissionRequest", "FromTheFuture", ""])
def test_events_of_no_use_give_nothing(
    name: str, adapter: CodexAdapter, make_delivery: Make
) -> None:
    delivery = make_delivery("codex", {"hook_event_name": name}, name)
    assert list(adapter.parse(delivery)) == []


def test_unknown_fields_are_no_trouble(parse: Parse) -> None:
    assert parse("Stop", something_new={"deep": [1, {"er": None}]})


def test_a_transcript_need_not_be_named(parse: Parse) -> None:
    assert parse("SessionStart", transcript_path=None)


@pytest.mark.parametrize(
    ("sample", "changes", "named"),
    [
        ("Stop", {"session_id": None}, "session_id is missing"),
        ("Stop", {"session_id": ""}, "session_id is empty"),
        ("Stop", {"cwd": ["x"]}, "cwd is a list"),
        ("Stop", {"cwd": "/a\0b"}, "cwd holds a NUL"),
        ("Stop", {"stop_hook_active": "yes"}, "stop_hook_active is a string"),
        ("Stop", {"transcript_path": 4}, "transcript_path is a number"),
        ("UserPromptSubmit", {"prompt": None}, "prompt is missing"),
        ("PreToolUse", {"tool_input": "rm"}, "tool_input is a string"),
        ("PreToolUse", {"tool_input": None}, "tool_input is missing"),
        ("PreToolUse", {"tool_input": {"command": 1}}, "tool_input.command is a"),
        ("PreToolUse", {"tool_use_id": None}, "tool_use_id is missing"),
        ("PreToolUse", {"tool_name": True}, "tool_name is a boolean"),
        ("SubagentStart", {"agent_id": None}, "agent_id is missing"),
    ],
)
def test_a_malformed_message_names_the_field(
    sample: str, changes: dict[str, Any], named: str, parse: Parse
) -> None:
    with pytest.raises(ValueError, match=named):
        parse(sample, **changes)


@pytest.mark.parametrize("payload", [None, "text", [1], 4])
def test_a_message_that_is_no_object_is_refused(
    payload: object, adapter: CodexAdapter, make_delivery: Make
) -> None:
    with pytest.raises(ValueError, match="expected an object"):
        adapter.parse(make_delivery("codex", payload, "Stop"))


def test_what_can_be_refused_is_known_without_a_message(
    adapter: CodexAdapter, make_delivery: Make
) -> None:
    assert adapter.refusable(make_delivery("codex", None, "PreToolUse"))
    assert adapter.refusable(
        make_delivery("codex", {"hook_event_name": "UserPromptSubmit"})
    )
    assert not adapter.refusable(make_delivery("codex", "{", "PostToolUse"))
    assert not adapter.refusable(make_delivery("codex", None))


def test_an_answer_is_named_as_the_message_is(
    adapter: CodexAdapter, make_delivery: Make
) -> None:
    decision = Decision(outcome="deny", reason="no")
    told = adapter.render(make_delivery("codex", None, "PreToolUse"), decision)
    assert '"hookEventName": "PreToolUse"' in told.stdout
    named = make_delivery("codex", {"hook_event_name": "Stop"}, "PreToolUse")
    assert adapter.render(named, decision).stdout == ""


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
        match draw(st.sampled_from(["drop", "retype", "deepen", "nest", "extra"])):
            case "drop":
                del holder[last]
            case "retype":
                holder[last] = draw(JSON)
            case "deepen":
                holder[last] = {"inside": [holder[last]]}
            case "extra":
                payload[draw(st.text(max_size=8))] = draw(JSON)
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
    adapter = CodexAdapter()
    try:
        delivery = make_delivery("codex", payload, event)
        adapter.refusable(delivery)
        events = adapter.parse(delivery)
        assert list(adapter.parse(delivery)) == list(events)
    except ValueError:
        events = []
    assert adapter.complete(events) == list(events)
