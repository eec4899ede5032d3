from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from hookwright.core.errors import ServiceError, ToolError, UnknownNameError
from hookwright.core.paths import Paths
from hookwright.core.service import client, daemon, eventlog, lifetime, wire
from hookwright.core.service.connect import DaemonConnection
from hookwright.core.service.runtime import Runtime
from hookwright.core.store import Store

Until = Callable[..., Any]
Started = subprocess.Popen[bytes]
StartDaemon = Callable[..., Started]
RunClient = Callable[..., subprocess.CompletedProcess[bytes]]


def event(kind: str, text: str = "", session: str = "s1") -> dict[str, str]:
    return {"event": kind, "text": text, "session": session}


def call(paths: Paths, op: str, **args: Any) -> Any:
    connection = DaemonConnection.open(paths)
    assert connection is not None
    with connection:
        return connection.call(op, timeout=20, **args)


def seen(paths: Paths, session: str = "s1") -> dict[str, Any]:
    arguments = {"name": "seen", "arguments": {"session": session}}
    found = call(paths, "tool", **arguments)
    assert isinstance(found, dict)
    return found


def test_the_first_event_starts_a_daemon_that_answers_the_next(
    paths: Paths,
    run_client: RunClient,
    daemons: Callable[[], list[int]],
    until: Until,
) -> None:
    stop = {"session_id": "s", "cwd": "/", "hook_event_name": "Stop"}
    words = ("claude-code", "Stop", "--observe")

    first = run_client(*words, stdin=stop, HOOKWRIGHT__STORE__FLUSH_SECONDS="0.5")
    until(lambda: lifetime.is_listening(paths))
    second = run_client(*words, stdin=stop)

    for found in (first, second):
        assert (found.returncode, found.stdout, found.stderr) == (0, b"", b"")
    assert len(daemons()) == 1
    # The first was recorded without a daemon, and taken over by it.
    until(lambda: len(eventlog.tail(paths.logs, 10)) == 2)
    assert call(paths, "status")["events"] == 1


def test_twenty_clients_that_race_leave_one_daemon(
    paths: Paths,
    run_client: RunClient,
    daemons: Callable[[], list[int]],
    until: Until,
) -> None:
    def one(number: int) -> int:
        payload = {"session_id": f"s{number}", "cwd": "/", "hook_event_name": "Stop"}
        found = run_client(
            "claude-code",
            "Stop",
            "--observe",
            stdin=payload,
            HOOKWRIGHT__STORE__FLUSH_SECONDS="0.5",
        )
        return found.returncode

    with ThreadPoolExecutor(20) as pool:
        codes = list(pool.map(one, range(20)))

    assert codes == [0] * 20
    until(lambda: len(eventlog.tail(paths.logs, 100)) == 20)
    until(lambda: len(daemons()) == 1)
    pid = daemons()[0]
    assert call(paths, "ping")["pid"] == pid
    assert {line["session_id"] for line in eventlog.tail(paths.logs, 100)} == {
        f"s{number}" for number in range(20)
    }


def test_the_hosts_pipe_is_closed_when_the_client_leaves(
    paths: Paths, daemons: Callable[[], list[int]], until: Until
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", client.__file__, "claude-code", "Stop"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b'{"hook_event_name": "Stop", "session_id": "s", "cwd": "/"}')
    process.stdin.close()
    process.wait(20)

    readable, _, _ = select.select([process.stdout], [], [], 1.0)

    assert readable
    assert process.stdout.read() == b""
    process.stdout.close()
    until(daemons)


def test_a_gate_answers_through_the_daemon_as_it_does_without(
    paths: Paths, start_daemon: StartDaemon, run_client: RunClient, site: Path
) -> None:
    start_daemon()
    samples = [
        ("before", "forbidden"),
        ("before", "rewrite x"),
        ("before", "print x"),
        ("start", ""),
        ("end", "done"),
        ("odd", ""),
    ]

    for kind, text in samples:
        asked = {"stdin": event(kind, text), "site": site}
        warm = run_client("sample", kind, **asked)
        direct = run_client("sample", kind, "--direct", **asked)

        assert direct.returncode == warm.returncode == 0
        assert direct.stdout == warm.stdout, kind
        # What a plugin prints never mixes with the answer.
        assert b"print" not in direct.stdout
        if text != "print x":
            assert direct.stderr == warm.stderr, kind
    assert call(paths, "status")["events"] == len(samples)


def test_the_samples_of_claude_code_are_answered_alike(
    paths: Paths, start_daemon: StartDaemon, run_client: RunClient, site: Path
) -> None:
    start_daemon()
    for name in ("SessionStart", "PreToolUse"):
        payload = {
            "session_id": "s",
            "transcript_path": "/none",
            "cwd": "/",
            "hook_event_name": name,
            "source": "startup",
            "prompt": "hello",
            "tool_name": "Bash",
            "tool_input": {"command": "ls"},
            "tool_use_id": "1",
            "stop_hook_active": False,
        }
        warm = run_client("claude-code", name, stdin=payload, site=site)
        direct = run_client("claude-code", name, "--direct", stdin=payload, site=site)

        assert (warm.returncode, warm.stdout) == (direct.returncode, direct.stdout)
        assert warm.stderr == direct.stderr


@pytest.mark.parametrize(
    ("words", "stdin", "message"),
    [
        (("nope", "x"), b"{}", "unknown agent host 'nope'; known: claude-code, "),
        (("sample", "after"), b"", "sample after: standard input is empty"),
        (("sample", "after"), b"{oops", "sample after: standard input is not JSON"),
        (("sample", "after"), b"[]", "sample after: standard input is a JSON array"),
        (("sample", "after"), b'{"a":' * 10_000, "nested deeper than 200 levels"),
        (
            ("sample", "after"),
            b'\xef\xbb\xbf{"event": "after", "session": "\\ud800", "n": NaN}',
            "",
        ),
        (
            ("sample", "after"),
            b'{"event": "after", "session": "x\xff"}',
            "sample after: byte 32 of standard input is not UTF-8",
        ),
        (
            ("sample", "after"),
            b'{"event": "after", "session": "s", "x": "' + b"x" * 50 * 2**20 + b'"}',
            "bytes, accepted: 4194304; what is too long in it was shortened",
        ),
    ],
)
@pytest.mark.parametrize("observe", [(), ("--observe",)])
def test_bad_input_is_told_and_never_stops_the_agent(
    one_daemon: Path,
    run_client: RunClient,
    words: tuple[str, ...],
    stdin: bytes,
    message: str,
    observe: tuple[str, ...],
) -> None:
    found = run_client(
        *words, *observe, stdin=stdin, HOOKWRIGHT_DATA_DIR=str(one_daemon)
    )

    error = found.stderr.decode()
    assert (found.returncode, found.stdout) == (0, b"")
    assert message in error
    assert error.count("\n") == (1 if message else 0)
    assert error.startswith("hookwright: ") == bool(message)


@pytest.fixture(scope="module")
def one_daemon(
    tmp_path_factory: pytest.TempPathFactory, sample: ModuleType
) -> Iterator[Path]:
    """Return the data directory of a daemon for tests that leave it as it is."""
    top = tmp_path_factory.mktemp("one")
    folder = top / "site"
    info = folder / "sample_plugin-1.0.dist-info"
    info.mkdir(parents=True)
    source = Path(str(sample.__file__)).read_text("utf-8")
    (folder / "sample_plugin.py").write_text(source)
    (info / "METADATA").write_text("Name: sample-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[hookwright]\nsample = sample_plugin\n")
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "hookwright.core.service.daemon"],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(top),
            "PYTHONPATH": str(folder),
            "HOOKWRIGHT_DATA_DIR": str(top / "data"),
            "HOOKWRIGHT_CONFIG_DIR": str(top / "config"),
        },
        stdin=subprocess.DEVNULL,
    )
    paths = Paths(top / "data", top / "config")
    deadline = time.monotonic() + 20
    while not lifetime.is_listening(paths):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    yield top / "data"
    process.terminate()
    process.wait(10)


def test_nothing_acknowledged_is_lost_when_the_daemon_is_killed(
    paths: Paths,
    start_daemon: StartDaemon,
    run_client: RunClient,
    site: Path,
    ask: Callable[..., bytes],
) -> None:
    first = start_daemon()
    for number in range(30):
        assert ask(event("after", f"t{number}"), flags="o")[5] == wire.DONE
    first.kill()
    first.wait()

    # A gate goes on without a daemon; what only records goes to the spool.
    refused = run_client(
        "sample", "before", stdin=event("before", "forbidden"), site=site
    )
    recorded = run_client(
        "sample", "after", "--observe", "--direct", stdin=event("after", "x"), site=site
    )

    assert json.loads(refused.stdout)["outcome"] == "deny"
    assert recorded.returncode == 0
    lifetime.end(paths)
    start_daemon()
    call(paths, "flush")
    found = seen(paths)
    assert set(found["texts"]) == {*(f"t{n}" for n in range(30)), "x", "tool_before"}
    assert found["count"] == 32


def test_a_daemon_killed_between_acceptance_and_dispatch_recovers_exactly_once(
    paths: Paths, start_daemon: StartDaemon, ask: Callable[..., bytes], until: Until
) -> None:
    first = start_daemon()
    # The first holds its session's lane; the others are accepted and wait.
    ask(event("after", "observed slowly 1.5"), flags="o", number=1)
    for number in range(2, 6):
        ask(event("after", f"t{number}"), flags="o", number=number)
    ask(event("after", "other", session="s2"), flags="o", number=9)
    until(lambda: seen(paths, "s2")["count"] == 1)
    assert seen(paths)["count"] == 0
    first.kill()
    first.wait()

    start_daemon()
    # A client that had no answer sends the same delivery again.
    ask(event("after", "t5"), flags="o", number=5)
    until(lambda: len(seen(paths)["texts"]) == 5)
    call(paths, "flush")

    assert seen(paths)["count"] == 5
    assert seen(paths, "s2")["count"] == 1
    assert call(paths, "stats")["inbox"] == 0


def test_idle_exit_leaves_no_process_and_no_socket(
    paths: Paths, start_daemon: StartDaemon, ask: Callable[..., bytes]
) -> None:
    process = start_daemon(HOOKWRIGHT__SERVICE__IDLE_EXIT="1")
    ask(event("after", "kept"), flags="o")

    assert process.wait(15) == 0

    assert not (paths.run / "daemon.sock").exists()
    assert lifetime.holder(paths) is None
    with closing(Store.open(paths)) as store:
        assert store.stats().records["seen"] == 1


def test_another_version_makes_the_daemon_leave(
    paths: Paths, start_daemon: StartDaemon, ask: Callable[..., bytes]
) -> None:
    process = start_daemon()

    reply = ask(event("after"), flags="o", version="9.9.9")

    assert reply[5] == wire.RETIRE
    assert process.wait(10) == 0
    assert not lifetime.is_listening(paths)


@pytest.mark.parametrize("version", ["0.0.1", "9.9.9"])
def test_a_client_of_another_version_is_answered_and_replaces_the_daemon(
    paths: Paths,
    start_daemon: StartDaemon,
    install: Callable[[str], Any],
    daemons: Callable[[], list[int]],
    run_client: RunClient,
    until: Until,
    version: str,
) -> None:
    other = install(version)
    first = start_daemon()
    stop = {"hook_event_name": "Stop", "session_id": "s", "cwd": "/"}
    words = ("claude-code", "Stop", "--observe")

    assert other.run_client(*words, stdin=json.dumps(stop).encode()) == (0, b"", b"")

    assert first.wait(10) == 0
    until(lambda: (lifetime.holder(paths) or {}).get("started"))
    second = lifetime.holder(paths)
    assert second is not None
    assert second["version"] == version
    assert daemons() == [second["pid"]] != [first.pid]
    until(lambda: len(eventlog.tail(paths.logs, 5)) == 1)

    # And back again: whoever speaks has the daemon of its own version.
    found = run_client(*words, stdin={**stop, "session_id": "t"})

    assert (found.returncode, found.stdout, found.stderr) == (0, b"", b"")
    until(lambda: (lifetime.holder(paths) or {}).get("version") == wire.VERSION)
    until(lambda: len(eventlog.tail(paths.logs, 5)) == 2)
    until(lambda: len(daemons()) == 1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_makes_it_finish_flush_and_leave(
    paths: Paths,
    start_daemon: StartDaemon,
    ask: Callable[..., bytes],
    number: signal.Signals,
) -> None:
    process = start_daemon()
    for index in range(10):
        ask(event("after", f"t{index}"), flags="o")

    process.send_signal(number)

    assert process.wait(10) == 0
    with closing(Store.open(paths)) as store:
        stats = store.stats()
    assert stats.records["seen"] == 1
    assert stats.flushes["stop"] == 1
    assert stats.inbox == 0


def test_a_second_signal_does_not_wait(
    paths: Paths, start_daemon: StartDaemon, ask: Callable[..., bytes], until: Until
) -> None:
    process = start_daemon()
    ask(event("after", "observed slowly 20"), flags="o")
    process.terminate()
    until(lambda: not (paths.run / "daemon.sock").exists())
    process.terminate()

    assert process.wait(10) in (0, 128 + signal.SIGTERM)
    # What it did not finish is finished by the next.
    start_daemon()
    assert call(paths, "stats")["inbox"] in (0, 1)


def test_stopping_from_python_waits_until_it_is_gone(
    paths: Paths, start_daemon: StartDaemon
) -> None:
    process = start_daemon()

    assert lifetime.end(paths)

    assert process.wait(5) == 0
    assert not lifetime.end(paths)


def test_starting_from_python_waits_until_it_listens(
    paths: Paths, daemons: Callable[[], list[int]], until: Until
) -> None:
    lifetime.start(paths, dict(os.environ))
    lifetime.start(paths, dict(os.environ))

    assert len(daemons()) == 1
    assert lifetime.end(paths)
    # It has let go of its locks; on a busy machine the kernel takes longer to end it.
    until(lambda: not daemons())


def test_a_socket_that_a_dead_daemon_left_is_replaced(
    paths: Paths, start_daemon: StartDaemon
) -> None:
    first = start_daemon()
    first.kill()
    first.wait()
    assert (paths.run / "daemon.sock").exists()

    second = start_daemon()

    assert call(paths, "ping")["pid"] == second.pid


def test_a_slow_plugin_is_answered_for_by_its_policy(
    start_daemon: StartDaemon, ask: Callable[..., bytes]
) -> None:
    start_daemon(HOOKWRIGHT__SERVICE__ANSWER_TIMEOUT="0.3")

    reply = ask(event("before", "sleep 5"), timeout=2.0)

    answer = json.loads(reply[wire.REPLY_HEAD :])
    assert answer["outcome"] == "deny"


def test_the_answer_timeout_reaches_the_client(
    paths: Paths, start_daemon: StartDaemon
) -> None:
    start_daemon(HOOKWRIGHT__SERVICE__ANSWER_TIMEOUT="0.75")

    assert client.answer_timeout(os.fsencode(paths.run)) == 0.75


def test_a_slow_session_does_not_hold_up_another(
    paths: Paths, start_daemon: StartDaemon, ask: Callable[..., bytes], until: Until
) -> None:
    start_daemon()
    ask(event("after", "observed slowly 3"), flags="o")
    ask(event("after", "behind"), flags="o")

    ask(event("after", "beside", session="s2"), flags="o")

    until(lambda: seen(paths, "s2")["texts"] == ["beside"])
    assert "behind" not in seen(paths)["texts"]


def test_tools_and_operations_are_called_over_the_socket(
    paths: Paths, start_daemon: StartDaemon, ask: Callable[..., bytes], tmp_path: Path
) -> None:
    process = start_daemon()
    ask(event("after", "ls"), flags="o")

    assert call(paths, "flush", reason="command")["reason"] == "command"
    assert seen(paths)["texts"] == ["ls"]
    assert call(paths, "stats")["records"]["seen"] == 1
    assert call(paths, "check")["problems"] == []
    assert call(paths, "plugins")
    assert call(paths, "reload") == []
    assert len(call(paths, "tail", count=5)) == 1
    assert call(paths, "compact")
    assert call(paths, "backup", target=str(tmp_path / "backup")) > 0
    status = call(paths, "status")
    assert status["pid"] == process.pid
    assert (status["events"], status["problem"], status["notes"]) == (1, "", [])
    with pytest.raises(UnknownNameError, match="known: backup, check"):
        call(paths, "nope")
    with pytest.raises(ToolError, match="for people only"):
        call(paths, "tool", name="secret", from_agent=True)
    assert call(paths, "tool", name="secret", from_agent=False) == "well"
    with pytest.raises(ServiceError, match="failed"):
        call(paths, "backup")
    assert call(paths, "stop") == {"pid": process.pid}
    assert process.wait(10) == 0


def test_events_are_heard_as_they_happen(
    paths: Paths, start_daemon: StartDaemon, ask: Callable[..., bytes], until: Until
) -> None:
    start_daemon()
    ask(event("after", "before"), flags="o")
    until(lambda: seen(paths)["count"] == 1)
    connection = DaemonConnection.open(paths)
    assert connection is not None
    heard: list[str] = []

    def listen() -> None:
        for line in connection.subscribe(recent=1):
            heard.append(line["call"]["command"])

    thread = threading.Thread(target=listen)
    thread.start()
    until(lambda: heard == ["before"])
    ask(event("after", "after"), flags="o")
    until(lambda: heard == ["before", "after"])
    lifetime.end(paths)
    thread.join(10)
    connection.close()

    assert not thread.is_alive()


def test_a_changed_configuration_holds_without_a_restart(
    paths: Paths, start_daemon: StartDaemon, ask: Callable[..., bytes], until: Until
) -> None:
    paths.config.mkdir()
    start_daemon()
    assert b"deny" in ask(event("before", "forbidden"))

    paths.config_file.write_text("[sample]\nforbidden = 'apple'\n")

    until(lambda: b"deny" in ask(event("before", "apple")))
    assert b"deny" not in ask(event("before", "forbidden"))
    paths.config_file.write_text("[sample]\nforbidden = 'unclosed\n")
    log = paths.logs / "daemon.log"
    until(lambda: "the changed configuration is not taken" in log.read_text())
    assert b"deny" in ask(event("before", "apple"))


def test_a_store_of_another_size_takes_a_new_daemon(
    paths: Paths, start_daemon: StartDaemon, ask: Callable[..., bytes], until: Until
) -> None:
    paths.config.mkdir()
    process = start_daemon()
    ask(event("before", "x"))

    paths.config_file.write_text("[store]\nmax_size = '64 MB'\n")

    assert until(lambda: process.poll() is not None)
    assert "needs a new daemon" in (paths.logs / "daemon.log").read_text()


def test_a_second_daemon_says_that_one_runs(
    paths: Paths, start_daemon: StartDaemon
) -> None:
    process = start_daemon()

    found = subprocess.run(
        [sys.executable, "-P", "-m", daemon.__name__, "--foreground"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert found.returncode == 1
    assert found.stderr == f"a daemon runs already: process {process.pid}\n"


def test_wrong_arguments_are_told(capfd: pytest.CaptureFixture[str]) -> None:
    assert daemon.main(["--forground"]) == 2
    assert "'--forground'; accepted: --foreground" in capfd.readouterr().err


def test_a_data_directory_that_cannot_be_made_is_told(
    paths: Paths, capfd: pytest.CaptureFixture[str]
) -> None:
    paths.data.write_text("a file")

    assert daemon.main([]) == 1
    assert "the daemon cannot run" in capfd.readouterr().err


def read_only(directory: Path) -> list[str]:
    """Make a directory read-only; return what a command for it begins with."""
    for folder, _, files in os.walk(directory):
        for name in files:
            os.chmod(os.path.join(folder, name), 0o444)
        os.chmod(folder, 0o555)
    if os.geteuid():
        return []
    tool = shutil.which("setpriv")
    if tool is None:
        pytest.skip("root can write everywhere, and setpriv is not here")
    # Another user, who may read everything (Python may be in root's home).
    right = "+dac_read_search"
    user = ["--reuid=65534", "--clear-groups"]
    return [tool, *user, f"--inh-caps=-all,{right}", f"--ambient-caps={right}"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("after", "--observe"), "this event is lost: "),
        (("before",), "nothing is recorded"),
        (("after", "--direct"), "nothing is recorded"),
    ],
)
def test_a_read_only_directory_stops_nobody(
    paths: Paths,
    site: Path,
    sample: ModuleType,
    words: tuple[str, ...],
    message: str,
) -> None:
    plugins = [(sample, "sample")]
    Runtime.open(paths, entry_points=False, plugins=plugins).close()
    prefix = read_only(paths.data)

    found = subprocess.run(
        [*prefix, sys.executable, "-I", "-S", client.__file__, "sample", *words],
        input=json.dumps(event(words[0], "forbidden")).encode(),
        env={**os.environ, "PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd="/",
        capture_output=True,
        check=False,
        timeout=30,
    )

    error = found.stderr.decode()
    assert (found.returncode, error.count("\n")) == (0, 1), error
    assert error.startswith("hookwright: ")
    assert message in error
    assert (b"deny" in found.stdout) == (words == ("before",))
    paths.data.chmod(0o755)


def test_a_read_only_directory_can_still_be_asked(paths: Paths) -> None:
    made = Runtime.open(paths)
    made.call_tool("agent_create", {"agent_id": "codex/one"}, from_agent=False)
    made.close()
    prefix = read_only(paths.data)

    def hookwright(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*prefix, sys.executable, "-m", "hookwright.core.surfaces.cli", *words],
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )

    listed = hookwright("agent", "list", "--json")
    written = hookwright("agent", "bug", "codex/one")

    assert listed.returncode == 0, listed.stderr
    assert [agent["id"] for agent in json.loads(listed.stdout)] == ["codex/one"]
    assert written.returncode == 1
    assert written.stderr.count("\n") == 1
    assert "cannot be written" in written.stderr
    paths.data.chmod(0o755)
