from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hookwright.core.service.client import parse
from hookwright.plugins.adapters.wire.lent_hooks import (
    BORROWERS,
    is_lent,
    lent_line,
    program_of,
)

SHOW = "import json, sys; print(json.dumps(sys.argv[1:]))"


def client_of(folder: Path) -> tuple[str, ...]:
    """Return a client that shows its arguments, at an awkward path."""
    program = folder / "it's a $HOME client.py"
    program.write_text(SHOW)
    return (sys.executable, "-I", "-S", str(program))


def said(client: tuple[str, ...], shell: str, observe: bool, **more: str) -> list[str]:
    line = lent_line(client, "PreToolUse", observe=observe)
    done = subprocess.run(
        [shell, "-c", line],
        env=more,
        capture_output=True,
        text=True,
        check=True,
    )
    words: list[str] = json.loads(done.stdout)
    return words


@pytest.mark.parametrize("shell", ["sh", "bash", "dash", "zsh", "ksh"])
def test_the_line_says_whose_hook_it_is(shell: str, tmp_path: Path) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"there is no {shell} on this machine")
    client = client_of(tmp_path)
    for observe, flags in ((False, ""), (True, "o")):
        own = parse(said(client, program, observe))
        assert own == (flags, ["claude-code", "PreToolUse"])
        # A shell tool's variables are not a hook's.
        inside = parse(said(client, program, observe, COPILOT_CLI="1"))
        assert inside == own
        for borrower, variable in BORROWERS.items():
            found, words = parse(said(client, program, observe, **{variable: "/x y"}))
            assert found == flags
            assert words == [borrower, "PreToolUse", "claude-code", "PreToolUse"]
            assert is_lent(words[1:])


def test_a_message_of_the_agent_hosts_own_hook_is_not_lent() -> None:
    assert not is_lent(("preToolUse",))
    assert not is_lent(())
    assert not is_lent(("--observe", "claude-code"))
    assert is_lent(("--observe", "Stop", "claude-code", "Stop"))


def test_a_line_of_ours_is_known_by_its_end() -> None:
    client = ("/opt/a b/client", "-x")
    line = lent_line(client, "Stop", observe=True)
    assert program_of(line, "Stop") == "/opt/a b/client"
    assert program_of(line, "PreToolUse") is None
    for other in (None, 4, "exec 'a", "exec claude-code Stop", "mine claude-code Stop"):
        assert program_of(other, "Stop") is None
