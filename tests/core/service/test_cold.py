from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.paths import Paths
from hookwright.core.service import client, cold, cold_rules
from hookwright.core.service.cold_rules import ColdRules, HostRules
from hookwright.core.service.intake import MAX_EVENT, RawDelivery
from hookwright.core.store.frames import decode_delivery, read_frames
from hookwright.hookspecs import Delivery

SECRET = "sk-ant-" + "api03-" + "Ab1" * 31 + "AA"


def spooled(paths: Paths) -> list[dict[str, Any]]:
    """Return the deliveries in the spool, checked against their model."""
    found = []
    for file in sorted(paths.spool.glob("*")):
        for frame in read_frames(file.read_bytes()):
            _, delivery_id, payload = decode_delivery(frame.payload)
            delivery = Delivery.model_validate_json(payload)
            assert delivery.id == delivery_id
            found.append(json.loads(payload))
    return found


def delivery(stdin: bytes, *arguments: str, host: str = "sample") -> RawDelivery:
    environment = {"CLAUDE_X": "1", "GIT_DIR": f"/{SECRET}", "PATH": "/bin"}
    return RawDelivery("0" * 20, host, arguments, "/", environment, stdin)


def test_an_event_is_redacted_and_spooled(
    paths: Paths, capfd: pytest.CaptureFixture[str]
) -> None:
    raw = delivery(json.dumps({"key": SECRET}).encode(), "Stop", SECRET)

    code = cold.deliver(raw, "o")

    (found,) = spooled(paths)
    assert code == 0
    assert capfd.readouterr() == ("", "")
    assert SECRET not in "".join(f.read_text("latin-1") for f in paths.spool.iterdir())
    assert found["payload"]["key"].startswith("[REDACTED:")
    assert found["arguments"][0] == "Stop"
    assert set(found["environment"]) == {"CLAUDE_X", "GIT_DIR"}


def test_the_rules_that_a_daemon_left_hold(paths: Paths) -> None:
    hosts = {"sample": HostRules("text", ("CLAUDE_X",))}
    stamp = cold_rules.stamp_of(paths)
    extra = (("ticket", "T-[0-9]+"),)
    cold_rules.save(paths, ColdRules(hosts, extra, (), False, stamp))

    assert cold.deliver(delivery(b'{"see": "T-12345"}'), "o") == 0

    (found,) = spooled(paths)
    assert found["payload"].startswith('{"see": "[REDACTED:ticket:')
    assert found["environment"] == {"CLAUDE_X": "1"}


def test_a_projects_own_secrets_are_taken_out(paths: Paths, tmp_path: Path) -> None:
    value = "correct-" + "horse-9" * 2
    (tmp_path / ".git").mkdir()
    (tmp_path / ".env").write_text(f"API_PASSWORD={value}\n")
    (tmp_path / "src").mkdir()
    raw = RawDelivery(
        "0" * 20,
        "sample",
        (),
        str(tmp_path / "src"),
        {},
        f'{{"a": "{value}"}}'.encode(),
    )

    assert cold.deliver(raw, "o") == 0

    assert "horse" not in json.dumps(spooled(paths))


@pytest.fixture
def own_value(tmp_path: Path) -> str:
    """Return a value of the project's own `.env`."""
    value = "correct-" + "horse-9" * 2
    (tmp_path / ".git").mkdir()
    (tmp_path / ".env").write_text(f"API_PASSWORD={value}\n")
    return value


@pytest.mark.parametrize(
    ("output", "text", "is_known"),
    [
        ("project", "{own}", True),
        ("project", SECRET, False),
        ("all", SECRET, True),
        ("all", "harmless", False),
        ("off", "{own}", False),
        ("project", "{own} " + "x " * MAX_EVENT, True),
        ("project", "harmless " + "x " * MAX_EVENT, False),
    ],
)
def test_an_output_that_the_model_must_not_read_is_for_the_whole_program(
    paths: Paths,
    tmp_path: Path,
    own_value: str,
    capfd: pytest.CaptureFixture[str],
    output: str,
    text: str,
    is_known: bool,
) -> None:
    hosts = {"sample": HostRules("json", outputs=("After",))}
    stamp = cold_rules.stamp_of(paths)
    cold_rules.save(paths, ColdRules(hosts, stamp=stamp, output=output))
    stdin = json.dumps({"output": text.format(own=own_value)}).encode()
    started: list[object] = []
    for event in ("After", "Before"):
        raw = RawDelivery("0" * 20, "sample", (event,), str(tmp_path), {}, stdin)
        started.append(cold.record(raw, "o", cold_rules.load(paths, {}), hand_on=True))  # type: ignore[arg-type]

    assert started == [None if is_known else 0, 0]
    assert len(spooled(paths)) == 1 + (not is_known)
    assert own_value not in json.dumps(spooled(paths))
    if is_known and len(stdin) < MAX_EVENT:
        # Nothing was said either: that is for who answers.
        assert capfd.readouterr() == ("", "")


def test_where_nobody_knows_the_agent_hosts_any_output_may_be_one(
    paths: Paths, tmp_path: Path, own_value: str
) -> None:
    stdin = json.dumps({"output": own_value}).encode()
    raw = RawDelivery("0" * 20, "sample", ("After",), str(tmp_path), {}, stdin)

    assert cold.record(raw, "o", ColdRules(), hand_on=True) is None
    # Who keeps it for a process that failed has no other way.
    assert cold.record(raw, "o", ColdRules()) == 0
    assert len(spooled(paths)) == 1


@pytest.mark.parametrize(("flags", "code"), [("o", 0), ("ot", 2)])
def test_an_unknown_host_is_told_the_known_ones(
    paths: Paths, capfd: pytest.CaptureFixture[str], flags: str, code: int
) -> None:
    hosts = {"git": HostRules("text"), "claude-code": HostRules("json")}
    cold_rules.save(paths, ColdRules(hosts, stamp=cold_rules.stamp_of(paths)))

    assert cold.deliver(delivery(b"{}"), flags) == code

    assert capfd.readouterr().err == (
        "hookwright: unknown agent host 'sample'; known: claude-code, git\n"
    )
    assert not paths.spool.exists()


@pytest.mark.parametrize(
    ("stdin", "message"),
    [
        (b"{oops", "standard input is not JSON"),
        (b"[1]", "standard input is a JSON array"),
        (b'{"a":' * 10_000, "nested deeper than 200 levels"),
        (b'{"a": [' + b"\x00", "standard input is not JSON"),
    ],
)
def test_what_cannot_be_understood_is_kept_aside_and_told(
    paths: Paths, capfd: pytest.CaptureFixture[str], stdin: bytes, message: str
) -> None:
    assert cold.deliver(delivery(stdin, "Stop"), "o") == 0

    error = capfd.readouterr().err
    assert error.startswith("hookwright: sample Stop: ")
    assert message in error
    assert error.count("\n") == 1
    (file,) = paths.quarantine.iterdir()
    assert message in json.loads(file.read_text())["reason"]
    assert not paths.spool.exists()


def test_a_large_event_keeps_its_first_members(
    paths: Paths, capfd: pytest.CaptureFixture[str]
) -> None:
    stdin = json.dumps({"session_id": "s", "big": "x" * MAX_EVENT}).encode()

    assert cold.deliver(delivery(stdin, "Stop"), "o") == 0

    (found,) = spooled(paths)
    assert found["payload"]["session_id"] == "s"
    assert found["payload"]["hookwright_oversize"]["bytes"] == len(stdin)
    assert "what is too long in it was shortened" in capfd.readouterr().err


def test_ids_in_an_event_name_no_file(paths: Paths) -> None:
    raw = RawDelivery(
        "0" * 20, "sample", (), "/../../tmp", {}, b'{"session_id": "../../../x"}'
    )

    assert cold.deliver(raw, "o") == 0

    (file,) = paths.spool.iterdir()
    assert file.parent == paths.spool


def test_a_spool_that_cannot_be_written_is_told(
    paths: Paths, capfd: pytest.CaptureFixture[str]
) -> None:
    paths.data.mkdir()
    paths.spool.write_text("a file")

    assert cold.deliver(delivery(b"{}"), "o") == 0

    assert "this event is lost" in capfd.readouterr().err


def test_a_fault_of_our_own_never_stops_the_agent(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(*_arguments: object) -> int:
        raise RuntimeError("a bug")

    monkeypatch.setattr(cold, "deliver", fail)
    monkeypatch.setattr(cold, "read_all", lambda _fd: b"")

    assert cold.main(["0" * 20, "o", "sample", "x"]) == 0
    assert cold.main([]) == 0

    first, second = capfd.readouterr().err.splitlines()
    assert first == (
        "hookwright: a fault of its own, the agent goes on: RuntimeError('a bug')"
    )
    assert "ValueError" in second


def test_main_hands_over_what_the_client_gave(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[RawDelivery, str]] = []

    def deliver(raw: RawDelivery, flags: str) -> int:
        seen.append((raw, flags))
        return 5

    monkeypatch.setattr(cold, "deliver", deliver)
    monkeypatch.setattr(cold, "read_all", lambda _fd: b"{}")

    assert cold.main(["id", "o", "sample", "before", "x"]) == 5
    assert cold.main(["id", "t", "sample"]) == 5
    (first, _), (second, flags) = seen
    assert (first.agent_host, first.arguments) == ("sample", ("before", "x"))
    assert (first.cwd, first.stdin) == (os.getcwd(), b"{}")
    assert (second.stdin, flags) == (b"", "t")


def test_a_directory_that_was_removed_is_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    monkeypatch.setenv("PWD", str(gone))
    seen: list[str] = []
    monkeypatch.setattr(cold, "read_all", lambda _fd: b"")

    def deliver(raw: RawDelivery, *_: object) -> int:
        seen.append(raw.cwd)
        return 0

    monkeypatch.setattr(cold, "deliver", deliver)

    cold.main(["id", "o", "sample"])

    assert seen == [str(gone)]


def test_recording_needs_the_standard_library_only(
    paths: Paths, run_client: Callable[..., Any]
) -> None:
    script = (
        "import sys; package = sys.modules['hookwright'] = type(sys)('hookwright'); "
        f"package.__path__ = [{str(Path(cold.__file__).parents[2])!r}]; "
        "from hookwright.core.service import cold; "
        "code = cold.main(['0' * 20, 'o', 'sample', 'Stop']); "
        "print([m for m in sys.modules if m.partition('.')[0] in "
        "('pydantic', 'pluggy', 'lmdb', 'orjson', 'typer', 'rich', 'watchdog', "
        "'asyncio', 'logging', 'subprocess', 'email', 'json', 're', 'enum', "
        "'typing', 'pathlib', 'contextlib', 'hashlib')])"
    )

    found = subprocess.run(
        [sys.executable, "-P", "-S", "-c", script],
        # "pass" and "key" are in it, and tell of nothing.
        input=b'{"a": 1, "transcript_path": "/some/path", "tool": "Bash", '
        b'"stdout": "12 passed, 3 monkeys, no keyboard"}',
        capture_output=True,
        check=True,
    )

    assert ast.literal_eval(found.stdout.decode()) == []
    assert found.stderr == b""
    assert len(spooled(paths)) == 1


def test_the_client_records_without_a_daemon(
    paths: Paths, run_client: Callable[..., Any]
) -> None:
    found = run_client("sample", "Stop", "--observe", stdin={"a": "x" * 100_000})

    assert (found.returncode, found.stdout, found.stderr) == (0, b"", b"")
    assert client.VERSION
    assert spooled(paths)[0]["payload"]["a"] == "x" * 100_000
