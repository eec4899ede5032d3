from __future__ import annotations

import json
import shlex
import subprocess
from typing import Any

import pytest

from hookwright.plugins.adapters.codex.hook_entries import (
    add_hooks,
    commands_of,
    hook_entries,
    moved_places,
    strip_hooks,
    trusted_hashes,
)
from hookwright.plugins.adapters.codex.names import ANSWERED, REFUSABLE, TIMEOUTS

CLIENT = ("/opt/hook wright/it's client", "-I")
THEIRS = {"matcher": "^Bash$", "hooks": [{"type": "command", "command": "mine"}]}


def written(value: object) -> bytes:
    return json.dumps(value).encode()


def test_each_event_runs_the_client_through_a_shell() -> None:
    for event, (group,) in hook_entries(CLIENT).items():
        (handler,) = group["hooks"]
        words = shlex.split(handler["command"])
        observed = [] if event in ANSWERED else ["--observe"]
        assert words == [*CLIENT, "codex", event, *observed]
        assert handler["timeout"] == TIMEOUTS[event]
    said = hook_entries(("printf", "<%s>", "a b"))["Stop"][0]["hooks"][0]["command"]
    done = subprocess.run(
        ["sh", "-c", said], capture_output=True, text=True, check=True
    )
    assert done.stdout == "<a b><codex><Stop><--observe>"


def test_hooks_that_can_refuse_have_time_to() -> None:
    assert all(TIMEOUTS[event] >= 10 for event in REFUSABLE)
    # Codex says so to the person where one asks for more.
    assert max(TIMEOUTS["SessionEnd"], TIMEOUTS["Interrupt"]) <= 3


def test_a_hash_is_the_one_that_codex_has() -> None:
    # From `hooks/list` of the app server of 0.169.0.
    group = {"type": "command", "command": "/bin/true codex PreToolUse", "timeout": 10}
    content = written({"hooks": {"PreToolUse": [{"hooks": [group]}]}})
    assert trusted_hashes("/h.json", content) == {
        "/h.json:pre_tool_use:0:0": "sha256:"
        "78f1264c4adeaa7ae09a27ab1b1f2bac1d2bb275ed115dfaa7f4d867892546dd"
    }


def test_a_hook_is_named_by_its_place() -> None:
    content = add_hooks(written({"hooks": {"Stop": [THEIRS]}}), CLIENT)
    names = trusted_hashes("/a b/h.json", content)
    assert len(names) == len(TIMEOUTS)
    assert "/a b/h.json:stop:1:0" in names
    assert "/a b/h.json:user_prompt_submit:0:0" in names
    assert len(set(names.values())) == len(names)
    assert trusted_hashes("/h", None) == {}


def test_what_is_not_ours_is_neither_named_nor_taken_out() -> None:
    event = "Stop"
    ours = hook_entries(CLIENT)[event][0]
    command = ours["hooks"][0]["command"]
    foreign: list[Any] = [
        THEIRS,
        {**ours, "matcher": "x"},
        {"hooks": [*ours["hooks"], {"type": "command", "command": "mine"}]},
        {"hooks": [{**ours["hooks"][0], "async": True}]},
        {"hooks": [{"type": "command", "command": command.replace("codex", "other")}]},
        {"hooks": [{"type": "command", "command": "codex Stop"}]},
        {"hooks": [{"type": "command", "command": "'"}]},
        {"hooks": []},
        "text",
    ]
    content = written({"hooks": {event: foreign}})
    assert trusted_hashes("/h", content) == {}
    assert commands_of(content) == []
    assert strip_hooks(content) == content


def test_the_programs_that_our_entries_run_are_told() -> None:
    assert commands_of(add_hooks(None, CLIENT)) == [CLIENT[0]]


def test_a_file_with_only_our_hooks_goes_and_any_other_stays() -> None:
    assert strip_hooks(add_hooks(None, CLIENT)) is None
    text = b'{"description": "d",\n\n "hooks": {"Stop": [ ]} }'
    stripped = strip_hooks(add_hooks(text, CLIENT))
    assert json.loads(stripped or b"") == {"description": "d"}
    assert strip_hooks(b"{,}") == b"{,}"


def test_a_file_that_codex_cannot_read_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON"):
        add_hooks(b'{"hooks": {},}', CLIENT)


def test_other_peoples_hooks_move_when_ours_come_and_go() -> None:
    ours = hook_entries(CLIENT)["Stop"]
    second = {"hooks": [{"type": "command", "command": "second"}]}
    before = written({"hooks": {"Stop": [THEIRS, *ours, second], "PreToolUse": []}})
    assert moved_places("/h", before, strip_hooks(before)) == {"/h:stop:2": "/h:stop:1"}
    assert moved_places("/h", before, before) == {}
    after = add_hooks(before, ("/other/client",))
    assert moved_places("/h", before, after) == {"/h:stop:2": "/h:stop:1"}
    assert moved_places("/h", None, after) == {}
