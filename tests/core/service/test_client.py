from __future__ import annotations

import ast
import os
import posix
import socket
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hookwright.core.paths import Paths, find_paths
from hookwright.core.service import client, cold_start, wire

ROOT = Path(__file__).parents[3]
PATH = st.sampled_from(
    ["", " ", "/a", "/a/", "~", "~/x", "~//x", "~user", "rel", "./rel", " /b ", "."]
) | st.text("ab/~. é", max_size=8)


def test_the_client_has_the_version_of_the_distribution() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))

    assert config["project"]["version"] == client.VERSION


def test_the_client_is_short_and_imports_only_what_is_built_in() -> None:
    source = Path(client.__file__).read_text("utf-8")
    names = [
        alias.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import)
        for alias in node.names
    ]

    # What is imported later is for events that no daemon answers.
    assert not any(isinstance(n, ast.ImportFrom) for n in ast.parse(source).body)
    assert set(names) - set(sys.builtin_module_names) <= {"_socket"}
    assert source.count("\n") < 205


def test_the_client_loads_no_other_module(tmp_path: Path) -> None:
    script = (
        "import sys; before = set(sys.modules); "
        f"exec(compile(open({client.__file__!r}).read(), 'c', 'exec'), "
        "{'__name__': 'client'}); "
        "print(sorted(set(sys.modules) - before))"
    )

    found = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script],
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert set(ast.literal_eval(found)) <= {"_socket", "posix", "pwd", "time"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(home=st.none() | PATH, data=st.none() | PATH, share=st.none() | PATH)
def test_the_data_directory_is_that_of_core(
    home: str | None, data: str | None, share: str | None
) -> None:
    given_values = {
        "HOME": home,
        "HOOKWRIGHT_DATA_DIR": data,
        "XDG_DATA_HOME": share,
    }
    environment = {k: v for k, v in given_values.items() if v is not None}
    with pytest.MonkeyPatch.context() as patch:
        # Without HOME in the mapping, core asks the process's own environment.
        patch.delenv("HOME")
        if home is not None:
            patch.setenv("HOME", home)
        expected = find_paths(environment).data

    found = client.data_directory(
        {os.fsencode(k): os.fsencode(v) for k, v in environment.items()},
        os.fsencode(os.getcwd()),
    )

    # `//x` is `/x` on every system that has the one and not the other.
    assert _single(Path(os.fsdecode(found))) == _single(Path(os.getcwd()) / expected)


def _single(path: Path) -> str:
    return "/" + str(path).lstrip("/")


@pytest.mark.parametrize(
    ("words", "flags", "plain"),
    [
        ([], "", []),
        (["git"], "", ["git"]),
        (["claude-code", "Stop", "--observe"], "o", ["claude-code", "Stop"]),
        (["--observe", "claude-code", "Stop"], "o", ["claude-code", "Stop"]),
        (["git", "--direct", "pre-push", "--observe"], "do", ["git", "pre-push"]),
        (["git", "pre-push", "o", "--observe"], "", ["git", "pre-push", "o"]),
    ],
)
def test_options_end_where_the_hosts_arguments_begin(
    words: list[str], flags: str, plain: list[str]
) -> None:
    found_flags, found = client.parse(words)

    assert found_flags == flags
    assert found[: len(plain)] == plain


def test_the_rest_of_the_arguments_belongs_to_the_host() -> None:
    words = ["git", "pre-push", "origin", "--observe", "--direct"]

    assert client.parse(words) == ("", words)


def test_no_secret_is_sent() -> None:
    environment = {
        b"CLAUDE_PROJECT_DIR": b"/p",
        b"CLAUDE_CODE_MESSAGING_TOKEN": b"x",
        b"GEMINI_API_KEY": b"x",
        b"CODEX_PASSWORD": b"x",
        b"GIT_DIR": b"g=1",
        b"AWS_SECRET": b"x",
        b"PATH": b"/bin",
    }

    assert client.sent_environment(environment) == [
        b"CLAUDE_PROJECT_DIR=/p",
        b"GIT_DIR=g=1",
    ]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    # Longer than an address of a socket can be.
    directory = tmp_path / ("d" * 120) / "run"
    directory.mkdir(parents=True, mode=0o700)
    return directory


@pytest.fixture
def answer_with(run: Path) -> Iterator[Callable[[bytes], list[bytes]]]:
    """Return what lets a daemon answer the next request with these bytes."""
    threads: list[threading.Thread] = []
    listeners: list[socket.socket] = []

    def serve(reply: bytes) -> list[bytes]:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        back = os.getcwd()
        os.chdir(run)
        try:
            listener.bind("daemon.sock")
        finally:
            os.chdir(back)
        listener.listen(5)
        listener.settimeout(10)
        listeners.append(listener)
        received: list[bytes] = []

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                head = connection.recv(wire.REQUEST_HEAD, socket.MSG_WAITALL)
                length = wire.read_head(head).length
                received.append(connection.recv(length, socket.MSG_WAITALL))
                # In pieces, as a kernel may hand them over; the client may have seen
                # enough before the last one.
                with suppress(BrokenPipeError, ConnectionResetError):
                    for at in range(0, len(reply), 5):
                        connection.sendall(reply[at : at + 5])

        threads.append(threading.Thread(target=answer))
        threads[-1].start()
        return received

    yield serve
    for thread in threads:
        thread.join()
    for listener in listeners:
        listener.close()


def test_an_answer_is_read_whole(
    run: Path, answer_with: Callable[[bytes], list[bytes]]
) -> None:
    reply = wire.encode_reply(wire.Reply(0, 3, b"out" * 50, b"err"))
    answer_with(reply)
    here = os.getcwd()

    connection = client.connect(os.fsencode(run))
    found = client.ask(connection, client.encode(1, [b"x"]), 5.0)
    connection.close()

    assert found == reply
    assert os.getcwd() == here


@pytest.mark.parametrize("reply", [b"", b"HK", b"HTTP/1.1 200 OK", b"HKWA" + bytes(9)])
def test_what_is_no_answer_is_an_error(
    run: Path, answer_with: Callable[[bytes], list[bytes]], reply: bytes
) -> None:
    answer_with(reply)
    connection = client.connect(os.fsencode(run))

    with pytest.raises(ConnectionError):
        client.ask(connection, client.encode(1, [b"x"]), 5.0)
    connection.close()


def test_a_deaf_daemon_is_given_up(run: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        back = os.getcwd()
        os.chdir(run)
        listener.bind("daemon.sock")
        os.chdir(back)
        listener.listen(1)
        connection = client.connect(os.fsencode(run))

        with pytest.raises(TimeoutError):
            client.ask(connection, client.encode(1, [b"x"]), 0.05)
        connection.close()


def test_a_directory_that_others_can_write_is_not_trusted(run: Path) -> None:
    run.chmod(0o777)

    with pytest.raises(PermissionError, match="not its user's alone"):
        client.connect(os.fsencode(run))


def test_the_daemons_timeout_is_in_a_link(run: Path) -> None:
    assert client.answer_timeout(os.fsencode(run)) == client.ANSWER_TIMEOUT
    (run / "answer_timeout").symlink_to("0.25")
    assert client.answer_timeout(os.fsencode(run)) == 0.25
    (run / "answer_timeout").unlink()
    (run / "answer_timeout").symlink_to("soon")
    assert client.answer_timeout(os.fsencode(run)) == client.ANSWER_TIMEOUT


def test_reading_ends_at_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "MAX_STDIN", 3 << 20)
    file = tmp_path / "big"
    file.write_bytes(b"x" * (5 << 20))
    descriptor = os.open(file, os.O_RDONLY)

    found = client.read_all(descriptor)
    os.close(descriptor)

    assert len(found) == 3 << 20


def test_a_closed_descriptor_reads_as_nothing_and_takes_nothing(
    tmp_path: Path,
) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    os.close(descriptor)

    assert client.read_all(descriptor) == b""
    client.write_all(descriptor, b"lost")


class Became(Exception):
    """Stands in for exec, which does not come back."""


@pytest.fixture
def as_client(
    tmp_path: Path, run: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, bytes, bytes]]:
    """Return what runs `main` here; raises `Became` where it would exec."""

    def execute(*words: str, stdin: bytes = b"") -> tuple[int, bytes, bytes]:
        environment = {
            b"HOOKWRIGHT_DATA_DIR": os.fsencode(run.parent),
            b"CLAUDE_SAMPLE": b"yes",
        }
        written = {1: b"", 2: b""}
        monkeypatch.setattr(sys, "argv", ["client", *words])
        monkeypatch.setattr(posix, "environ", environment)
        monkeypatch.setattr(posix, "isatty", lambda _fd: False)
        monkeypatch.setattr(client, "read_all", lambda _fd: stdin)

        def write_all(descriptor: int, content: bytes) -> None:
            written[descriptor] += content

        def become(*arguments: object) -> None:
            raise Became(*arguments)

        monkeypatch.setattr(client, "write_all", write_all)
        monkeypatch.setattr(client, "without_daemon", become)
        return client.main(), written[1], written[2]

    return execute


def test_an_event_goes_to_the_daemon_and_its_answer_comes_back(
    as_client: Callable[..., tuple[int, bytes, bytes]],
    answer_with: Callable[[bytes], list[bytes]],
) -> None:
    received = answer_with(wire.encode_reply(wire.Reply(0, 7, b"out", b"err")))

    found = as_client("sample", "before", "--observe", stdin=b"{}")

    request = wire.decode_hook(wire.fields_of(received[0]))
    assert found == (7, b"out", b"err")
    assert request.arguments == ("before",)
    assert request.environment == {"CLAUDE_SAMPLE": "yes"}
    assert (request.flags, request.stdin, request.cwd) == ("o", b"{}", os.getcwd())


@pytest.mark.parametrize(
    ("status", "flags"), [(wire.RETIRE, "s"), (wire.FAULT, ""), (99, "")]
)
def test_without_an_answer_the_event_is_handled_without_the_daemon(
    as_client: Callable[..., tuple[int, bytes, bytes]],
    answer_with: Callable[[bytes], list[bytes]],
    status: int,
    flags: str,
) -> None:
    received = answer_with(wire.encode_reply(wire.Reply(status)))

    with pytest.raises(Became) as became:
        as_client("sample", "before", stdin=b"{}")

    request = wire.decode_hook(wire.fields_of(received[0]))
    assert became.value.args == (request.delivery, flags, ["sample", "before"], b"{}")


def test_an_absent_daemon_is_started(
    as_client: Callable[..., tuple[int, bytes, bytes]],
) -> None:
    with pytest.raises(Became) as became:
        as_client("sample", "before")

    assert became.value.args[1] == "s"


def test_a_directory_that_is_not_ours_starts_no_daemon(
    as_client: Callable[..., tuple[int, bytes, bytes]], run: Path
) -> None:
    run.chmod(0o777)

    with pytest.raises(Became) as became:
        as_client("sample", "before")

    assert became.value.args[1] == ""


def test_direct_asks_no_daemon(
    as_client: Callable[..., tuple[int, bytes, bytes]],
) -> None:
    with pytest.raises(Became) as became:
        as_client("--direct", "sample", "before")

    assert became.value.args[1] == "d"


def test_wrong_arguments_inside_a_host_are_no_failure(
    as_client: Callable[..., tuple[int, bytes, bytes]],
    answer_with: Callable[[bytes], list[bytes]],
) -> None:
    answer_with(wire.encode_reply(wire.Reply(wire.USAGE, 0, b"", b"unknown\n")))

    assert as_client("nope", "before") == (0, b"", b"unknown\n")


def test_missing_arguments_are_told(
    as_client: Callable[..., tuple[int, bytes, bytes]],
) -> None:
    code, _, err = as_client()

    assert code == 2
    assert err.startswith(b"usage: hookwright-hook")


@pytest.mark.parametrize("size", [0, 16_384, 16_385, 300_000])
def test_the_event_is_handed_over_on_standard_input(tmp_path: Path, size: int) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\n"
        f"sys.path.insert(0, {str(Path(client.__file__).parent)!r})\n"
        "import client, posix\n"
        "posix.execv = lambda path, words: print(words[1:], len(client.read_all(0)))\n"
        f"client.without_daemon('id', 's', ['sample', 'x'], b'x' * {size})\n"
    )

    found = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=True
    ).stdout

    words = ["-P", "-S", cold_start.__file__, "id", "s", "sample", "x"]
    assert found == f"{words} {size}\n"


def test_all_plugins_switched_off_means_no_opinion(paths: Paths) -> None:
    found = subprocess.run(
        [sys.executable, "-I", "-S", client.__file__, "sample", "before"],
        env={**os.environ, "HOOKWRIGHT_NO_PLUGINS": "1"},
        input=b"{}",
        capture_output=True,
        check=False,
    )

    assert (found.returncode, found.stdout, found.stderr) == (0, b"", b"")
    assert not paths.data.exists()
