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
from hookwright.plugins.adapters.copilot import CopilotPlugin
from hookwright.plugins.adapters.copilot.adapter import CopilotAdapter

Deliver = Callable[..., Delivery]
Parse = Callable[..., list[Any]]

SAMPLES = Path(__file__).parents[1] / "samples" / "copilot"
#: All that was captured, where it is at hand.
SHARED = Path(__file__).parents[5] / "shared" / "agent-hosts" / "samples" / "copilot"
FILES = sorted(
    {path.name: path for d in (SHARED, SAMPLES) for path in d.glob("*.json")}.values()
)
KINDS: dict[str, list[type[Event]]] = {
    "sessionStart": [SessionStart],
    "userPromptSubmitted": [PromptSubmit],
    "preToolUse": [ToolBefore],
    "postToolUse": [ToolAfter],
    "postToolUseFailure": [ToolAfter],
    "postToolUse.create": [ToolAfter, FileChanged],
    "postToolUse.edit": [ToolAfter, FileChanged],
    "postToolUse.apply_patch": [ToolAfter, FileChanged, FileChanged],
    "agentStop": [TurnEnd],
    "agentStop.in-subagent": [],
    "subagentStart": [SubagentStart],
    "subagentStop": [SubagentStop],
    "sessionEnd": [SessionEnd],
    "claude-format.SessionStart": [SessionStart],
    "claude-format.UserPromptSubmit": [PromptSubmit],
    "claude-format.PreToolUse": [ToolBefore],
    "claude-format.PostToolUse": [ToolAfter],
    "claude-format.PostToolUse.Write": [ToolAfter, FileChanged],
    "claude-format.PostToolUse.Edit": [ToolAfter, FileChanged],
    "claude-format.Stop": [TurnEnd],
    "claude-format.Stop.in-subagent": [],
    "claude-format.SubagentStart": [SubagentStart],
    "claude-format.SubagentStop": [SubagentStop],
    "claude-format.SessionEnd": [SessionEnd],
}


def test_the_plugin_offers_one_adapter_of_the_contract() -> None:
    (adapter,) = CopilotPlugin().hookwright_register_adapters()
    assert isinstance(adapter, Adapter)
    assert adapter.agent_host == "copilot"
    assert adapter.input_format == "json"
    assert CopilotPlugin().hookwright_plugin_info().summary


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_captured_message_gives_the_events_it_stands_for(
    path: Path, adapter: CopilotAdapter, deliver: Deliver
) -> None:
    sample = json.loads(path.read_text())
    events = list(adapter.parse(deliver(sample["event"], sample["stdin"])))
    words = path.stem.split(".")
    base = ".".join(words[: 2 if words[0] == "claude-format" else 1])
    expected = KINDS.get(path.stem, KINDS.get(base, []))
    assert [type(event) for event in events] == expected
    for number, event in enumerate(events):
        assert event.id == f"0123456789abcdef0123.{number}"
        assert event.agent_host == "copilot"
        assert event.project.path == "/workspace"
        assert event.host_event == event.host_event[0].lower() + event.host_event[1:]
        assert event.model_validate_json(event.model_dump_json()) == event


@pytest.mark.parametrize(
    ("own", "lent"),
    [
        ("preToolUse.bash", "PreToolUse.Bash"), ("sessionStart", "SessionStart"),
        ("userPromptSubmitted", "UserPromptSubmit"), ("agentStop", "Stop"),
        ("postToolUse.create", "PostToolUse.Write"), ("sessionEnd", "SessionEnd"),
        ("postToolUse.in-subagent", "PostToolUse.in-subagent"),
        ("preToolUse.apply_patch", "PreToolUse.apply_patch"),
        ("subagentStart", "SubagentStart"), ("subagentStop", "SubagentStop"),
    ],
)  # fmt: skip
def test_a_message_means_the_same_in_either_spelling(
    own: str, lent: str, parse: Parse
) -> None:
    def told(name: str) -> list[dict[str, Any]]:
        events = [event.model_dump(mode="json") for event in parse(name)]
        for event in events:
            # They were captured in two sessions, at two times.
            event.update(session_id="", agent={**event["agent"], "instance": ""})
            event.pop("call_id", None)
            event.get("call", {}).pop("id", None)
            event.pop("output", None)
        return events

    assert told(own) == told(f"claude-format.{lent}")


def test_what_a_tool_gave_back_is_kept_as_it_was_told(parse: Parse) -> None:
    (own,) = parse("postToolUse.bash")
    assert own.output["textResultForLlm"].endswith("exit code 0>")
    (lent,) = parse("claude-format.PostToolUse.Bash")
    assert lent.output["text_result_for_llm"].endswith("exit code 0>")
    assert own.succeeded
    assert lent.succeeded


def test_a_shell_call_has_its_command(parse: Parse) -> None:
    (event,) = parse("preToolUse.bash")
    assert (event.call.tool, event.call.native_name) == ("shell", "bash")
    assert event.call.command == "echo hi"
    assert event.agent.id == "copilot/main"


@pytest.mark.parametrize(
    ("native", "tool", "server"),
    [
        ("bash", "shell", ""), ("view", "read", ""), ("create", "write", ""),
        ("edit", "edit", ""), ("grep", "search", ""), ("rg", "search", ""),
        ("glob", "search", ""), ("web_fetch", "fetch", ""), ("task", "agent", ""),
        ("read_bash", "other", ""), ("store_memory", "other", ""),
        ("probe-probe", "mcp", "probe"), ("pro-be-probe", "mcp", "pro-be"),
        ("github-mcp-server-search-code", "mcp", "github-mcp-server"),
    ],
)  # fmt: skip
def test_tool_names_are_the_same_for_every_agent_host(
    native: str, tool: str, server: str, parse: Parse
) -> None:
    (event,) = parse("preToolUse.view", toolName=native)
    assert (event.call.tool, event.call.mcp_server) == (tool, server)
    assert bool(event.call.paths) == (tool != "mcp")


def test_a_subagent_acts_under_its_own_name_in_its_parents_session(
    parse: Parse,
) -> None:
    (main,) = parse("preToolUse.bash")
    for name in ("preToolUse.in-subagent", "userPromptSubmitted.in-subagent"):
        (event,) = parse(name)
        assert event.agent.id == "copilot/general-purpose"
        assert event.agent.instance == "fba3a762-8f05-4421-8f77-21daf24cdf0d"
        assert event.session_id == main.session_id
    (prompt,) = parse("userPromptSubmitted.in-subagent")
    assert prompt.source == "subagent"
    (prompt,) = parse("userPromptSubmitted")
    assert prompt.source == "user"


def test_a_subagents_subagent_belongs_to_the_session_too(parse: Parse) -> None:
    (first,) = parse("subagentStart")
    inner = {"agentId": "inner", "parentAgentId": first.agent.instance}
    (started,) = parse("subagentStart", sessionId=first.agent.instance, **inner)
    (call,) = parse("preToolUse.in-subagent", sessionId="inner", **inner)
    assert {started.session_id, call.session_id} == {first.session_id}
    assert call.agent.instance == "inner"
    # Whatever nonsense is told, it ends.
    (odd,) = parse("preToolUse.bash", sessionId="a", agentId="a", parentAgentId="b")
    (odd,) = parse("preToolUse.bash", sessionId="b", agentId="b", parentAgentId="a")
    assert odd.session_id in ("a", "b")


def test_a_subagent_without_a_type_still_has_a_name(parse: Parse) -> None:
    (event,) = parse("preToolUse.bash", agentId="a1")
    assert event.agent.id == "copilot/subagent"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("hi\n<shellId: 0 completed with exit code 0>", ""),
        ("\n<shellId: 1 completed with exit code 1>", "exit code 1"),
        ("<shellId: a completed with exit code -1>\n", "exit code -1"),
        ("<shellId: 1 completed with exit code 1>\nsaid by the command", ""),
        ("<command started in background with shellId: a>", ""),
        ("", ""),
    ],
)
def test_a_command_failed_when_its_output_ends_so(
    text: str, error: str, parse: Parse
) -> None:
    result = {"resultType": "success", "textResultForLlm": text}
    (event,) = parse("postToolUse.bash", toolResult=result)
    assert (event.succeeded, event.error) == (not error, error)
    # Only a shell's output says so.
    (event,) = parse("postToolUse.view", toolResult=result)
    assert event.succeeded


def test_a_call_that_failed_says_why(parse: Parse) -> None:
    (event,) = parse("postToolUseFailure.edit")
    assert (event.succeeded, event.error) == (False, "No match found")
    (event,) = parse("postToolUseFailure.edit", error={"message": "no"})
    assert event.error == "no"
    (event,) = parse("postToolUseFailure.edit", error=None)
    assert event.error
    (event,) = parse("postToolUse.create", toolResult={"resultType": "rejected"})
    assert (event.succeeded, event.error) == (False, "rejected")


def test_each_file_of_a_patch_is_a_changed_file(parse: Parse) -> None:
    patch = (
        "*** Begin Patch\n*** Add File: new file.txt\n+*** Add File: no\n"
        "*** Update File: a.txt\n*** Move to: sub/b.txt\n@@\n-x\n+y\n"
        "*** Update File: ../else/c\n@@\n *** Delete File: d\n"
        "*** Delete File: /workspace/e\n*** End Patch\n"
    )
    after, *changes = parse("postToolUse.apply_patch", toolArgs=patch)
    assert [(change.path, change.change) for change in changes] == [
        ("/workspace/new file.txt", "created"),
        ("/workspace/a.txt", "deleted"),
        ("/workspace/sub/b.txt", "created"),
        ("/workspace/e", "deleted"),
    ]
    assert after.call.tool == "edit"
    assert "/else/c" in after.call.paths
    assert after.call.input == {"input": patch}
    assert {change.call_id for change in changes} == {after.call.id}


def test_the_session_start_says_how_it_came_about(parse: Parse) -> None:
    (event,) = parse("sessionStart")
    assert event.source == "startup"
    (event,) = parse("sessionStart", source="resume")
    assert event.source == "resume"


def test_a_compaction_is_told_when_it_begins(parse: Parse) -> None:
    (event,) = parse("agentStop")
    told = {"trigger": "auto", "customInstructions": ""}
    assert event.repeated is False
    adapter = CopilotAdapter()
    delivery = Delivery.model_validate(
        {
            "id": "0" * 20,
            "agent_host": "copilot",
            "time": event.time,
            "arguments": ["preCompact"],
            "cwd": "/workspace",
            "payload": {"sessionId": "s", "cwd": "/workspace", **told},
        }
    )
    (found,) = adapter.parse(delivery)
    assert isinstance(found, Compaction)
    assert (found.phase, found.trigger) == ("before", "auto")


@pytest.mark.parametrize(
    "name", ["notification", "errorOccurred", "permissionRequest", "Setup", "future"]
)
def test_events_of_no_use_give_nothing(
    name: str, adapter: CopilotAdapter, deliver: Deliver
) -> None:
    assert list(adapter.parse(deliver(name, {"anything": 1}))) == []
    assert list(adapter.parse(deliver(f"claude-format:{name}", None))) == []


def test_unknown_fields_are_no_trouble(parse: Parse) -> None:
    assert parse("agentStop", something_new={"deep": [1, {"er": None}]})


@pytest.mark.parametrize(
    ("sample", "changes", "named"),
    [
        ("agentStop", {"sessionId": None}, "sessionId is missing"),
        ("agentStop", {"sessionId": ""}, "sessionId is empty"),
        ("agentStop", {"cwd": ["x"]}, "cwd is a list"),
        ("agentStop", {"cwd": "/a\0b"}, "cwd holds a NUL"),
        ("agentStop", {"stop_hook_active": "yes"}, "stop_hook_active is a string"),
        ("agentStop", {"transcriptPath": 4}, "transcriptPath is a number"),
        ("userPromptSubmitted", {"prompt": None}, "prompt is missing"),
        ("preToolUse.bash", {"toolArgs": 4}, "toolArgs is a number"),
        ("preToolUse.bash", {"toolArgs": None}, "toolArgs is missing"),
        ("preToolUse.bash", {"toolArgs": {"command": 1}}, "toolArgs.command is a"),
        ("preToolUse.bash", {"toolName": True}, "toolName is a boolean"),
        ("preToolUse.bash", {"agentId": []}, "agentId is a list"),
        ("postToolUse.bash", {"toolResult": "x"}, "toolResult is a string"),
        (
            "postToolUse.bash",
            {"toolResult": {"resultType": 1}},
            "toolResult.resultType is a number",
        ),
        ("subagentStart", {"agentId": None}, "agentId is missing"),
        ("claude-format.Stop", {"session_id": None}, "session_id is missing"),
        ("claude-format.PreToolUse.Bash", {"tool_input": 1}, "tool_input is a number"),
        (
            "claude-format.PostToolUse.Bash",
            {"tool_result": {"text_result_for_llm": 1}},
            "tool_result.text_result_for_llm is a number",
        ),
    ],
)
def test_a_malformed_message_names_the_field(
    sample: str, changes: dict[str, Any], named: str, parse: Parse
) -> None:
    with pytest.raises(ValueError, match=named):
        parse(sample, **changes)


@pytest.mark.parametrize("payload", [None, "text", [1], 4])
def test_a_message_that_is_no_object_is_refused(
    payload: object, adapter: CopilotAdapter, deliver: Deliver
) -> None:
    with pytest.raises(ValueError, match="expected an object"):
        adapter.parse(deliver("agentStop", payload))


def test_what_can_be_refused_is_known_without_a_message(
    adapter: CopilotAdapter, deliver: Deliver
) -> None:
    for name in ("preToolUse", "userPromptSubmitted"):
        assert adapter.refusable(deliver(name, None))
    for name in ("PreToolUse", "UserPromptSubmit"):
        assert adapter.refusable(deliver(f"claude-format:{name}", "{"))
    assert not adapter.refusable(deliver("postToolUse", "{"))
    assert not adapter.refusable(deliver("claude-format:Stop", None))


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
CAPTURED = [json.loads(path.read_text()) for path in FILES]


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
        match draw(st.sampled_from(["drop", "retype", "deepen", "nest", "add"])):
            case "drop":
                del holder[last]
            case "retype":
                holder[last] = draw(JSON)
            case "deepen":
                holder[last] = {"inside": [holder[last]]}
            case "add":
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
    deliver: Deliver, message: tuple[str, Any]
) -> None:
    event, payload = message
    adapter = CopilotAdapter()
    try:
        delivery = deliver(event, payload)
        adapter.refusable(delivery)
        events = list(adapter.parse(delivery))
        assert list(adapter.parse(delivery)) == events
    except ValueError:
        return
    assert adapter.complete(events) == events
    rewrite = Decision(outcome="rewrite", input={"command": "x"}, reason="r")
    json.loads(adapter.render(delivery, rewrite).stdout or "{}")
