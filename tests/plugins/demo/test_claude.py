from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.api import ToolError
from hookwright.plugins.demo.claude import (
    ClaudeSession,
    Meter,
    filled,
    load_payloads,
    merged,
)
from hookwright.plugins.demo.handlers import Handlers, matches
from hookwright.plugins.demo.scratch import Scratch

#: Stands where Hookwright's client would: it keeps what it is given.
RECORDER = """
import json, os, sys
with open(os.environ["HOME"] + "/deliveries", "a") as file:
    payload = json.load(sys.stdin)
    file.write(json.dumps([sys.argv[1], os.environ["CLAUDE_CODE_SESSION_ID"], payload]))
    file.write(chr(10))
sys.exit(int(sys.argv[2]))
"""


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    root = tmp_path / "scratch"
    root.mkdir()
    return Scratch.make(root)


def session(scratch: Scratch, tmp_path: Path, exit_code: int = 0) -> ClaudeSession:
    program = tmp_path / "recorder.py"
    program.write_text(RECORDER)
    names = {name.partition(".")[0] for name in load_payloads()}
    hooks = {
        name: [
            {
                "hooks": [
                    {
                        "type": "command",
                        "command": scratch.python,
                        "args": [str(program), name, str(exit_code)],
                    },
                    {"type": "http", "url": "http://nobody"},
                ]
            }
        ]
        for name in names
    }
    return ClaudeSession(scratch, Handlers(hooks), Meter())


def deliveries(scratch: Scratch) -> list[tuple[str, str, dict[str, Any]]]:
    lines = (scratch.home / "deliveries").read_text().splitlines()
    return [
        (name, session, payload) for name, session, payload in map(json.loads, lines)
    ]


def test_payloads_hold_no_path_and_no_session_of_the_capture() -> None:
    text = json.dumps(load_payloads())

    for private in ("/workspace", "/home/", "/tmp/", "95d0cc75", "toolu_mock"):
        assert private not in text


def test_a_session_sends_what_claude_code_sends(
    scratch: Scratch, tmp_path: Path
) -> None:
    claude = session(scratch, tmp_path)
    claude.start()
    claude.prompt("Do it")
    claude.write("a.txt", "one\n")
    claude.edit("a.txt", "one", "two")
    assert claude.read("a.txt") == "two\n"
    assert claude.shell("cat a.txt").stdout == "two\n"
    assert claude.shell("exit 3").exit_code == 3
    claude.stop("Done.")
    claude.end()

    found = deliveries(scratch)
    assert [name for name, _, _ in found] == (
        ["SessionStart", "UserPromptSubmit"]
        + ["PreToolUse", "PostToolUse"] * 4
        + ["PreToolUse", "PostToolUseFailure", "Stop", "SessionEnd"]
    )
    assert {session for _, session, _ in found} == {claude.id}
    for name, _, payload in found:
        assert payload["hook_event_name"] == name
        assert payload["session_id"] == claude.id
        assert payload["cwd"] == str(scratch.workspace)
        assert "{" not in payload["transcript_path"]
    tools = [payload for _, _, payload in found if "tool_use_id" in payload]
    assert [each["tool_use_id"] for each in tools[::2]] == (
        [each["tool_use_id"] for each in tools[1::2]]
    )
    assert tools[-1]["error"] == "Exit code 3"
    assert tools[1]["tool_response"]["content"] == "one\n"


def test_a_subagents_calls_carry_its_id(scratch: Scratch, tmp_path: Path) -> None:
    claude = session(scratch, tmp_path)
    claude.prompt("Do it")
    with claude.subagent("explorer", "look around"):
        claude.shell("true")
    claude.shell("true")

    found = deliveries(scratch)
    inside = [payload for _, _, payload in found if "agent_id" in payload]
    assert [payload["hook_event_name"] for payload in inside] == (
        ["SubagentStart", "PreToolUse", "PostToolUse", "SubagentStop"]
    )
    assert {payload["agent_type"] for payload in inside} == {"explorer"}
    assert len({payload["agent_id"] for payload in inside}) == 1
    assert "agent_id" not in found[-1][2]


def test_tokens_stand_in_the_transcript(scratch: Scratch, tmp_path: Path) -> None:
    claude = session(scratch, tmp_path)
    claude.start()
    claude.stop("Done.")

    path = Path(deliveries(scratch)[0][2]["transcript_path"])
    (row,) = map(json.loads, path.read_text().splitlines())
    assert row["type"] == "assistant"
    assert row["message"]["usage"]["output_tokens"] > 0


def test_a_hook_that_fails_ends_the_demo_with_what_it_said(
    scratch: Scratch, tmp_path: Path
) -> None:
    with pytest.raises(ToolError, match="SessionStart: the hook ended with 4"):
        session(scratch, tmp_path, exit_code=4).start()


def test_the_scratch_place_knows_nothing_of_the_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", "/somewhere")
    monkeypatch.setenv("HOOKWRIGHT__STORE__MAX_SIZE", "2 MB")
    root = tmp_path / "scratch"
    root.mkdir()

    environment = Scratch.make(root).environment

    assert "CLAUDE_CONFIG_DIR" not in environment
    assert {name for name in environment if name.startswith("HOOKWRIGHT")} == (
        {"HOOKWRIGHT_DATA_DIR", "HOOKWRIGHT_CONFIG_DIR"}
    )
    assert environment["HOME"] == str(root / "home")


def test_a_program_that_is_not_there_is_named(scratch: Scratch) -> None:
    with pytest.raises(ToolError, match="cannot run no-such-program"):
        scratch.run(("no-such-program",))


def test_a_command_that_fails_is_named_with_what_it_said(scratch: Scratch) -> None:
    with pytest.raises(ToolError, match=r"git checkout nowhere failed: .*nowhere"):
        scratch.git("checkout", "nowhere")


@pytest.mark.parametrize(
    ("matcher", "tool", "wanted"),
    [
        ("", "Bash", True),
        ("*", "", True),
        ("Bash", "Bash", True),
        ("Bash", "BashOutput", False),
        ("Edit|Write", "Write", True),
        ("Edit, Write", "Bash", False),
        ("^Ba.*", "Bash", True),
        ("mcp__.*", "Bash", False),
    ],
)
def test_a_matcher_is_read_as_claude_code_reads_it(
    matcher: str, tool: str, wanted: bool
) -> None:
    assert matches(matcher, tool) is wanted


def test_handlers_come_from_both_settings_files(tmp_path: Path) -> None:
    folder = tmp_path / ".claude"
    folder.mkdir()
    for name in ("settings.json", "settings.local.json"):
        hook = {"type": "command", "command": f"echo {name}"}
        content = {"hooks": {"Stop": [{"hooks": [hook]}]}, "model": "x"}
        (folder / name).write_text(json.dumps(content))

    found = list(Handlers.read(tmp_path).commands("Stop", ""))

    assert found == [
        ("sh", "-c", "echo settings.json"),
        ("sh", "-c", "echo settings.local.json"),
    ]
    assert list(Handlers.read(tmp_path).commands("SessionEnd", "")) == []


def test_a_project_without_hooks_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="no hooks"):
        Handlers.read(tmp_path)


def test_templates_are_filled_all_the_way_down() -> None:
    template = {"a": ["{x}/{y}", 1, None], "b": {"c": "{z}"}}

    assert filled(template, {"x": "1", "y": "2"}) == {
        "a": ["1/2", 1, None],
        "b": {"c": "{z}"},
    }


def test_changes_are_laid_over_objects_only() -> None:
    value = {"a": {"b": 1, "c": [1]}, "d": 2}

    assert merged(value, {"a": {"c": [2], "e": {"f": 3}}}) == {
        "a": {"b": 1, "c": [2], "e": {"f": 3}},
        "d": 2,
    }
    assert value == {"a": {"b": 1, "c": [1]}, "d": 2}
