"""A thousand made-up secrets on every way in; none of them may be found on the disk.

They come as prompts, arguments, outputs, file contents and messages of every agent
host whose events were recorded, as commit messages, as arguments of tools, and in what
nobody can read; to a daemon and without one. Afterwards everything in the data, config,
cache and home directories is searched as bytes, pages that LMDB has freed included.
"""

from __future__ import annotations

import base64
import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import quote

import lmdb
import pytest

from hookwright.core.paths import Paths
from hookwright.core.service import client, wire

_TESTS = Path(__file__).parents[2]
_SAMPLES = _TESTS / "plugins" / "adapters" / "samples"
#: Members that say what an event is and where; the rest is what agents write.
_STRUCTURE = re.compile(
    r"(?i).*(?:_?id|ids|_path|_at|cwd|path|uri|timestamp|time|type|name|mode|source|reason"
    r"|trigger|status|role|model|event|kind|state|version|tool|directory|root|worktree)"
)
_MARK = "harmless-marker-of-"
_HOSTS = {"claude": "claude-code"}
#: How much of a secret counts as found: enough to be no accident.
_PIECE = 12


def _loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


_canaries = _loaded(_TESTS / "core" / "redaction" / "canaries.py")


class Supply:
    """Gives the canaries out one by one; counts where each went."""

    def __init__(self, count: int) -> None:
        self.all = _canaries.canaries(count)
        self._next = 0
        self.used: dict[str, int] = {}

    @property
    def is_used_up(self) -> bool:
        return self._next >= len(self.all)

    def text(self, way: str) -> str:
        """Return the next canary's text, the first one again after the last."""
        canary = self.all[self._next % len(self.all)]
        self._next += 1
        self.used[way] = self.used.get(way, 0) + 1
        return str(canary.text)


def _filled(value: Any, give: Callable[[], str], key: str = "") -> Any:
    """Return a recorded payload with a canary in each text that an agent writes."""
    if isinstance(value, dict):
        return {name: _filled(item, give, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, give, key) for item in value]
    if isinstance(value, str) and not _STRUCTURE.fullmatch(key):
        return f"{_MARK}{key}\n{give()}" if key != "patch" else value + give()
    return value


def _events() -> Iterator[tuple[str, str, Any]]:
    """Yield agent host, event and payload of each recorded event."""
    for file in sorted(_SAMPLES.glob("*/*.json")):
        sample = json.loads(file.read_text("utf-8"))
        host = _HOSTS.get(file.parent.name, file.parent.name)
        payload = sample.get("stdin", sample)
        yield host, sample["event"], payload


def _forms(secret: str) -> set[bytes]:
    """Return how a piece of a secret would look in a file."""
    plain = secret.encode()
    escaped = json.dumps(secret)[1:-1]
    forms = {plain, escaped.encode(), quote(secret, safe="").encode()}
    forms |= {
        secret.encode("utf-16-le"),
        secret.encode("utf-16-be"),
        plain.hex().encode(),
    }
    for shift in range(3):
        # Three ways in which three bytes meet four letters; the edges hang on others.
        letters = base64.b64encode(b"\0" * shift + plain)
        forms.add(letters[4:-4])
    return forms


def _pieces(secret: str) -> list[str]:
    if len(secret) <= 2 * _PIECE:
        return [secret]
    lines = [line for line in re.split(r"\n|\\n", secret) if len(line) > 5]
    return [line[-_PIECE:] for line in (lines[0], lines[len(lines) // 2], lines[-1])]


def _bytes_below(*directories: Path) -> bytes:
    files = [file for each in directories for file in each.rglob("*") if file.is_file()]
    assert files
    return b"\n".join(file.read_bytes() for file in files)


def _found(content: bytes, supply: Supply) -> dict[str, bytes]:
    """Return the texts of which a piece of the secret is in the content, and where."""
    found = {}
    for canary in supply.all:
        for form in (form for each in _pieces(canary.secret) for form in _forms(each)):
            place = content.find(form)
            if place >= 0:
                found[canary.text] = content[max(0, place - 80) : place + 40]
    return found


Send = Callable[..., None]


@pytest.fixture
def repository(home: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    return folder


@pytest.fixture
def send(paths: Paths, repository: Path) -> Send:
    """Return what delivers bytes to the daemon as a client does."""
    number = iter(range(10**6))

    def deliver(host: str, event: str, stdin: bytes, flags: str = "") -> None:
        fields = (client.VERSION, f"{next(number):020x}", flags, f"{host}\0{event}")
        request = client.encode(
            client.HOOK,
            [*(field.encode() for field in (*fields, str(repository), "")), stdin],
        )
        connection = client.connect(os.fsencode(paths.run))
        try:
            status = client.ask(connection, request, 30.0)[5]
        finally:
            connection.close()
        assert status in (wire.DONE, wire.USAGE)

    return deliver


def _payloads(supply: Supply, repository: Path) -> Iterator[tuple[str, str, bytes]]:
    for host, event, payload in _events():
        give = partial(supply.text, f"{host} {event}")
        text = json.dumps(_filled(payload, give))
        text = text.replace("/workspace", str(repository))
        yield host, event, text.encode()


def _without_daemon(words: list[str], stdin: bytes, cwd: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", *words],
        input=stdin,
        cwd=cwd,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode in (0, 2), done.stderr


def _commit(repository: Path, message: str, number: int) -> None:
    (repository / "file").write_text(str(number))
    for words in (["add", "file"], ["commit", "-q", "-m", message]):
        subprocess.run(["git", *words], cwd=repository, check=True)


def _rewrite(paths: Paths) -> int:
    """Delete every record, and put it back; return how many there were."""
    environment = lmdb.open(str(paths.data / "store.lmdb"), max_dbs=128, map_size=2**29)
    count = 0
    with environment:
        with environment.begin() as txn:
            names = [bytes(key) for key, _ in txn.cursor()]
        for name in names:
            database = environment.open_db(name, create=False)
            with environment.begin() as txn:
                is_index = txn.stat(database)["entries"] and b".index" in name
                items = [] if is_index else list(txn.cursor(database))
            with environment.begin(write=True) as txn:
                for key, _ in items:
                    txn.delete(key, db=database)
            with environment.begin(write=True) as txn:
                for key, value in items:
                    txn.put(key, value, db=database)
            count += len(items)
    return count


@pytest.mark.timeout(600)
def test_no_canary_reaches_the_disk(
    paths: Paths,
    home: Path,
    repository: Path,
    start_daemon: Callable[..., subprocess.Popen[bytes]],
    send: Send,
    tell: Callable[..., Any],
    tmp_path: Path,
) -> None:
    supply = Supply(1000)
    rounds = 0
    # Without a daemon: what is only recorded, and what has to be decided.
    for at, (host, event, stdin) in enumerate(_payloads(supply, repository)):
        if at % 9 == 0:
            flags = "o" if at % 2 else "d"
            cold = ["hookwright.core.service.cold", f"{at:020x}", flags, host, event]
            _without_daemon(cold, stdin, repository)
    daemon = start_daemon()
    while not supply.is_used_up or not rounds:
        for host, event, stdin in _payloads(supply, repository):
            send(host, event, stdin)
        rounds += 1
    # What nobody can read, and whom nobody knows.
    for _ in range(20):
        broken = json.dumps({"prompt": supply.text("broken")})[:-2].encode()
        send("claude-code", "UserPromptSubmit", broken)
        send("claude-code", "NoSuchEvent", b"\xff\xfe" + broken)
        send("codex", supply.text("argument").replace("\0", ""), b"{}")
        send("sample", "note", json.dumps({"text": supply.text("other")}).encode())
    for number in range(30):
        _commit(repository, f"{_MARK}commit {supply.text('commit')}", number)
        send("git", "post-commit\0--", b"null")
    tell(
        "tool",
        name="retro_add",
        arguments={"agent_id": "git/Test Person", "agent_note": supply.text("tool")},
    )
    tell("flush")
    assert tell("tool", name="session_list", arguments={})
    daemon.terminate()
    daemon.wait(30)

    places = (paths.data, paths.config, home, tmp_path / "cache")
    before = _bytes_below(paths.data)
    assert before.count(b"[REDACTED:") > 500
    assert _MARK.encode() in before
    assert _rewrite(paths) > 10
    content = _bytes_below(*(place for place in places if place.exists()))

    assert len({canary.kind for canary in supply.all}) >= 25
    assert _found(content, supply) == {}
