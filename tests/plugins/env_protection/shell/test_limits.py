"""However a command is made, following it ends: steps are counted, not seconds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hookwright.plugins.env_protection.access import Findings, Shell
from hookwright.plugins.env_protection.shell import LONGEST_COMMAND, read_command
from hookwright.plugins.env_protection.shell.grammar import parse
from hookwright.plugins.env_protection.words import Word

PROJECT = "/home/dev/app"

EXCESSIVE = {
    "an array that doubles": "a=(1 2 3 4); " + 'a=("${a[@]}" "${a[@]}"); ' * 40,
    "braces in braces": "cat " + "{a," * 5000 + "b" + "}" * 5000,
    "many brace words": "echo " + "{1..9}" * 20,
    "many redirections": "cat " + "<f " * 15_000,
    "many stages": "|".join(["cat"] * 10_000),
    "many words in a list": "a;" * 30_000,
    "eval of eval": "eval " * 8000,
    "loops in loops": "for i in 1 2 3 4 5 6 7 8 9; do " * 12 + "a;" + "done;" * 12,
    "a condition": "[[ " + "( " * 20_000,
    "many patterns": "case x in " + "a) b;; " * 8000 + "esac",
    "a text that doubles": "x='x=$x$x; eval $x'; eval $x",
    "a heredoc of commands": "cat <<E\n" + "$x `y` \n" * 5000,
}
DEEP = {
    "substitutions": "$(" * 10_000,
    "subshells": "(" * 10_000,
    "defaults": "${x:-" * 10_000,
    "a function that calls itself": "f() { f; f; }; f",
    "if in if": "if a; then " * 3000,
}


def _nothing(argv: Sequence[Word], shell: Shell, findings: Findings) -> None:
    """Stand for programs that touch nothing."""


@pytest.mark.parametrize("name", EXCESSIVE)
def test_a_command_that_takes_too_many_steps_is_a_doubt(name: str, world: Any) -> None:
    command = EXCESSIVE[name][:LONGEST_COMMAND]
    assert read_command(command, PROJECT, world, run=_nothing).doubts


@pytest.mark.parametrize("name", DEEP)
def test_deep_nesting_ends(name: str, world: Any) -> None:
    findings = Findings()
    read_command(DEEP[name], PROJECT, world, run=_nothing, findings=findings)
    assert findings.left > -20_000


def test_a_command_over_64_kilobytes_is_a_doubt(world: Any) -> None:
    assert read_command("a" * (LONGEST_COMMAND + 1), PROJECT, world).doubts


def test_a_command_of_10_kilobytes_is_followed_whole(world: Any) -> None:
    line = "cd src && python -m pytest tests -x -q 2>&1 | tail -40; git status --short"
    findings = Findings()
    command = "\n".join([line] * 130)
    reading = read_command(command, PROJECT, world, run=_nothing, findings=findings)
    assert len(command) > 9_500
    assert reading.doubts == ()
    assert findings.left > 0


_PIECES = st.sampled_from(
    """
    cat .env .e* $F ${F} " ' ` $( ) ( { } ; & | && || < > >> << E <<< # \\ [[ ]] (( ))
    if then fi for in do done while case esac f() = a=( * ? [ ] ! ~ $ ${ :- @ LINE
    """.split()  # noqa: SIM905 - a table
).map(lambda piece: "\n" if piece == "LINE" else piece)


@given(st.lists(_PIECES, max_size=25))
@settings(max_examples=300, deadline=None)
def test_reading_any_text_raises_nothing(pieces: list[str]) -> None:
    parse(" ".join(pieces))
    parse("".join(pieces))


@given(st.lists(_PIECES, max_size=15))
@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_denied_command_before_any_text_is_still_found(
    world: Any, pieces: list[str]
) -> None:
    """Bash runs a line before it reads the next one."""
    reading = read_command("cat .env\n" + " ".join(pieces), PROJECT, world)
    assert reading.doubts or any(
        access.path == f"{PROJECT}/.env" and access.mode == "read"
        for access in reading.accesses
    )
