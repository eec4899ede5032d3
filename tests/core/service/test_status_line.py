from __future__ import annotations

import json
import signal
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookwright.core.paths import Paths
from hookwright.core.service import client, eventlog, lifetime
from hookwright.core.service.cold_start import ASLEEP
from hookwright.core.service.intake import RawDelivery
from hookwright.core.service.native import hand_over_command, native_command
from hookwright.core.service.runtime import Runtime
from hookwright.core.service.status_line import (
    LONGEST,
    LONGEST_REASON,
    MOST_SESSIONS,
    NAME,
    Refusals,
    line_of,
)
from hookwright.hookspecs import (
    Agent,
    Decision,
    Event,
    Project,
    PromptSubmit,
    StatusPart,
    Step,
    ToolBefore,
    ToolCall,
)

MakeRaw = Callable[..., RawDelivery]
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DENIED = Decision(
    outcome="deny",
    reason="not that file",
    steps=(
        Step(plugin="a", said="ask", reason="hm"),
        Step(plugin="b", said="deny", reason="not that file"),
    ),
)


@pytest.fixture
def runtime(paths: Paths, sample: ModuleType) -> Iterator[Runtime]:
    opened = Runtime.open(paths, entry_points=False, plugins=[(sample, "sample")])
    yield opened
    opened.close("")


def shown(runtime: Runtime, raw: RawDelivery) -> str:
    answer, received = runtime.answer(raw)
    runtime.finish(received)
    (line,) = json.loads(answer.stdout)["contexts"]
    return str(line)


def test_a_status_line_is_answered_and_is_no_event(
    runtime: Runtime, raw: MakeRaw, paths: Paths
) -> None:
    assert shown(runtime, raw("status")) == "all is well in s1"

    assert runtime.receive(raw("status")).fresh is False
    assert eventlog.tail(paths.logs, 10) == []
    assert runtime.store is not None
    assert runtime.store.pending() == []


def test_the_last_refusal_of_the_session_is_told(
    runtime: Runtime, raw: MakeRaw
) -> None:
    runtime.answer(raw("before", "forbidden fruit"))
    runtime.answer(raw("before", "ls"))

    assert shown(runtime, raw("status")) == "deny Shell | said: s1: no forbidden fruit"
    assert shown(runtime, raw("status", session="s2")) == "all is well in s2"


def test_a_malformed_request_is_a_problem_and_nothing_else(
    runtime: Runtime, raw: MakeRaw
) -> None:
    answer, _ = runtime.answer(
        raw("status", stdin=b'{"event": "status", "session": 7}')
    )

    assert answer.stdout == ""
    assert "session is no text" in answer.stderr


def test_a_status_line_pushes_no_answer_out(runtime: Runtime, raw: MakeRaw) -> None:
    denied = raw("before", "forbidden fruit", number=1)
    first, _ = runtime.answer(denied)
    for _ in range(1100):
        runtime.decide(runtime.receive(raw("status")))

    assert runtime.answer(denied)[0] == first


def tool(session: str = "s1", host: str = "sample") -> ToolBefore:
    return ToolBefore(
        id="1.0",
        time=NOW,
        agent_host=host,
        host_event="before",
        session_id=session,
        project=Project(path="/p", worktree="/p"),
        agent=Agent(id="a/main", name="main"),
        cwd="/p",
        call=ToolCall(id="c", tool="shell", native_name="Bash"),
    )


def test_a_refusal_names_those_whose_word_it_was_and_no_secret() -> None:
    refusals = Refusals(lambda text: text.replace("file", "[REDACTED]"))

    refusals.note([tool()], DENIED, NOW)

    found = refusals.last("sample", "s1")
    assert found is not None
    assert (found.outcome, found.plugins, found.what) == ("deny", ("b",), "Bash")
    assert found.reason == "not that [REDACTED]"


def test_a_prompt_can_be_refused_too() -> None:
    refusals = Refusals(str)
    common = {name: getattr(tool(), name) for name in Event.model_fields}

    refusals.note([PromptSubmit(**common, prompt="x")], DENIED, NOW)

    found = refusals.last("sample", "s1")
    assert found is not None
    assert found.what == "prompt"


def test_what_is_let_pass_is_no_refusal() -> None:
    refusals = Refusals(str)

    refusals.note([tool()], Decision(outcome="allow"), NOW)
    refusals.note([], DENIED, NOW)

    assert refusals.last("sample", "s1") is None


def test_refusals_are_kept_of_so_many_sessions_and_no_more() -> None:
    refusals = Refusals(str)
    long = DENIED.model_copy(update={"reason": "x" * 10_000})

    for number in range(MOST_SESSIONS + 1):
        refusals.note([tool(f"s{number}")], long, NOW)

    assert refusals.last("sample", "s0") is None
    assert refusals.last("other", "s9") is None
    found = refusals.last("sample", "s1")
    assert found is not None
    assert len(found.reason) == LONGEST_REASON


@given(
    st.lists(
        st.builds(
            StatusPart,
            text=st.text(min_size=1, max_size=100),
            order=st.integers(0, 100),
        ),
        max_size=8,
    )
)
def test_a_line_is_one_short_line_that_steers_no_terminal(
    parts: list[StatusPart],
) -> None:
    line = line_of(parts)

    assert 0 < len(line) <= LONGEST
    assert not any(unicodedata.category(letter) == "Cc" for letter in line)
    assert not set(line) & set("\u202e\u2066\u2028")


def test_parts_stand_in_rising_order_and_equal_ones_as_they_came() -> None:
    parts = [
        StatusPart(text="z", order=9),
        StatusPart(text="b\x1b[2J\nb"),
        StatusPart(text="a"),
        StatusPart(text=" \n ", order=1),
    ]

    assert line_of(parts) == "z | b [2J b | a"
    assert line_of([]) == NAME


Start = Callable[..., subprocess.Popen[bytes]]
Message = dict[str, Any]
MESSAGE: Message = {"event": "status", "text": "", "session": "s1"}


@pytest.fixture(params=["python", "native"])
def program(request: pytest.FixtureRequest) -> list[str]:
    """Return each client's command."""
    if request.param == "python":
        return [sys.executable, "-I", "-S", client.__file__]
    return list(native_command(request.getfixturevalue("native_client")))


def glance(program: list[str], message: Message = MESSAGE) -> tuple[int, bytes, bytes]:
    done = subprocess.run(
        [*program, "sample", "status", "--if-running"],
        input=json.dumps(message).encode(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_both_clients_show_what_the_daemon_says(
    start_daemon: Start, tell: Callable[..., Any], program: list[str]
) -> None:
    start_daemon()
    before = tell("status")["events"]

    code, out, err = glance(program)

    assert (code, err) == (0, b"")
    (line,) = json.loads(out)["contexts"]
    assert line.endswith(" | all is well in s1")
    # Drawing a line is no sign of life: the daemon may leave all the same.
    assert tell("status")["events"] == before
    assert tell("status_line", cwd="/") == "all is well in here"


def test_without_a_daemon_both_say_so_and_start_none(
    daemons: Callable[[], list[int]], program: list[str], paths: Paths
) -> None:
    assert glance(program) == (0, ASLEEP, b"")

    assert daemons() == []
    assert lifetime.holder(paths) is None
    assert not paths.spool.exists()


def test_a_daemon_that_hangs_is_not_waited_for(
    start_daemon: Start, program: list[str]
) -> None:
    daemon = start_daemon()
    daemon.send_signal(signal.SIGSTOP)
    try:
        assert glance(program) == (0, ASLEEP, b"")
    finally:
        daemon.send_signal(signal.SIGCONT)


def test_without_the_package_the_native_client_says_nothing(
    native_client: Path, tmp_path: Path
) -> None:
    words = [str(native_client), "--or", str(tmp_path / "gone"), "--"]

    assert glance(words) == (0, b"", b"")
    assert hand_over_command()[0]
