from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hookwright.core.paths import Paths
from hookwright.core.service import client, supervisor, unanswered
from hookwright.core.service.child import Child
from hookwright.core.service.intake import RawDelivery
from hookwright.core.service.relay import Sender, Told, read_told
from hookwright.plugins.adapters.claude_code.names import REFUSABLE, TIMEOUTS

from .guarded import Hook

SECRET = "sk-ant-" + "api03-" + "Ab1" * 31 + "AA"
STAND_IN = "Plugin guard could not judge this"


@pytest.fixture
def hook(paths: Paths, tmp_path: Path) -> Iterator[Hook]:
    """Return the hook of a machine on which the guard has worked once."""
    made = Hook(paths, tmp_path, "--direct")
    assert made.decision("ls")[0] == ""
    yield made
    for pid in made.processes():
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """Return a folder with a library that cannot be imported."""
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "pydantic.py").write_text("raise ImportError('half an update')\n")
    return folder


QUICK = ["exit", "crash", "abort", "eat", "kill", "close", "print"]
QUICK += ["leave-child", "fork-child"]
SLOW = ["sleep", "backtrack", "stop"]


@pytest.mark.parametrize("troubles", [QUICK, SLOW], ids=["it ends", "it hangs"])
def test_a_gate_answers_by_its_policy_whatever_becomes_of_its_process(
    hook: Hook, until: Callable[..., Any], troubles: list[str]
) -> None:
    processes = [hook.start(f"trouble {trouble}") for trouble in troubles]
    for process in processes:
        told, reason, err = hook.read(process)

        assert told == "deny"
        assert reason.startswith(STAND_IN)
        assert reason.endswith("It is declared to refuse then.")
        assert err == "" or err.startswith("hookwright: no plugin could be asked: ")
        # On a busy machine, that the event is still being recorded.
        assert err.count("\n") <= 2
    until(lambda: not hook.processes())
    # Neither lost nor counted twice.
    assert len(hook.observed()) == 1 + len(troubles)


@pytest.mark.parametrize(
    ("policy", "told", "ending"),
    [("ask", "ask", "It is declared to ask a person then."), ("allow", "", "")],
)
def test_the_answer_is_that_of_the_declared_policy(
    hook: Hook, policy: str, told: str, ending: str
) -> None:
    chosen = {
        "HOOKWRIGHT_TEST_POLICY": policy,
        "HOOKWRIGHT__STORE__FLUSH_SECONDS": "9",
        # The bundled guard would answer too.
        "HOOKWRIGHT__PLUGINS__DISABLED": '["env_protection"]',
    }
    assert hook.decision("ls", **chosen)[0] == ""

    found, reason, err = hook.decision("trouble exit", **chosen)

    assert found == told
    assert reason.endswith(ending)
    assert "it exited with code 3" in err


def test_a_gate_that_can_be_asked_is_asked(hook: Hook) -> None:
    found, reason, err = hook.decision("cat vault.txt")
    assert (found, err) == ("deny", "")
    # The bundled guard has its say too.
    assert reason.endswith("This file is not for you.")


def test_a_library_that_cannot_be_imported_leaves_the_gate_to_its_policy(
    hook: Hook, broken: Path
) -> None:
    path = f"{broken}:{hook.site}"

    told, reason, err = hook.decision("cat vault.txt", PYTHONPATH=path)

    assert told == "deny"
    assert STAND_IN in reason
    assert "no plugin could be asked: ImportError: half an update" in err
    # Kept by the standard library alone.
    assert len(hook.observed()) == 2


def test_an_event_of_a_failed_process_is_kept_without_its_secrets(
    hook: Hook, paths: Paths, broken: Path
) -> None:
    # A rule of the user's own holds, although nobody can check the whole file.
    paths.config.mkdir()
    paths.config_file.write_text(
        '[[redaction.extra]]\nname = "ticket"\npattern = "T-[0-9]{5}"\n'
        '[[redaction.extra]]\nname = "bad"\npattern = "("\n[store]\nmax_size = "none"\n'
    )

    hook.decision(f"curl -H {SECRET} T-12345", PYTHONPATH=f"{broken}:{hook.site}")

    files = [file for file in paths.data.rglob("*") if file.is_file()]
    content = b"".join(file.read_bytes() for file in files)
    assert SECRET.encode() not in content
    assert b"T-12345" not in content
    assert b"[REDACTED:ticket:" in content


def test_an_agent_host_is_released_while_observers_work(
    hook: Hook, paths: Paths, until: Callable[..., Any]
) -> None:
    # With a configuration file the whole program answers, observers included.
    paths.config.mkdir()
    paths.config_file.write_text('[guard]\nsecret_file = "vault.txt"\n')

    process = hook.start("observe slowly")
    out, err = process.communicate(timeout=30)  # waits for the pipes' end, too

    assert (process.returncode, out, err) == (0, b"", b"")
    assert hook.processes()
    until(lambda: not hook.processes())
    assert len(hook.observed()) == 2


def test_without_answers_from_before_the_agent_goes_on_and_is_told(
    hook: Hook, paths: Paths, broken: Path
) -> None:
    (paths.run / "unanswered.json").unlink()

    told, _, err = hook.decision("cat vault.txt", PYTHONPATH=str(broken))

    assert told == ""
    assert err.startswith("hookwright: no plugin could be asked: ImportError: half")


def test_a_gate_that_ends_its_process_at_the_first_event_of_all_is_closed(
    hook: Hook, paths: Paths
) -> None:
    (paths.run / "unanswered.json").unlink()

    # Its policy was known as soon as it was loaded.
    assert hook.decision("trouble exit")[0] == "deny"


def test_a_machine_without_room_for_a_process_answers_by_policy(
    hook: Hook,
    paths: Paths,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def fail() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", fail)
    raw = RawDelivery(
        "0" * 20, "claude-code", ("PreToolUse",), "/", dict(os.environ), b"{}"
    )

    assert supervisor.supervise(raw, "d") == 0

    out, err = capfd.readouterr()
    assert json.loads(out)["hookSpecificOutput"]["permissionDecision"] == "deny"
    assert err.count("Resource temporarily unavailable") == 2
    assert "this event is lost" in err


def test_a_client_that_waited_longer_leaves_less_time_to_decide(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths.run.mkdir(parents=True)
    raw = RawDelivery("0" * 20, "claude-code", (), "/", dict(os.environ), b"")

    def limits() -> list[float]:
        return [supervisor._limit(raw, flags) for flags in ("", "s", "d")]

    assert limits() == [5.0, 5.0, 5.0]
    (paths.run / "answer_timeout").symlink_to("3.5")
    assert limits() == [3.5, 5.0, 5.0]
    (paths.run / "answer_timeout").unlink()
    (paths.run / "answer_timeout").symlink_to("5")
    assert limits() == [2.0, 5.0, 5.0]


@pytest.mark.parametrize("event", REFUSABLE)
def test_all_waits_together_end_before_claude_code_goes_on_alone(event: str) -> None:
    longest = 5.0  # of service.answer_timeout
    for waited in (client.ANSWER_TIMEOUT, longest):
        left = max(supervisor.LEAST, supervisor.LIMIT - waited + client.ANSWER_TIMEOUT)
        total = waited + left + supervisor.RECORD_LIMIT
        # What is left is for starting two small processes on a busy machine.
        assert total + 2 <= TIMEOUTS[event]


def test_the_waiting_process_loads_the_standard_library_only(hook: Hook) -> None:
    script = (
        "import os, sys; from hookwright.core.service import cold, supervisor; "
        "supervisor._decide = lambda *_: os._exit(3); "
        "code = cold.main(['0' * 20, 'd', 'claude-code', 'PreToolUse']); "
        "print([m for m in sys.modules if m.partition('.')[0] in "
        "('pydantic', 'pluggy', 'lmdb', 'typer', 'asyncio', 'logging', 'subprocess')])"
    )

    found = subprocess.run(
        [sys.executable, "-P", "-c", script],
        env=hook.environment,
        input=b"{}",
        capture_output=True,
        check=True,
    )

    answer, modules = found.stdout.decode().splitlines()
    assert STAND_IN in answer
    assert modules == "[]"


TEXT = st.text(max_size=40)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stdout=TEXT, stderr=TEXT, code=st.integers(0, 255), cut=st.integers(0, 400))
def test_what_was_told_is_read_as_far_as_it_has_come(
    stdout: str, stderr: str, code: int, cut: int
) -> None:
    reader, writer = os.pipe()
    sender = Sender(writer)
    sender.kept()
    sender.give(stdout, stderr, code)
    sender.failed("too late")
    os.close(writer)
    content = os.read(reader, 1 << 16)
    os.close(reader)

    whole, part = read_told(content), read_told(content[:cut])

    answer = (
        stdout.encode("utf-8", "replace"),
        stderr.encode("utf-8", "replace"),
        code,
    )
    assert whole == Told(True, "too late", answer)
    assert part.kept == (cut >= 10)
    assert part.answer in (None, answer)
    assert (part.failure == "too late") == (cut >= len(content))


def test_a_sender_whose_reader_has_left_goes_on() -> None:
    reader, writer = os.pipe()
    os.close(reader)

    Sender(writer).give("answer", "", 0)

    os.close(writer)


def test_a_child_is_killed_with_what_it_has_started(
    until: Callable[..., Any], is_alive: Callable[[int], bool]
) -> None:
    def work(writer: int) -> None:
        pid = os.fork()
        if pid:
            os.write(writer, f"{pid}\n".encode())
        time.sleep(600)

    child = Child(work)
    deadline = time.monotonic() + 20
    while not child.content.endswith(b"\n"):
        assert child.listen(deadline) == ""

    child.kill()
    child.close()

    until(lambda: not is_alive(int(child.content)))
    assert not is_alive(child.pid)


def test_the_answers_in_use_are_those_of_the_same_choice_of_plugins(
    hook: Hook, paths: Paths
) -> None:
    off = {"HOOKWRIGHT__PLUGINS__DISABLED": '["guard", "env_protection"]'}

    assert hook.decision("cat vault.txt", **off)[0] == ""
    assert hook.decision("trouble exit")[0] == "deny"

    named = {**hook.environment, **off}
    assert (
        unanswered.find(
            unanswered.file_of(paths, named), "claude-code", ("PreToolUse",)
        )
        == unanswered.Unanswered()
    )
