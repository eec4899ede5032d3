"""A day of each real agent host while its daemon is killed again and again.

The store must hold every event of the day once: `session list` counts them. The event
log may lack lines or repeat them then, since it is a window and no record.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest

from .day import Act, acts_of_a_day, calls_of_two_ids
from .judged import daemons
from .long_runs import LONG
from .scripted_model import PROMPT, ScriptedModel
from .test_guard_hosts import FIXTURES, HOSTS

if TYPE_CHECKING:
    from .conftest import Workplace

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(240)]
#: Fixtures of the hosts' own tests, used here by their names.
codex, codex_binary, config, copilot, copilot_binary, unpacked, *_OTHERS = FIXTURES
gemini, gemini_binary, opencode, opencode_binary = _OTHERS
Run = Callable[..., subprocess.CompletedProcess[str]]
#: Seconds between two kills: some before a daemon listens, some while it works.
_SHORTEST, _LONGEST = 0.2, 1.5
_ONE_DAY = {
    "prompts": 1,
    "turns": 1,
    "tool_calls": 9,
    "failed_tool_calls": 1,
    "commits": 1,
    "pushes": 1,
    "files_changed": ["notes.txt"],
}
#: What the scripted model says that the day's requests took, each one counted once.
_INPUT_TOKENS = {
    "claude": 1166,
    "codex": 1166,
    "copilot": 1166,
    "gemini": 7278,
    "opencode": 1177,
}


@contextmanager
def killing(place: Workplace) -> Iterator[list[int]]:
    """Kill whatever daemon there is, at random moments; give those that were."""
    killed: list[int] = []
    done = threading.Event()

    def run() -> None:
        while not done.wait(random.uniform(_SHORTEST, _LONGEST)):
            for pid in daemons(place):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    killed.append(pid)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield killed
    finally:
        done.set()
        thread.join()


@pytest.mark.parametrize(
    "name",
    # One stands for all where nobody has asked for the long runs.
    [name if name == "copilot" else pytest.param(name, marks=LONG) for name in HOSTS],
)
def test_a_day_counts_once_whatever_daemon_is_killed(
    name: str, workplace: Workplace, request: pytest.FixtureRequest
) -> None:
    host = HOSTS[name]
    run: Run = request.getfixturevalue(name)
    workplace.hookwright("install", host.install, "--project")
    steps = [host.call_of(act) for act in acts_of_a_day(workplace.repository)]
    inside = host.call_of(Act("shell", "echo from-subagent"))
    model = ScriptedModel(steps, host.wire, subagent_call=inside)
    with model.serving(), killing(workplace) as killed:
        done = run(model.url, PROMPT)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    workplace.wait_until_nothing_runs()

    assert killed
    (session,) = workplace.json("session", "list")
    counted: dict[str, Any] = {word: session[word] for word in _ONE_DAY}
    assert counted == _ONE_DAY
    assert session["ended_at"]
    assert session["input_tokens"] == _INPUT_TOKENS[name]
    told = workplace.hookwright("events", "--count", "10000", "--json").splitlines()
    assert list(calls_of_two_ids(map(json.loads, told))) == []
