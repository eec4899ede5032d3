"""What an agent host runs for each event: ask the daemon, print its answer, leave.

Run as `python -I -S client.py [--delivery=ID] [--observe] [--direct] AGENT_HOST ...`;
the id, which comes first, is that of an event that has been told elsewhere already.
It imports only what is built into Python, and `_socket`. Where no daemon answers,
`cold.py` does the work, under the same id.
"""

import _socket
import posix
import pwd
import sys
import time

VERSION = "0.1.0"
PROTOCOL, HOOK, CONTROL = 1, 1, 2
MAGIC, REPLY_MAGIC = b"HKWR", b"HKWA"
DONE, RETIRE, FAULT, USAGE = range(4)  # see wire.Reply
REPLY_HEAD, MAX_STDIN, ANSWER_TIMEOUT, GLANCE = 16, 64 * 2**20, 2.0, 0.3
_SENT = tuple(b"AI_AGENT CLAUDE CODEX COPILOT CURSOR GEMINI GIT_ OPENCODE".split())
_SECRET = (b"TOKEN", b"KEY", b"SECRET", b"PASSWORD")
_USAGE = b"usage: hookwright-hook [--observe] [--direct] AGENT_HOST [EVENT] [ARGS...]\n"


def parse(words: list[str]) -> tuple[str, list[str]]:
    """Return (flags of `odi`, plain words); after two plain words options end."""
    flags, plain = "", list[str]()
    for position, word in enumerate(words):
        if word in ("--observe", "--direct", "--if-running"):
            flags += word[2]
        elif len(plain) == 2:
            return flags, plain + words[position:]
        else:
            plain.append(word)
    return flags, plain


def data_directory(environment: dict[bytes, bytes], cwd: bytes) -> bytes:
    """Return the data directory, absolute; core/paths.py has the same rules."""
    if b"HOME" in environment:
        home = _join(cwd, environment[b"HOME"] or b"/")
    else:
        home = pwd.getpwuid(posix.getuid()).pw_dir.encode()
    chosen = environment.get(b"HOOKWRIGHT_DATA_DIR", b"").strip()
    if chosen:
        return _join(home, chosen[2:] if chosen[:2] in (b"~", b"~/") else chosen)
    if sys.platform == "darwin":
        return _join(home, b"Library/Application Support/hookwright")
    share = environment.get(b"XDG_DATA_HOME", b"").strip()
    share = share if share.startswith(b"/") else _join(home, b".local/share")
    return _join(share, b"hookwright")


def _join(first: bytes, second: bytes) -> bytes:
    return second if second.startswith(b"/") else first.rstrip(b"/") + b"/" + second


def sent_environment(environment: dict[bytes, bytes]) -> list[bytes]:
    """Return `NAME=value` of what adapters read; never of what is named a secret."""
    return [
        name + b"=" + value
        for name, value in environment.items()
        if name.startswith(_SENT) and not any(word in name for word in _SECRET)
    ]


def encode(kind: int, fields: list[bytes]) -> bytes:
    """Return a request; every field and the whole carry their length in 4 bytes."""
    body = b"".join([len(field).to_bytes(4, "big") + field for field in fields])
    return MAGIC + bytes((PROTOCOL, kind)) + len(body).to_bytes(4, "big") + body


def read_all(descriptor: int) -> bytes:
    """Return what a descriptor gives until its end, but about `MAX_STDIN` at most."""
    parts, size = list[bytes](), 0
    try:
        while size < MAX_STDIN and (part := posix.read(descriptor, 1 << 20)):
            parts.append(part)
            size += len(part)
    except OSError:  # a closed standard input gives nothing
        pass
    return b"".join(parts)


def write_all(descriptor: int, content: bytes) -> None:
    """Write content; that the reader has left matters to nobody."""
    try:
        while content:
            content = content[posix.write(descriptor, content) :]
    except OSError:
        return


def connect(run: bytes) -> _socket.socket:
    """Return a connection to a run directory's daemon, or raise OSError."""
    state = posix.stat(run)
    if state.st_uid != posix.geteuid() or state.st_mode & 0o022:
        raise PermissionError(f"{run!r} is not its user's alone")
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    connection.settimeout(ANSWER_TIMEOUT)
    back = posix.open(".", posix.O_RDONLY)
    try:
        # Relative, because the address of a socket holds only 104 to 108 bytes.
        posix.chdir(run)
        connection.connect(b"daemon.sock")
    except OSError:
        connection.close()
        raise
    finally:
        posix.fchdir(back)
        posix.close(back)
    return connection


def answer_timeout(run: bytes) -> float:
    """Return how many seconds to wait: the daemon leaves its setting in a link."""
    try:
        return min(max(0.0, float(posix.readlink(run + b"/answer_timeout"))), 1e6)
    except (OSError, ValueError):
        return ANSWER_TIMEOUT


def ask(connection: _socket.socket, request: bytes, timeout: float) -> bytes:
    """Return a whole reply, head included, or raise OSError."""
    deadline = time.monotonic() + timeout
    connection.sendall(request)
    reply, wanted = b"", REPLY_HEAD
    while len(reply) < wanted:
        connection.settimeout(max(deadline - time.monotonic(), 0.001))
        part = connection.recv(1 << 16)
        reply += part
        if not part or reply[:4] != REPLY_MAGIC[: len(reply)]:
            raise ConnectionError("no whole answer of a daemon")
        if wanted == REPLY_HEAD <= len(reply):
            wanted += sum(int.from_bytes(reply[at : at + 4], "big") for at in (8, 12))
    connection.close()
    return reply


def without_daemon(delivery: str, flags: str, words: list[str], stdin: bytes) -> int:
    """Do the daemon's work for one event; return the exit code."""
    if "hookwright" not in sys.modules:
        # By hand: to set up site-packages takes longer than all the rest.
        sys.modules["hookwright"] = package = type(sys)("hookwright")
        package.__path__ = [__file__.rsplit("/", 3)[0]]
    if "o" in flags and "d" not in flags:
        from hookwright.core.service import cold

        if (code := cold.record_only(delivery, flags, words, stdin)) is not None:
            return code
    from hookwright.core.service import cold_start

    return cold_start.become(delivery, flags, words, stdin)


def exchange(flags: str, delivery: str, words: list[str], stdin: bytes) -> bytes:
    """Return the daemon's reply to one event, or raise OSError."""
    environment = posix.environ
    try:
        cwd = posix.getcwdb()
    except OSError:  # the directory was removed under the agent
        cwd = environment.get(b"PWD", b"/")
    names = b"\0".join([word.encode("utf-8", "surrogateescape") for word in words])
    fields = [VERSION.encode(), delivery.encode(), flags.encode(), names]
    fields += [cwd, b"\0".join(sent_environment(environment)), stdin]
    run = data_directory(environment, cwd) + b"/run"
    timeout = min(answer_timeout(run), GLANCE if "i" in flags else 1e6)
    return ask(connect(run), encode(HOOK, fields), timeout)


def main() -> int:
    """Deliver one event; return the exit code for the agent host."""
    word = "".join(sys.argv[1:2])
    known = len(word) == 31 and word.startswith("--delivery=")
    known = known and not word[11:].strip("0123456789abcdef")
    flags, words = parse(sys.argv[1 + known :])
    if not words:
        write_all(2, _USAGE)
        return 2
    off = posix.environ.get(b"HOOKWRIGHT_NO_PLUGINS", b"").strip().lower()
    if off not in (b"", b"0", b"false", b"no", b"off"):
        return 0
    flags += "t" * posix.isatty(0)  # a person typed this: no input
    stdin = b"" if "t" in flags else read_all(0)
    delivery = word[11:] if known else posix.urandom(10).hex()
    status, reply = FAULT, b""
    try:
        if "d" not in flags:
            status = (reply := exchange(flags, delivery, words, stdin))[5]
    except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
        status = RETIRE  # nobody is there; a slow daemon is not replaced
    except (OSError, KeyError):
        pass
    if status not in (DONE, USAGE):
        flags += "s" * (status == RETIRE)
        return without_daemon(delivery, flags, words, stdin)
    middle = REPLY_HEAD + int.from_bytes(reply[8:12], "big")
    write_all(1, reply[REPLY_HEAD:middle])
    write_all(2, reply[middle:])
    return (2 if "t" in flags else 0) if status == USAGE else reply[6]


if __name__ == "__main__":
    posix._exit(main())
