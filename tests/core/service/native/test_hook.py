"""What only the native client has: C, and a command that it becomes."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from hookwright.core.paths import find_paths
from hookwright.core.service import client, native, wire
from hookwright.core.service.native import build

SOURCE = Path(build.__file__).with_name(build.SOURCE)
SANITIZERS = ("-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
#: The exit code of a sanitizer that found something.
FOUND = 99
MAX_REPLY = wire.MAX_BODY
ANY_HEAD = st.builds(
    lambda magic, status, code, out, err: (
        magic + bytes((1, status, code, 0)) + out.to_bytes(4) + err.to_bytes(4)
    ),
    st.sampled_from([b"HKWA", b"HKWA", b"HKWR", b"hkwa"]),
    st.integers(0, 4),
    st.integers(0, 98),
    st.integers(0, 40) | st.sampled_from([2**31, 2**32 - 1, MAX_REPLY]),
    st.integers(0, 40) | st.sampled_from([2**31, 2**32 - 1, MAX_REPLY]),
)
ANY_REPLY = st.builds(bytes.__add__, ANY_HEAD, st.binary(max_size=90)) | st.binary()
TEXT = st.binary(max_size=30).map(lambda found: found.replace(b"\0", b""))


def test_both_clients_send_and_keep_back_the_same() -> None:
    source = SOURCE.read_text("utf-8")

    def words(name: str) -> list[bytes]:
        found = re.search(rf"\b{name}\[\] = {{(.*?), NULL}}", source, re.DOTALL)
        assert found is not None
        return [word.encode() for word in re.findall(r'"([^"]*)"', found[1])]

    assert words("SENT") == list(client._SENT)
    assert words("SECRET") == list(client._SECRET)


def test_the_source_writes_no_file_and_is_short() -> None:
    source = SOURCE.read_text("utf-8")

    assert not re.search(r"O_CREAT|O_WRONLY|creat\(|tmpfile|mkstemp|popen", source)
    assert re.findall(r"fopen\((.*?)\)", source) == ['"/etc/passwd", "re"']
    assert source.count("\n") < 300


def test_it_says_its_version(native_client: Path) -> None:
    found = subprocess.run([native_client, "--version"], capture_output=True)

    said = f"hookwright-hook {client.VERSION}\n".encode()
    assert (found.returncode, found.stdout) == (0, said)
    assert native.version_in(native_client) == client.VERSION


@pytest.mark.parametrize("size", [0, 300_000])
@pytest.mark.parametrize(
    "command",
    [
        ("--or", "/nowhere/python", "-I", "--"),
        ("--or", "/etc", "--"),
        ("--or", "--"),
        (),
    ],
)
def test_without_anything_to_hand_over_to_it_says_nothing(
    native_client: Path, command: tuple[str, ...], size: int
) -> None:
    done = subprocess.run(
        [native_client, *command, "sample", "before"],
        input=b"x" * size,
        capture_output=True,
        timeout=30,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_an_end_of_the_command_that_is_missing_is_told(native_client: Path) -> None:
    done = subprocess.run(
        [native_client, "--or", "/bin/true", "sample"], capture_output=True
    )

    assert done.returncode == 2
    assert done.stderr.startswith(b"usage: hookwright-hook")


def test_an_end_mark_in_the_hosts_own_arguments_stays(native_client: Path) -> None:
    echo = ("--or", "/bin/echo", "--", "--observe")
    done = subprocess.run(
        [native_client, *echo, "sample", "before", "--", "x"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
    )

    assert done.stdout.split()[1:] == [b"os", b"sample", b"before", b"--", b"x"]


def test_of_two_variables_of_one_name_the_first_counts(
    native_client: Path, daemon: Daemon
) -> None:
    daemon.reply = wire.encode_reply(wire.Reply())
    script = (
        "import ctypes, sys\n"
        "def array(*words):\n"
        "    return (ctypes.c_char_p * (len(words) + 1))(*words)\n"
        "program, data = (word.encode() for word in sys.argv[1:])\n"
        "ctypes.CDLL(None).execve(program, array(program, b'sample'), array(data,\n"
        "    b'GIT_A=1', b'GIT_A', b'GIT_A=2', b'CLAUDE_KEY=1', b'GIT_B=', b'=x'))\n"
    )
    data = f"HOOKWRIGHT_DATA_DIR={find_paths().data}"

    subprocess.run(
        [sys.executable, "-c", script, native_client, data],
        stdin=subprocess.DEVNULL,
        check=True,
    )

    assert wire.fields_of(daemon.requests[-1])[5] == b"GIT_A=1\0GIT_B="


def test_an_answer_is_written_whole_where_writing_does_not_wait(
    native_client: Path, daemon: Daemon
) -> None:
    daemon.reply = wire.encode_reply(wire.Reply(wire.DONE, 0, b"x" * 500_000))
    (find_paths().run / "answer_timeout").symlink_to("0.1")
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    process = subprocess.Popen(
        [native_client, "sample"], stdin=subprocess.DEVNULL, stdout=writer
    )
    os.close(writer)
    # Long past its deadline for the daemon, which has answered.
    time.sleep(0.3)
    with open(reader, "rb") as out:
        found = out.read()

    assert process.wait(30) == 0
    assert len(found) == 500_000


class Daemon:
    """Says `reply` to whoever asks."""

    def __init__(self, run: Path) -> None:
        self.reply = b""
        self.requests: list[bytes] = []
        run.mkdir(parents=True, mode=0o700)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        back = os.getcwd()
        os.chdir(run)
        try:
            self._listener.bind("daemon.sock")
        finally:
            os.chdir(back)
        self._listener.listen(5)
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                head = connection.recv(wire.REQUEST_HEAD, socket.MSG_WAITALL)
                length = wire.read_head(head).length
                self.requests.append(connection.recv(length, socket.MSG_WAITALL))
                connection.sendall(self.reply)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


@pytest.fixture
def daemon() -> Iterator[Daemon]:
    """Return a daemon in the place of this test's own."""
    made = Daemon(find_paths().run)
    yield made
    made.close()


@pytest.fixture(scope="session")
def sanitized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the native client with checks of memory and arithmetic built in."""
    program = tmp_path_factory.mktemp("sanitized") / native.NAME
    with pytest.MonkeyPatch.context() as patch:
        # What one short process keeps is no leak.
        patch.setenv("ASAN_OPTIONS", "detect_leaks=0")
        problem = build.compile_client(SOURCE, program, client.VERSION, SANITIZERS)
    if problem:
        pytest.skip(f"no sanitizers: {problem}")
    return program


Ask = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def ask(sanitized: Path) -> Ask:
    """Return what runs the checked client; it fails when a check does."""

    def run(
        *words: bytes, stdin: bytes = b"{}", **more: str
    ) -> subprocess.CompletedProcess[bytes]:
        checks = {
            "ASAN_OPTIONS": f"exitcode={FOUND}:detect_leaks=0",
            "UBSAN_OPTIONS": f"exitcode={FOUND}:print_stacktrace=1",
        }
        done = subprocess.run(
            [sanitized, "--or", "/bin/echo", "handed", "--", *words],
            input=stdin,
            capture_output=True,
            env={**os.environ, **checks, **more},
            timeout=60,
        )
        assert done.returncode != FOUND, done.stderr.decode("utf-8", "replace")
        return done

    return run


def expected(reply: bytes) -> tuple[int, bytes, bytes] | None:
    """Return what becomes of a reply: code, stdout, stderr; None: handed over."""
    if len(reply) < wire.REPLY_HEAD or reply[:4] != wire.REPLY_MAGIC:
        return None
    out, err = int.from_bytes(reply[8:12]), int.from_bytes(reply[12:16])
    end = wire.REPLY_HEAD + out + err
    if len(reply) < end or reply[5] not in (wire.DONE, wire.USAGE):
        return None
    code = reply[6] if reply[5] == wire.DONE else 0
    return code, reply[16 : 16 + out], reply[16 + out : end]


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(reply=ANY_REPLY)
def test_no_reply_harms_it(ask: Ask, daemon: Daemon, reply: bytes) -> None:
    daemon.reply = reply

    done = ask(b"sample", b"before")

    wanted = expected(reply)
    if wanted is None:
        assert (done.returncode, done.stdout[:7]) == (0, b"handed ")
    else:
        assert (done.returncode, done.stdout, done.stderr) == wanted


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    words=st.lists(TEXT | st.sampled_from([b"--observe", b"--direct", b"--"])),
    stdin=st.binary(max_size=300),
    value=TEXT.map(os.fsdecode),
)
def test_no_words_harm_it(
    ask: Ask, daemon: Daemon, words: list[bytes], stdin: bytes, value: str
) -> None:
    daemon.reply = wire.encode_reply(wire.Reply(wire.DONE, 42))
    del daemon.requests[:]

    done = ask(*words, stdin=stdin, GIT_X=value, PWD=value)

    flags, plain = client.parse([os.fsdecode(word) for word in words])
    if not plain:
        assert done.returncode == 2
    elif "d" in flags:
        assert done.stdout.startswith(b"handed ")
    else:
        found = wire.fields_of(daemon.requests[0])
        assert done.returncode == 42
        assert found[2] == flags.encode()
        assert found[3] == b"\0".join(os.fsencode(word) for word in plain)
        assert found[4] == os.getcwdb()
        assert b"GIT_X=" + os.fsencode(value) in found[5].split(b"\0")
        assert found[6] == stdin


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    data=st.none() | st.text("ab/~. \t\u00e9", max_size=8),
    share=st.none() | st.text("ab/~. ", max_size=6),
    home=st.none() | st.sampled_from(["/h", "/h/", "/h//", "h", ""]),
)
def test_the_data_directory_is_that_of_the_client_in_python(
    ask: Ask, tmp_path: Path, data: str | None, share: str | None, home: str | None
) -> None:
    root = str(tmp_path)
    variables = {
        "HOOKWRIGHT_DATA_DIR": data,
        "XDG_DATA_HOME": share and (root + share if share[0] == "/" else share),
        "HOME": root + home if home and home[0] == "/" else home,
    }
    given_values = {k: v for k, v in variables.items() if v is not None}
    given_values.setdefault("HOME", f"{root}/h")
    encoded = {os.fsencode(k): os.fsencode(v) for k, v in given_values.items()}
    run = Path(os.fsdecode(client.data_directory(encoded, os.fsencode(root)))) / "run"
    assume(str(run).startswith(root))
    assume(not run.exists())
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        for name in ("HOOKWRIGHT_DATA_DIR", "XDG_DATA_HOME"):
            patch.delenv(name, raising=False)
        daemon = Daemon(run)
        try:
            daemon.reply = wire.encode_reply(wire.Reply(wire.DONE, 42))
            assert ask(b"sample", **given_values).returncode == 42
        finally:
            daemon.close()
            (run / "daemon.sock").unlink()
            run.rmdir()
