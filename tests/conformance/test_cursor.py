"""The lines that we give Cursor, run as its hook engine runs them.

Cursor needs an account, so it is not run itself: see docs/cursor.md. A shell is given
each line with the message in a here document, as in @cursor/sdk 1.0.18.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .day import recorded
from .judged import DENIED, REFUSED, TOLD_AT_START, TOLD_WITH_CALL, add_sample

if TYPE_CHECKING:
    from .conftest import Workplace

pytestmark = pytest.mark.conformance


class Engine:
    """Runs the hooks of a project's hooks file, and of Claude Code's beside it."""

    def __init__(self, place: Workplace) -> None:
        self.place = place
        top = place.repository
        own = json.loads((top / ".cursor" / "hooks.json").read_text())["hooks"]
        self.own = {event: [entry["command"] for entry in own[event]] for event in own}

    def run(self, line: str, event: str, **fields: object) -> dict[str, Any] | None:
        """Return the answer's object, None for silence; whatever else is a failure."""
        top = str(self.place.repository)
        message = {
            "conversation_id": "conv", "session_id": "conv", "generation_id": "gen",
            "model": "m", "hook_event_name": event, "cursor_version": "3",
            "workspace_roots": [top], **fields,
        }  # fmt: skip
        script = f"{line} <<'CURSOR_HOOK_EOF'\n{json.dumps(message)}\nCURSOR_HOOK_EOF"
        done = self.place.run(
            *("sh", "-c", script),
            CURSOR_PROJECT_DIR=top,
            CURSOR_VERSION="3",
            CLAUDE_PROJECT_DIR=top,
        )
        assert done.returncode == 0, done.stderr
        if not done.stdout:
            return None
        value: dict[str, Any] = json.loads(done.stdout)
        return value

    def hook(self, event: str, **fields: object) -> dict[str, Any] | None:
        """Return what our own entry for an event answers."""
        (line,) = self.own[event]
        return self.run(line, event, **fields)

    def shell(self, command: str, name: str) -> dict[str, Any] | None:
        """Return the answer to a command that is about to run."""
        return self.hook("preToolUse", **call(command, name))


def call(command: str, name: str) -> dict[str, object]:
    given = {"command": command, "cwd": ""}
    return {"tool_name": "Shell", "tool_input": given, "tool_use_id": name}


def test_each_line_answers_as_the_hook_engine_wants_it(
    workplace: Workplace, tmp_path: Path
) -> None:
    add_sample(workplace, "judge", tmp_path)
    workplace.hookwright("install", "cursor", "--project")
    workplace.hookwright("install", "claude-code", "--project")
    workplace.hookwright("daemon", "stop")
    engine = Engine(workplace)

    # The first without a daemon: silence would refuse every call.
    assert engine.shell("echo hi", "c1") == {}
    start = engine.hook("sessionStart")
    assert start is not None
    assert TOLD_AT_START in start["additional_context"]
    assert engine.hook("beforeSubmitPrompt", prompt="refuse-this") == {
        "continue": False,
        "user_message": REFUSED,
    }
    denied = engine.shell("echo deny-this", "c2")
    assert denied is not None
    assert (denied["permission"], denied["user_message"]) == ("deny", DENIED)
    asked = engine.shell("echo ask-first", "c3")
    assert asked is not None
    assert asked["permission"] == "deny"
    new = engine.shell("echo rewrite-this", "c4")
    assert new == {"updated_input": {"command": "echo rewritten", "cwd": ""}}
    told = engine.shell("echo tell-me", "c5")
    assert told == {"additional_context": TOLD_WITH_CALL}
    output = json.dumps({"output": "hi", "exitCode": 0})
    after = {**call("echo hi", "c1"), "tool_output": output, "duration": 1}
    assert engine.hook("postToolUse", **after) is None

    # Cursor runs Claude Code's entries too: they judge nothing and count nothing.
    path = workplace.repository / ".claude" / "settings.local.json"
    lent = json.loads(path.read_text())["hooks"]["PreToolUse"][0]["hooks"][0]
    assert engine.run(lent["command"], "preToolUse", **call("echo hi", "c1")) in (
        {},
        None,
    )
    assert engine.hook("sessionEnd", reason="completed") is None
    workplace.wait_until_nothing_runs()
    found = recorded(workplace)
    assert {word: found[word] for word in found} == {
        "session_start": 1,
        "prompt_submit": 1,
        "tool_before shell": 5,
        "tool_after shell": 1,
        "session_end": 1,
    }
