"""An event has the same answer with a daemon and without one, to the byte."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest

from hookwright.core.paths import Paths
from hookwright.core.service import client, lifetime, wire

PLUGINS = Path(__file__).with_name("judging_plugins.py")
SECRET = "sk-ant-" + "api03-" + "Ab1" * 31 + "AA"
#: A value of the project's own `.env`.
OWN = "blue-" + "Horse77" + "-staple"
COUNT = 200
WORDS = ["allow", "ask", "deny", "rewrite", "tell", "ls", "-la", "git status", "✓ ünï"]
WORDS += [SECRET, "a\tb", '"quoted"', "\\u0000", "../..", "x" * 3000]

#: Decides one event after the other as `cold.py` does, each in a child of its own.
DRIVER = """
import base64, json, os, sys, tempfile
from hookwright.core.service import cold, direct, runtime, shortcut, supervisor
from hookwright.core.service.intake import RawDelivery
kept = [os.dup(1), os.dup(2)]
for line in sys.stdin:
    event = json.loads(line)
    files = [tempfile.TemporaryFile(), tempfile.TemporaryFile()]
    for number, file in enumerate(files, 1):
        os.dup2(file.fileno(), number)
    raw = RawDelivery(os.urandom(10).hex(), "claude-code", (event["name"],),
        os.getcwd(), dict(os.environ), base64.b64decode(event["stdin"]))
    code = cold.deliver(raw, event["flags"])
    answer = [code]
    for number, file in enumerate(files, 1):
        os.dup2(kept[number - 1], number)
        file.seek(0)
        answer.append(base64.b64encode(file.read()).decode())
    os.write(1, json.dumps(answer).encode() + b"\\n")
"""


class Sent(NamedTuple):
    """One message of Claude Code."""

    name: str
    stdin: bytes


class Heard(NamedTuple):
    """What Claude Code gets: exit code, standard output and standard error."""

    code: int
    stdout: bytes
    stderr: bytes


def corpus(project: Path) -> list[Sent]:
    """Return the events: the same ones each time."""
    random = Random(20261121)
    return [_event(random, number, project) for number in range(COUNT)]


def _event(random: Random, number: int, project: Path) -> Sent:
    text = " ".join(random.choices(WORDS, k=random.randrange(5)))
    base = {
        "session_id": f"session-{number}",
        "transcript_path": str(project / "none.jsonl"),
        "cwd": str(project / random.choice(["", "src", "gone"])),
        "permission_mode": random.choice(["default", "plan", "acceptEdits"]),
    }
    if random.random() < 0.3:
        base |= {"agent_id": f"a{number}", "agent_type": random.choice(["", "tester"])}
    kind = random.choices(["tool", "prompt", "start", "odd"], [6, 2, 1, 1])[0]
    if kind == "tool":
        name, value = "PreToolUse", base | _call(random, text, project)
    elif kind == "prompt":
        name, value = "UserPromptSubmit", base | {"prompt": text}
    elif kind == "start":
        # An agent that nobody has seen: what observers wrote is no part of this.
        agent = {"agent_id": f"b{number}", "agent_type": f"new-{number}"}
        name, value = "SessionStart", base | agent | {"source": "startup"}
    else:
        return _odd(random, json.dumps(base | {"hook_event_name": "PreToolUse"}))
    ascii_only = random.random() < 0.5
    message = json.dumps({**value, "hook_event_name": name}, ensure_ascii=ascii_only)
    return Sent(name, message.encode())


def _call(random: Random, text: str, project: Path) -> dict[str, Any]:
    file = str(project / f"{random.choice(['notes', '.env', 'ä'])}.txt")
    tool, given = random.choice(
        [
            ("Bash", {"command": text, "description": "Run it"}),
            ("Bash", {"command": text, "timeout": 5, "run_in_background": True}),
            ("Read", {"file_path": file, "offset": 3}),
            ("Write", {"file_path": file, "content": text}),
            ("Edit", {"file_path": file, "old_string": text, "new_string": "b"}),
            ("Agent", {"prompt": text, "subagent_type": "tester", "description": ""}),
            ("mcp__files__read", {"path": file, "deep": {"er": [1, 2.5, None, text]}}),
            ("SomethingNew", {"anything": [text, {"": text}], "n": 2**70}),
            ("Grep", {"pattern": text, "path": "."}),
        ]
    )
    return {
        "tool_name": tool,
        "tool_input": given,
        "tool_use_id": f"t{random.random()}",
    }


def _odd(random: Random, message: str) -> Sent:
    name = random.choice(["PreToolUse", "UserPromptSubmit", "SessionStart", "Whatever"])
    return Sent(
        name,
        random.choice(
            [
                b"",
                b"   ",
                b"{",
                b"[1, 2]",
                b'"text"',
                b"null",
                b"\xff\xfe{}",
                b"\xef\xbb\xbf" + message.encode(),
                message.encode()[:-3],
                message.replace('"session-', '"/../').encode(),
                b'{"session_id": 7}',
                b'{"session_id": "s", "prompt": "deny \\ud800", "tool_name": "Bash"}',
                b'{"hook_event_name": "Stop", "session_id": "s"}',
                b'{"session_id": "s", "tool_name": 3, "tool_input": []}',
                b'{"a":' * 300,
                b'{"session_id": "s", "prompt": NaN, "tool_input": {"a": "deny"}}',
            ]
        ),
    )


@pytest.fixture
def environment(paths: Paths, tmp_path: Path) -> dict[str, str]:
    """Return the variables of a machine on which the five gates are installed."""
    site = tmp_path / "judges-site"
    info = site / "judges-1.0.dist-info"
    info.mkdir(parents=True)
    shutil.copy(PLUGINS, site)
    (info / "METADATA").write_text("Name: judges\nVersion: 1.0\n")
    names = ["Allows", "Asks", "Denies", "Rewrites", "Tells"]
    entries = [f"{name.lower()} = judging_plugins:{name}" for name in names]
    (info / "entry_points.txt").write_text("\n".join(["[hookwright]", *entries]))
    (tmp_path / "project" / ".git").mkdir(parents=True)
    (tmp_path / "project" / "src").mkdir()
    return {**os.environ, "PYTHONPATH": str(site)}


@pytest.fixture
def daemon(paths: Paths, environment: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "hookwright.core.service.daemon"],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 30
    while not lifetime.is_listening(paths):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    yield
    process.kill()
    process.wait()


def with_daemon(
    events: list[Sent], paths: Paths, project: Path, flags: str = ""
) -> list[Heard]:
    heard = []
    for name, stdin in events:
        fields = [wire.VERSION, os.urandom(10).hex(), flags, f"claude-code\0{name}"]
        fields += [str(project), ""]
        connection = client.connect(os.fsencode(paths.run))
        request = wire.encode(wire.HOOK, [*(f.encode() for f in fields), stdin])
        reply = client.ask(connection, request, 20)
        assert reply[5] == wire.DONE
        middle = wire.REPLY_HEAD + int.from_bytes(reply[8:12], "big")
        heard.append(Heard(reply[6], reply[wire.REPLY_HEAD : middle], reply[middle:]))
    return heard


def without_daemon(
    events: list[Sent], flags: str, environment: dict[str, str], project: Path
) -> list[Heard]:
    lines = [
        json.dumps(
            {
                "name": name,
                "stdin": base64.b64encode(stdin).decode(),
                "flags": flags,
            }
        )
        for name, stdin in events
    ]
    done = subprocess.run(
        [sys.executable, "-P", "-c", DRIVER],
        input="\n".join(lines).encode(),
        env=environment,
        cwd=project,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return [Heard(c, base64.b64decode(o), base64.b64decode(e)) for c, o, e in found]


def another_place(paths: Paths, other: Path) -> Path:
    """Return where nothing was recorded yet, as it was for the daemon.

    Secrets have the same tokens there.
    """
    other.mkdir(mode=0o700)
    (other / "run").mkdir(mode=0o700)
    shutil.copy(paths.data / "redaction.key", other)
    shutil.copy(paths.run / "cold.json", other / "run")
    return other


# Every event goes the short way; the whole program takes thrice as long for each.
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("flags", "step"), [("", 1), ("d", 4)], ids=["short way", "whole program"]
)
def test_an_event_has_the_same_answer_without_a_daemon(
    paths: Paths,
    environment: dict[str, str],
    daemon: None,
    tmp_path: Path,
    flags: str,
    step: int,
) -> None:
    project = tmp_path / "project"
    events = corpus(project)

    asked = with_daemon(events, paths, project)
    environment["HOOKWRIGHT_DATA_DIR"] = str(another_place(paths, tmp_path / "other"))
    decided = without_daemon(events[::step], flags, environment, project)

    assert len(decided) == COUNT / step
    differing = [
        (event, one)
        for event, one, two in zip(events[::step], asked[::step], decided, strict=True)
        if one != two
    ]
    # A plugin that had too little of a busy machine's time is left out; asked again,
    # it answers.
    assert len(differing) < 3
    again = without_daemon(
        [event for event, _ in differing], flags, environment, project
    )
    assert again == [one for _, one in differing]
    # The corpus is worth something: every kind of answer is in it.
    text = b"".join(heard.stdout for heard in asked).decode()
    for said in ("allow", "ask", "deny"):
        assert f'"permissionDecision": "{said}"' in text
    for said in ("updatedInput", "additionalContext", '"decision": "block"'):
        assert said in text
    assert any(heard.stderr for heard in asked)
    assert SECRET in text  # a rewritten command has the agent's own words


def finished_calls(project: Path) -> list[Sent]:
    """Return messages after tool calls, most of them with a secret in the output."""
    random = Random(20261122)
    return [_finished(random, number, project) for number in range(40)]


def _finished(random: Random, number: int, project: Path) -> Sent:
    words = random.choices([OWN, SECRET, "harmless", "ünï\n", "x" * 3000], k=3)
    text = " ".join(words)
    tool, output = random.choice(
        [
            ("Bash", {"stdout": text, "stderr": "", "interrupted": False}),
            ("Read", {"type": "text", "file": {"filePath": "a", "content": text}}),
            ("mcp__files__read", [{"type": "text", "text": text}, {"n": 2**70}]),
            ("SomethingNew", text),
        ]
    )
    name = random.choice(["PostToolUse"] * 9 + ["PostToolUseFailure"])
    told = (
        {"error": text} if name == "PostToolUseFailure" else {"tool_response": output}
    )
    message = {
        "session_id": f"session-{number}",
        "cwd": str(project),
        "hook_event_name": name,
        "tool_name": tool,
        "tool_input": {"command": random.choice(["ls", OWN])},
        "tool_use_id": f"t{number}",
        **told,
    }
    return Sent(name, json.dumps(message).encode())


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("flags", "step"),
    [("o", 1), ("", 2), ("od", 5)],
    ids=["recorded", "asked", "whole program"],
)
def test_what_the_model_reads_of_an_output_is_the_same_without_a_daemon(
    paths: Paths,
    environment: dict[str, str],
    daemon: None,
    tmp_path: Path,
    flags: str,
    step: int,
) -> None:
    project = tmp_path / "project"
    (project / ".env").write_text(f"PASSPHRASE={OWN}\n")
    events = finished_calls(project)[::step]

    asked = with_daemon(events, paths, project, flags.replace("d", ""))
    environment["HOOKWRIGHT_DATA_DIR"] = str(another_place(paths, tmp_path / "other"))
    decided = without_daemon(events, flags, environment, project)

    assert decided == asked
    text = b"".join(heard.stdout for heard in asked).decode()
    assert OWN not in text
    assert SECRET in text
    replaced = [heard for heard in asked if b"updatedToolOutput" in heard.stdout]
    assert replaced
    silent = [heard for heard in asked if heard == Heard(0, b"", b"")]
    assert len(replaced) + len(silent) == len(events)
    for event, heard in zip(events, asked, strict=True):
        given = json.loads(event.stdin).get("tool_response")
        assert (heard in replaced) is (given is not None and OWN in json.dumps(given))
