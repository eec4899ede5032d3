from __future__ import annotations

import ast
import os
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.errors import ServiceError
from hookwright.core.paths import Paths
from hookwright.core.service import lifetime

Hold = Callable[..., "subprocess.Popen[bytes]"]


def test_the_run_directory_is_its_users_alone(paths: Paths) -> None:
    paths.run.mkdir(parents=True, mode=0o777)
    paths.run.chmod(0o777)

    lifetime.make_run_directory(paths)

    assert paths.run.stat().st_mode & 0o777 == 0o700


def test_somebody_elses_run_directory_is_refused(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths.run.mkdir(parents=True)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)

    with pytest.raises(ServiceError, match="HOOKWRIGHT_DATA_DIR"):
        lifetime.make_run_directory(paths)


def test_a_daemon_inherits_nothing_of_an_agent(paths: Paths) -> None:
    environment = {
        "HOME": "/h",
        "PATH": "/bin",
        "LC_ALL": "C",
        "HOOKWRIGHT__SERVICE__IDLE_EXIT": "5",
        "HOOKWRIGHT_DATA_DIR": "~/data",
        "GIT_DIR": ".git",
        "CLAUDE_CODE_SESSION_ID": "1",
        "PYTHONPATH": "/x",
        "SOME_API_KEY": "x",
    }

    assert lifetime.daemon_environment(paths, environment) == {
        "MALLOC_ARENA_MAX": "1",
        "HOME": "/h",
        "PATH": "/bin",
        "LC_ALL": "C",
        "HOOKWRIGHT__SERVICE__IDLE_EXIT": "5",
        "HOOKWRIGHT_DATA_DIR": str(paths.data),
        "HOOKWRIGHT_CONFIG_DIR": str(paths.config),
    }


def test_nothing_runs_so_nothing_is_ended(paths: Paths) -> None:
    assert not lifetime.end(paths)
    assert not lifetime.is_listening(paths)


_IGNORE = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"


def test_a_daemon_that_does_not_go_is_told_by_its_number(
    paths: Paths, hold: Hold
) -> None:
    process = hold("InstanceLock", _IGNORE)

    with pytest.raises(ServiceError, match=f"kill -9 {process.pid}"):
        lifetime.end(paths, timeout=0.1)


def test_a_daemon_that_is_just_starting_is_ended(paths: Paths, hold: Hold) -> None:
    process = hold("StartLock")

    assert lifetime.holder(paths) == {"pid": process.pid}
    assert lifetime.end(paths) == process.pid

    assert process.wait(5) == -signal.SIGTERM
    assert lifetime.holder(paths) is None


def test_a_daemon_that_was_stopped_is_ended_all_the_same(
    paths: Paths, hold: Hold
) -> None:
    process = hold("InstanceLock")
    process.send_signal(signal.SIGSTOP)

    assert lifetime.end(paths) == process.pid


def test_a_daemon_that_cannot_start_leaves_its_last_words(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifetime, "_MODULE", "hookwright.core.service.no_such_module")

    with pytest.raises(ServiceError) as caught:
        lifetime.start(paths, dict(os.environ), timeout=2.0)

    assert "No module named hookwright.core.service.no_such_module" in str(caught.value)


def test_a_daemon_that_leaves_no_words_is_looked_for_in_the_log(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifetime, "start_detached", lambda *_: None)

    with pytest.raises(ServiceError, match=r"See .*logs"):
        lifetime.start(paths, {}, timeout=0.05)


@pytest.fixture
def listening(paths: Paths) -> Any:
    lifetime.make_run_directory(paths)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    back = Path.cwd()
    os.chdir(paths.run)
    listener.bind(lifetime.SOCKET)
    os.chdir(back)
    listener.listen(5)
    yield listener
    listener.close()


def test_no_second_daemon_is_started_beside_one_that_listens(
    paths: Paths, listening: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[object] = []
    monkeypatch.setattr(os, "execve", lambda *words: started.append(words))
    monkeypatch.setattr(lifetime, "_leave_everything", lambda: None)

    lifetime.become_daemon(paths, {})

    assert started == []
    assert lifetime.is_listening(paths)


def test_of_two_starters_one_goes_on(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Taken:
        def __init__(self, _paths: Paths) -> None: ...

        def acquire(self) -> bool:
            return False

    started: list[object] = []
    monkeypatch.setattr(lifetime, "StartLock", Taken)
    monkeypatch.setattr(os, "execve", lambda *words: started.append(words))
    monkeypatch.setattr(lifetime, "_leave_everything", lambda: None)

    lifetime.become_daemon(paths, {})

    assert started == []


def test_a_started_process_holds_nothing_of_its_starter(
    paths: Paths, monkeypatch: pytest.MonkeyPatch, until: Callable[..., Any]
) -> None:
    report = paths.data / "report"
    paths.data.mkdir(mode=0o700)
    script = "\n".join(
        (
            "import os",
            "fds = {}",
            "for name in os.listdir('/proc/self/fd'):",
            "    if os.path.lexists(f'/proc/self/fd/{name}'):",
            "        fds[name] = os.readlink(f'/proc/self/fd/{name}')",
            "found = (fds, os.getcwd(), os.getsid(0), os.getpid())",
            f"open('{report}.new', 'w').write(repr(found))",
            f"os.rename('{report}.new', '{report}')",
        )
    )
    real = os.execve

    def execve(python: str, _words: list[str], environment: dict[str, str]) -> None:
        real(python, [python, "-c", script], environment)

    monkeypatch.setattr(os, "execve", execve)
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)
    lifetime.start_detached(paths, dict(os.environ))
    os.close(writer)

    until(report.exists)
    os.set_blocking(reader, True)
    assert os.read(reader, 1) == b""  # nobody else holds the other end
    os.close(reader)
    descriptors, cwd, session, pid = ast.literal_eval(report.read_text())
    assert cwd == "/"
    assert session != os.getsid(0)
    assert session != pid  # no session leader: it can never get a terminal
    names = {int(number): target for number, target in descriptors.items()}
    assert (names[0], names[1]) == ("/dev/null", "/dev/null")
    assert names[2].endswith("boot.log")
    others = {target for number, target in names.items() if number > 2}
    assert all("start.lock" in t or "/proc/" in t for t in others), others
