from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from hookwright.core.paths import Paths
from hookwright.core.service import client, native

EVENT = {
    "hook_event_name": "PostToolUse",
    "session_id": "s",
    "cwd": "/",
    "tool_name": "Bash",
    "tool_use_id": "t",
    "tool_response": {},
}


def run(*command: str, stdin: bytes = b"{}") -> tuple[int, bytes, bytes]:
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=30)
    return done.returncode, done.stdout, done.stderr


def gone(command: tuple[str, ...], tmp_path: Path) -> list[str]:
    """Return the command as it stands in a hook after Hookwright was removed."""
    folder, none = str(Path(client.__file__).parent), str(tmp_path / "gone")
    return [word.replace(folder, none) for word in command]


def test_every_command_is_absolute_and_needs_no_shell(native_client: Path) -> None:
    commands = (
        native.python_command(),
        native.hand_over_command(),
        native.native_command(native_client),
    )

    assert all(Path(command[0]).is_absolute() for command in commands)
    assert not any("\0" in word for command in commands for word in command)


def test_the_native_command_names_what_it_hands_over_to(native_client: Path) -> None:
    program, mark, *command, end = native.native_command(native_client)

    assert (program, mark, end) == (str(native_client), "--or", "--")
    assert tuple(command) == native.hand_over_command()


@pytest.mark.parametrize("whole", [True, False])
def test_commands_of_a_removed_hookwright_say_nothing_and_refuse_nothing(
    native_client: Path, tmp_path: Path, paths: Paths, whole: bool
) -> None:
    # `python FILE` would exit with 2, which is a refusal to an agent host.
    if not whole:
        compiled = shutil.ignore_patterns("__pycache__")
        shutil.copytree(
            Path(client.__file__).parent, tmp_path / "gone", ignore=compiled
        )
        (tmp_path / "gone" / "cold.py").unlink()
        (tmp_path / "gone" / "cold_start.py").unlink()
    words = ("claude-code", "PreToolUse")
    handed = ("0" * 20, "", *words)

    assert run(*gone(native.python_command(), tmp_path), *words) == (0, b"", b"")
    assert run(*gone(native.hand_over_command(), tmp_path), *handed) == (0, b"", b"")
    command = gone(native.native_command(native_client), tmp_path)
    assert run(*command, *words) == (0, b"", b"")
    assert not paths.spool.exists()


def test_an_event_without_a_daemon_is_recorded_under_its_id(paths: Paths) -> None:
    command = (*native.hand_over_command(), "ab" * 10, "o", "claude-code")

    ended = run(*command, "PostToolUse", stdin=json.dumps(EVENT).encode())

    assert ended == (0, b"", b"")
    (spool,) = paths.spool.iterdir()
    assert b"ab" * 10 in spool.read_bytes()


def test_the_native_client_records_without_a_daemon(
    native_client: Path, paths: Paths, tmp_path: Path
) -> None:
    # A directory that others can write is not trusted, and no daemon is started there.
    paths.run.mkdir(parents=True)
    paths.run.chmod(0o777)
    secret = "ghp" + "_" + "Zt7" * 12
    event = json.dumps({**EVENT, "tool_input": {"command": f"use {secret}"}})
    command = (*native.native_command(native_client), "claude-code", "PostToolUse")

    ended = run(*command, "--observe", stdin=event.encode())

    assert ended == (0, b"", b"")
    (spool,) = paths.spool.iterdir()
    assert b"[REDACTED:" in spool.read_bytes()
    left = (file for file in paths.data.rglob("*") if file.is_file())
    assert not any(secret.encode() in file.read_bytes() for file in left)
