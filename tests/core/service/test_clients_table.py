"""What every client does, whatever it is made of: each test runs for all of them."""

from __future__ import annotations

import hashlib
import json
import os
import pty
import re
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pytest

from hookwright.core.paths import find_paths
from hookwright.core.service import client, native, wire

KINDS = ("python", "native", "copy")
#: Prints what it was handed over: arguments, input, directory, open descriptors.
RECORDER = """\
#!{python} -IS
import hashlib, json, os, sys
data = sys.stdin.buffer.read()
try:
    cwd = os.getcwd()
except OSError:
    cwd = None
print(json.dumps({{
    "words": [os.fsencode(word).hex() for word in sys.argv[1:]],
    "size": len(data), "digest": hashlib.sha256(data).hexdigest(), "cwd": cwd,
    "descriptors": [n for n in range(20) if os.path.exists(f"/dev/fd/{{n}}")],
}}))
"""


#: Stands before the loader of the client in Python, which works in its own process.
TO_RECORDER = """\
import posix, sys
sys.path.append({folder!r})
import client
sys.path.pop()
def recorded(delivery, flags, words, stdin):
    reader, writer = posix.pipe()
    if not posix.fork():
        posix.closerange(0, writer)
        client.write_all(writer, stdin)
        posix._exit(0)
    posix.close(writer)
    if reader:
        posix.dup2(reader, 0)
        posix.close(reader)
    posix.set_inheritable(0, True)
    posix.execv({recorder!r}, [{recorder!r}, delivery, flags, *words])
client.without_daemon = recorded
"""


@dataclass
class Handed:
    """What the command that works without a daemon was given."""

    delivery: str
    flags: str
    words: list[str]
    size: int
    digest: str
    cwd: str | None
    descriptors: list[int]


@dataclass
class Ran:
    """How a client ended."""

    code: int
    out: bytes
    err: bytes

    @property
    def handed(self) -> Handed:
        """Return what was handed over; fails when nothing was."""
        found = json.loads(self.out)
        delivery, flags, *words = (
            os.fsdecode(bytes.fromhex(word)) for word in found.pop("words")
        )
        return Handed(delivery, flags, words, **found)


@dataclass
class Client:
    """One client, with a recorder in place of what it hands over to."""

    command: tuple[str, ...]
    directory: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(
        self,
        *words: str | bytes,
        stdin: bytes = b"",
        cwd: Path | None = None,
        remove: Sequence[str] = (),
        given: Mapping[str, str] | None = None,
        **variables: str,
    ) -> Ran:
        environment = {**self.environment, **variables, **(given or {})}
        for name in remove:
            environment.pop(name)
        done = subprocess.run(
            [*self.command, *words],
            input=stdin,
            capture_output=True,
            cwd=cwd or self.directory,
            env=environment,
            timeout=60,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def recorder(tmp_path: Path) -> Path:
    """Return a program that says what it was handed over."""
    program = tmp_path / "recorder"
    program.write_text(RECORDER.format(python=sys.executable))
    program.chmod(0o755)
    return program


@pytest.fixture(params=KINDS)
def a_client(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    recorder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Client:
    """Return each client in turn."""
    if request.param == "python":
        *start, loader = native.python_command()
        folder = str(Path(client.__file__).parent)
        first = TO_RECORDER.format(folder=folder, recorder=str(recorder))
        command = (*start, f"{first}{loader}")
    else:
        program = request.getfixturevalue("native_client")
        if request.param == "copy":
            monkeypatch.setattr(
                "hookwright.core.service.native.copies.built", lambda: program
            )
            program = native.place(find_paths())
        command = (str(program), "--or", str(recorder), "--")
    directory = tmp_path / "project"
    directory.mkdir()
    kept = ("HOME", "PATH", "HOOKWRIGHT_DATA_DIR", "HOOKWRIGHT_CONFIG_DIR")
    environment = {name: os.environ[name] for name in kept}
    return Client(command, directory, environment)


Script = Callable[[socket.socket, bytes], None]


class Daemon:
    """Answers as it is told, and keeps what it was asked."""

    def __init__(self, run: Path, script: Script) -> None:
        self.requests: list[bytes] = []
        self._script = script
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        run.mkdir(parents=True, exist_ok=True)
        run.chmod(0o700)
        # Relative, because an address holds about 100 bytes.
        back = os.open(".", os.O_RDONLY)
        os.chdir(run)
        try:
            self._listener.bind("daemon.sock")
        finally:
            os.fchdir(back)
            os.close(back)
        self._listener.listen(1024)
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        with ThreadPoolExecutor(8) as pool:
            while True:
                try:
                    connection, _ = self._listener.accept()
                except OSError:
                    return
                pool.submit(self._answer, connection)

    def _answer(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            head = connection.recv(wire.REQUEST_HEAD, socket.MSG_WAITALL)
            wanted, body = wire.read_head(head).length, bytearray()
            while len(body) < wanted:
                part = connection.recv(min(1 << 20, wanted - len(body)))
                assert part
                body += part
            self.requests.append(bytes(body))
            self._script(connection, bytes(body))

    def close(self) -> None:
        if self._listener.fileno() >= 0:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        self._thread.join()

    @property
    def request(self) -> wire.HookRequest:
        (body,) = self.requests
        return wire.decode_hook(wire.fields_of(body))


class StartDaemon(Protocol):
    def __call__(self, script: Script | bytes, run: Path | None = None) -> Daemon: ...


@pytest.fixture
def fake_daemon() -> Iterator[StartDaemon]:
    """Return what starts a daemon that says given bytes, or does as told."""
    started: list[Daemon] = []

    def start(script: Script | bytes, run: Path | None = None) -> Daemon:
        def say(connection: socket.socket, _: bytes) -> None:
            assert isinstance(script, bytes)
            connection.sendall(script)

        chosen = say if isinstance(script, bytes) else script
        started.append(Daemon(run or find_paths().run, chosen))
        return started[-1]

    yield start
    for daemon in started:
        daemon.close()


def reply(
    status: int = wire.DONE, code: int = 0, out: bytes = b"", err: bytes = b""
) -> bytes:
    return wire.encode_reply(wire.Reply(status, code, out, err))


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# What a daemon is asked, and what becomes of its answer


@pytest.mark.parametrize(
    ("code", "out", "err"),
    [
        (0, b"", b""),
        (2, b"", b"no\n"),
        (255, b'{"a": 1}', b""),
        (7, b"\0" * 300_000, b"e" * 200_000),
    ],
)
def test_an_answer_is_passed_on_as_it_is(
    a_client: Client, fake_daemon: StartDaemon, code: int, out: bytes, err: bytes
) -> None:
    fake_daemon(reply(wire.DONE, code, out, err))

    assert a_client.run("sample", "before") == Ran(code, out, err)


def test_the_daemon_is_told_everything(
    a_client: Client, fake_daemon: StartDaemon
) -> None:
    daemon = fake_daemon(reply())

    a_client.run(
        "--observe",
        "sample",
        "before",
        "origin",
        "--direct",
        "",
        stdin=b"{}",
        CLAUDE_PROJECT_DIR="/p",
        GIT_DIR="a=b",
        GIT_EMPTY="",
    )

    assert re.fullmatch("[0-9a-f]{20}", daemon.request.delivery)
    assert daemon.request == wire.HookRequest(
        version=client.VERSION,
        delivery=daemon.request.delivery,
        flags="o",
        agent_host="sample",
        arguments=("before", "origin", "--direct", ""),
        cwd=str(a_client.directory),
        environment={"CLAUDE_PROJECT_DIR": "/p", "GIT_DIR": "a=b", "GIT_EMPTY": ""},
        stdin=b"{}",
    )


def test_an_event_that_was_told_elsewhere_keeps_its_id(
    a_client: Client, fake_daemon: StartDaemon
) -> None:
    known = "0123456789abcdef0123"
    handed = a_client.run(f"--delivery={known}", "sample", "before", "--observe").handed
    daemon = fake_daemon(reply())
    a_client.run(f"--delivery={known}", "--observe", "sample", "before")

    assert (handed.delivery, handed.words) == (known, ["sample", "before"])
    assert (daemon.request.delivery, daemon.request.flags) == (known, "o")
    assert daemon.request.arguments == ("before",)


@pytest.mark.parametrize(
    "word", ["--delivery=", "--delivery=0123456789ABCDEF0123", f"--delivery={'0' * 21}"]
)
def test_what_is_no_id_is_no_option(
    a_client: Client, fake_daemon: StartDaemon, word: str
) -> None:
    daemon = fake_daemon(reply())
    a_client.run(word, "before")
    a_client.run("sample", "before", f"--delivery={'0' * 20}")

    first, second = (wire.decode_hook(wire.fields_of(body)) for body in daemon.requests)
    assert (first.agent_host, first.arguments) == (word, ("before",))
    assert second.arguments == ("before", f"--delivery={'0' * 20}")
    assert second.delivery != "0" * 20


def test_every_delivery_has_an_id_of_its_own(
    a_client: Client, fake_daemon: StartDaemon
) -> None:
    daemon = fake_daemon(reply())

    for _ in range(3):
        a_client.run("sample", "before")

    ids = {wire.fields_of(body)[1] for body in daemon.requests}
    assert len(ids) == 3


def test_no_secret_and_nothing_foreign_is_sent(
    a_client: Client, fake_daemon: StartDaemon
) -> None:
    daemon = fake_daemon(reply())
    secrets = ("CLAUDE_X_TOKEN", "GEMINI_API_KEY", "CODEX_PASSWORD", "GIT_SECRET_X")
    sent = (
        "AI_AGENT",
        "CLAUDECODE",
        "CODEX_HOME",
        "COPILOT_X",
        "CURSOR_X",
        "GEMINI_CLI",
        "GIT_AUTHOR_NAME",
        "OPENCODE",
        "CLAUDE_TOKE_N",
    )
    foreign = ("AWS_REGION", "XCLAUDE", "GIT", "claude_x", "AI_AGEN")

    a_client.run(
        "sample",
        "before",
        given=dict.fromkeys(secrets + sent + foreign, "KEY=TOKEN"),
    )

    assert daemon.request.environment == dict.fromkeys(sent, "KEY=TOKEN")


@pytest.mark.parametrize("wrong", [b"\xff\xfe", "gr\u00fc\u00df".encode()])
def test_bytes_that_are_no_text_are_passed_on(
    a_client: Client, fake_daemon: StartDaemon, wrong: bytes
) -> None:
    daemon = fake_daemon(reply())

    a_client.run("sample", wrong, LC_ALL="C.UTF-8")

    assert wire.fields_of(daemon.requests[0])[3] == b"sample\0" + wrong


@pytest.mark.parametrize("size", [0, 1, 70_000, 5_000_000])
def test_the_whole_input_is_sent(
    a_client: Client, fake_daemon: StartDaemon, size: int
) -> None:
    daemon = fake_daemon(reply())

    a_client.run("sample", "before", stdin=b"x" * size)

    assert daemon.request.stdin == b"x" * size


def test_more_input_than_anybody_sends_is_cut(
    a_client: Client, fake_daemon: StartDaemon, tmp_path: Path
) -> None:
    daemon = fake_daemon(reply())
    file = tmp_path / "big"
    with file.open("wb") as big:
        big.truncate(wire.MAX_STDIN + (6 << 20))
    (find_paths().run / "answer_timeout").symlink_to("60")

    with file.open("rb") as stdin:
        done = subprocess.run(
            [*a_client.command, "sample", "before"],
            stdin=stdin,
            env=a_client.environment,
            check=False,
        )

    assert done.returncode == 0
    assert wire.MAX_STDIN <= len(daemon.request.stdin) <= wire.MAX_STDIN + (1 << 20)


@pytest.mark.parametrize("pause", [1, 3, 16, 17])
def test_an_answer_may_come_in_pieces(
    a_client: Client, fake_daemon: StartDaemon, pause: int
) -> None:
    whole = reply(wire.DONE, 3, b"out" * 20, b"err")

    def slowly(connection: socket.socket, _: bytes) -> None:
        for at in range(0, len(whole), pause):
            connection.sendall(whole[at : at + pause])
            time.sleep(0.001)

    fake_daemon(slowly)

    assert a_client.run("sample", "before") == Ran(3, b"out" * 20, b"err")


def test_wrong_arguments_inside_a_host_are_no_failure(
    a_client: Client, fake_daemon: StartDaemon
) -> None:
    fake_daemon(reply(wire.USAGE, 9, b"", b"unknown\n"))

    assert a_client.run("nope", "before") == Ran(0, b"", b"unknown\n")


def test_a_person_at_a_terminal_is_not_asked_for_input(
    a_client: Client, fake_daemon: StartDaemon
) -> None:
    daemon = fake_daemon(reply(wire.USAGE, 0, b"", b"unknown\n"))
    outer, inner = pty.openpty()

    done = subprocess.run(
        [*a_client.command, "nope", "before"],
        stdin=inner,
        stderr=subprocess.PIPE,
        env=a_client.environment,
        timeout=30,
        check=False,
    )
    os.close(outer)
    os.close(inner)

    assert (done.returncode, done.stderr) == (2, b"unknown\n")
    assert (daemon.request.flags, daemon.request.stdin) == ("t", b"")


def test_two_hundred_at_once_each_get_their_own_answer(
    a_client: Client, fake_daemon: StartDaemon
) -> None:
    def echo(connection: socket.socket, body: bytes) -> None:
        connection.sendall(reply(wire.DONE, 0, wire.fields_of(body)[6]))

    daemon = fake_daemon(echo)
    (find_paths().run / "answer_timeout").symlink_to("60")

    with ThreadPoolExecutor(200) as pool:
        runs = pool.map(
            lambda n: a_client.run("sample", "before", stdin=b"%d" % n), range(200)
        )
        found = [ran.out for ran in runs]

    assert found == [b"%d" % n for n in range(200)]
    assert len(daemon.requests) == 200


# Where the daemon is


@pytest.mark.parametrize(
    ("variables", "place"),
    [
        ({"HOOKWRIGHT_DATA_DIR": "{tmp}/a/b"}, "a/b"),
        ({"HOOKWRIGHT_DATA_DIR": " {tmp}/a//b/ \t"}, "a/b"),
        ({"HOOKWRIGHT_DATA_DIR": "rel/x"}, "home/rel/x"),
        ({"HOOKWRIGHT_DATA_DIR": "~"}, "home"),
        ({"HOOKWRIGHT_DATA_DIR": "~/x"}, "home/x"),
        ({"HOOKWRIGHT_DATA_DIR": "~user"}, "home/~user"),
        ({"HOOKWRIGHT_DATA_DIR": ".."}, "."),
        ({"HOOKWRIGHT_DATA_DIR": " \n"}, "home/.local/share/hookwright"),
        ({}, "home/.local/share/hookwright"),
        ({"XDG_DATA_HOME": "{tmp}/share/"}, "share/hookwright"),
        ({"XDG_DATA_HOME": "share"}, "home/.local/share/hookwright"),
        ({"HOME": "{tmp}/other/"}, "other/.local/share/hookwright"),
        ({"HOME": "there"}, "project/there/.local/share/hookwright"),
        ({"HOOKWRIGHT_DATA_DIR": "{tmp}/" + "d" * 150}, "d" * 150),
    ],
)
def test_the_daemon_is_found_where_core_puts_it(
    a_client: Client,
    fake_daemon: StartDaemon,
    tmp_path: Path,
    variables: Mapping[str, str],
    place: str,
) -> None:
    (tmp_path / "other").mkdir()
    fake_daemon(reply(wire.DONE, 42), tmp_path / place / "run")
    given = {name: text.format(tmp=tmp_path) for name, text in variables.items()}
    del a_client.environment["HOOKWRIGHT_DATA_DIR"]

    assert a_client.run("sample", "before", given=given).code == 42


@pytest.mark.skipif(sys.platform == "darwin", reason="the Linux rule")
def test_without_a_home_in_the_environment_the_users_own_counts(
    a_client: Client,
) -> None:
    # Nothing may be made in the real home, so only that it is not the root is seen.
    ran = a_client.run(
        "sample", "before", remove=["HOME", "HOOKWRIGHT_DATA_DIR"], XDG_DATA_HOME="/nil"
    )

    assert ran.handed.flags == "s"


def test_on_a_mac_the_data_is_where_macs_have_it(
    a_client: Client,
    fake_daemon: StartDaemon,
    tmp_path: Path,
    home: Path,
    request: pytest.FixtureRequest,
) -> None:
    if sys.platform != "darwin":
        a_client = as_on_a_mac(a_client, tmp_path)
    del a_client.environment["HOOKWRIGHT_DATA_DIR"]
    run = home / "Library" / "Application Support" / "hookwright" / "run"
    fake_daemon(reply(wire.DONE, 42), run)

    assert a_client.run("sample", "before", XDG_DATA_HOME="/x").code == 42


def as_on_a_mac(a_client: Client, tmp_path: Path) -> Client:
    """Return a client that goes by the rules of macOS."""
    if a_client.command[0] == sys.executable:
        *start, loader = a_client.command
        loader = f"import sys; sys.platform = 'darwin'\n{loader}"
        return Client((*start, loader), a_client.directory, a_client.environment)
    from hookwright.core.service.native import build

    source = Path(build.__file__).with_name(build.SOURCE)
    program = tmp_path / "as-on-a-mac"
    assert build.compile_client(source, program, client.VERSION, ["-DMAC=1"]) == ""
    command = (str(program), *a_client.command[1:])
    return Client(command, a_client.directory, a_client.environment)


# Without an answer


def test_an_absent_daemon_is_started(a_client: Client) -> None:
    handed = a_client.run("sample", "before", "--observe", stdin=b"{}").handed

    assert re.fullmatch("[0-9a-f]{20}", handed.delivery)
    assert (handed.flags, handed.words) == ("os", ["sample", "before"])
    assert (handed.size, handed.digest) == (2, digest(b"{}"))
    assert handed.cwd == str(a_client.directory)
    assert handed.descriptors in ([0, 1, 2], [0, 1, 2, 3])  # 3: the look itself


def test_a_socket_that_a_dead_daemon_left_starts_another(
    a_client: Client, fake_daemon: StartDaemon
) -> None:
    fake_daemon(reply()).close()

    assert a_client.run("sample", "before").handed.flags == "s"


def test_a_file_in_the_place_of_the_run_directory_is_no_daemon(
    a_client: Client,
) -> None:
    find_paths().data.mkdir(exist_ok=True)
    find_paths().run.write_text("")

    assert a_client.run("sample", "before").handed.flags == "s"


@pytest.mark.parametrize(
    ("status", "flags"), [(wire.RETIRE, "s"), (wire.FAULT, ""), (99, "")]
)
def test_a_daemon_that_cannot_answer_is_not_needed(
    a_client: Client, fake_daemon: StartDaemon, status: int, flags: str
) -> None:
    daemon = fake_daemon(reply(status, 5, b"out", b"err"))

    handed = a_client.run("sample", "before", stdin=b"{}").handed

    assert (handed.flags, handed.words) == (flags, ["sample", "before"])
    assert handed.delivery == daemon.request.delivery
    assert handed.digest == digest(b"{}")
    assert handed.cwd == str(a_client.directory)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"HK",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HKWR" + bytes(12),
        b"HKWA" + bytes(9),
        reply(out=b"whole")[:-1],
        b"HKWA\1\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff and no more",
        b"HKWA\1\0\0\0\x00\x00\x00\x05\xff\xff\xff\xff and no more",
    ],
)
def test_what_is_no_answer_is_not_passed_on(
    a_client: Client, fake_daemon: StartDaemon, said: bytes
) -> None:
    fake_daemon(said)

    assert a_client.run("sample", "before").handed.flags == ""


def test_a_daemon_that_hangs_is_given_up_at_its_own_deadline(
    a_client: Client, fake_daemon: StartDaemon
) -> None:
    gone = threading.Event()

    def hang(connection: socket.socket, _: bytes) -> None:
        # A byte now and then is no answer either.
        for byte in reply(out=b"x" * 2000):
            if gone.wait(0.05):
                return
            connection.sendall(bytes((byte,)))

    fake_daemon(hang)
    (find_paths().run / "answer_timeout").symlink_to("0.3")

    ran = a_client.run("sample", "before")
    gone.set()

    assert ran.handed.flags == ""


@pytest.mark.parametrize("text", ["soon", "1x", ""])
def test_a_deadline_that_is_none_is_the_default(
    a_client: Client, fake_daemon: StartDaemon, text: str
) -> None:
    fake_daemon(reply(wire.DONE, 42))
    if text:
        (find_paths().run / "answer_timeout").symlink_to(text)
    else:
        (find_paths().run / "answer_timeout").write_text("9")

    assert a_client.run("sample", "before").code == 42


@pytest.mark.parametrize("mode", [0o777, 0o720, 0o702])
def test_a_directory_that_others_can_write_is_not_trusted(
    a_client: Client, fake_daemon: StartDaemon, mode: int
) -> None:
    daemon = fake_daemon(reply())
    find_paths().run.chmod(mode)

    assert a_client.run("sample", "before").handed.flags == ""
    assert daemon.requests == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_a_directory_of_somebody_else_is_not_trusted(
    a_client: Client, fake_daemon: StartDaemon
) -> None:
    daemon = fake_daemon(reply())
    os.chown(find_paths().run, 12345, 12345)

    assert a_client.run("sample", "before").handed.flags == ""
    assert daemon.requests == []


def test_direct_asks_no_daemon(a_client: Client, fake_daemon: StartDaemon) -> None:
    daemon = fake_daemon(reply())

    handed = a_client.run("--direct", "sample", "--observe", "before").handed

    assert (handed.flags, handed.words) == ("do", ["sample", "before"])
    assert daemon.requests == []


@pytest.mark.parametrize("size", [0, 16_384, 16_385, 300_000, 5_000_000])
def test_the_whole_input_is_handed_over(a_client: Client, size: int) -> None:
    data = os.urandom(size)

    handed = a_client.run("sample", "before", stdin=data).handed

    assert (handed.size, handed.digest) == (size, digest(data))


def test_words_are_handed_over_as_they_are(a_client: Client) -> None:
    handed = a_client.run("sample", "", "a b", "--observe", "'", LC_ALL="C").handed

    assert handed.words == ["sample", "", "a b", "--observe", "'"]


# An odd environment


@pytest.mark.parametrize("value", ["1", " True ", "yes", "on", "x", "00"])
def test_all_plugins_switched_off_means_no_opinion(
    a_client: Client, fake_daemon: StartDaemon, value: str
) -> None:
    daemon = fake_daemon(reply(wire.DONE, 2))

    ran = a_client.run("sample", "before", stdin=b"{}", HOOKWRIGHT_NO_PLUGINS=value)

    assert ran == Ran(0, b"", b"")
    assert daemon.requests == []


@pytest.mark.parametrize("value", ["", " ", "0", "False", "\tNO\n", "off"])
def test_plugins_that_are_not_switched_off_are_asked(
    a_client: Client, fake_daemon: StartDaemon, value: str
) -> None:
    fake_daemon(reply(wire.DONE, 2))

    assert a_client.run("sample", HOOKWRIGHT_NO_PLUGINS=value).code == 2


@pytest.mark.parametrize("words", [(), ("--observe",), ("--direct", "--observe")])
def test_missing_arguments_are_told(a_client: Client, words: tuple[str, ...]) -> None:
    ran = a_client.run(*words)

    assert (ran.code, ran.out) == (2, b"")
    assert ran.err.startswith(b"usage: hookwright-hook [--observe] [--direct]")


@pytest.mark.parametrize("answered", [True, False])
def test_a_directory_that_was_removed_stops_nothing(
    a_client: Client, fake_daemon: StartDaemon, answered: bool
) -> None:
    daemon = fake_daemon(reply(wire.DONE if answered else wire.FAULT, 42))
    gone = a_client.directory / "gone"
    gone.mkdir()
    script = 'rmdir "$PWD" && PWD=/was/here exec "$@"'

    done = subprocess.run(
        ["sh", "-c", script, "sh", *a_client.command, "sample", "before"],
        input=b"{}",
        capture_output=True,
        cwd=gone,
        env=a_client.environment,
        timeout=30,
        check=False,
    )

    assert daemon.request.cwd == "/was/here"
    if answered:
        assert done.returncode == 42
    else:
        assert Ran(0, done.stdout, b"").handed.cwd is None


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
@pytest.mark.parametrize("answered", [True, False])
def test_closed_descriptors_stop_nothing(
    a_client: Client,
    fake_daemon: StartDaemon,
    closed: tuple[int, ...],
    answered: bool,
) -> None:
    status = wire.DONE if answered else wire.FAULT
    daemon = fake_daemon(reply(status, 42, b"out", b"err"))
    shut = " ".join(f"{n}>&-" if n else "<&-" for n in closed)

    done = subprocess.run(
        ["sh", "-c", f'"$@" {shut}', "sh", *a_client.command, "sample", "before"],
        input=b"{}",
        capture_output=True,
        env=a_client.environment,
        timeout=30,
        check=False,
    )

    assert daemon.request.stdin == (b"" if 0 in closed else b"{}")
    if answered:
        assert done.returncode == 42
        assert done.stdout == (b"" if 1 in closed else b"out")
        assert done.stderr == (b"" if 2 in closed else b"err")
    elif 1 not in closed:
        assert Ran(0, done.stdout, b"").handed.delivery == daemon.request.delivery


def test_a_reader_that_left_changes_no_exit_code(
    a_client: Client, fake_daemon: StartDaemon
) -> None:
    fake_daemon(reply(wire.DONE, 42, b"x" * 500_000, b"err"))
    process = subprocess.Popen(
        [*a_client.command, "sample", "before"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=a_client.environment,
    )
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, err = process.communicate(b"{}", timeout=30)

    assert (process.returncode, err) == (42, b"err")


def test_an_answer_is_written_whole_to_a_reader_that_reads_slowly(
    a_client: Client, fake_daemon: StartDaemon
) -> None:
    fake_daemon(reply(wire.DONE, 0, b"x" * 1_000_000))
    (find_paths().run / "answer_timeout").symlink_to("0.2")
    process = subprocess.Popen(
        [*a_client.command, "sample", "before"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env=a_client.environment,
    )
    assert process.stdout is not None
    time.sleep(0.4)
    found = process.stdout.read()
    process.wait(30)
    process.stdout.close()

    assert len(found) == 1_000_000


def test_signals_stop_nothing(a_client: Client, fake_daemon: StartDaemon) -> None:
    # A signal that a process has a handler for ends system calls; SIGCONT always may.
    begun = threading.Event()
    go_on = threading.Event()

    def later(connection: socket.socket, _: bytes) -> None:
        begun.set()
        go_on.wait(30)
        connection.sendall(reply(wire.DONE, 42))

    fake_daemon(later)
    (find_paths().run / "answer_timeout").symlink_to("60")
    process = subprocess.Popen(
        [*a_client.command, "sample", "before"],
        stdin=subprocess.DEVNULL,
        env=a_client.environment,
    )
    assert begun.wait(30)
    for _ in range(20):
        process.send_signal(19)  # SIGSTOP
        process.send_signal(18)  # SIGCONT
    go_on.set()

    assert process.wait(30) == 42


def test_nothing_is_left_in_the_data_directory(a_client: Client) -> None:
    before = listing(find_paths().data)

    a_client.run("sample", "before", stdin=b"x" * 100_000)

    assert listing(find_paths().data) == before


def listing(directory: Path) -> list[str]:
    return sorted(str(path) for path in directory.rglob("*"))


def test_a_closed_pipe_is_told_apart_from_a_reply(
    a_client: Client, fake_daemon: StartDaemon
) -> None:
    def reset(connection: socket.socket, _: bytes) -> None:
        linger = struct.pack("ii", 1, 0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    fake_daemon(reset)

    assert a_client.run("sample", "before", stdin=b"x" * 500_000).handed.flags == ""
