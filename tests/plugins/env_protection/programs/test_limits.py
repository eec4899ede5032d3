"""Whatever a program is given, reading it ends, and ends soon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hookwright.plugins.env_protection.access import Findings
from hookwright.plugins.env_protection.programs import _table as every_program
from hookwright.plugins.env_protection.programs import run
from hookwright.plugins.env_protection.words import REST, UNKNOWN, Word, known

NAMES = sorted(every_program())
ARGUMENTS = [
    *[
        "-a",
        "-c",
        "-e",
        "-f",
        "-r",
        "-n",
        "-x",
        "-C",
        "-i",
        "-o",
        "-p",
        "-u",
        "-s",
        "--",
        "-",
        "--file",
        "--env-file",
        "-exec",
        "-name",
    ],
    *[
        ";",
        "+",
        "{}",
        "!",
        "(",
        ")",
        "run",
        "exec",
        "create",
        "cp",
        "add",
        "show",
        "-Xcd",
        ".env",
        "src",
        "a=b",
        "HEAD:.env",
    ],
    *["@.env", "x:y", "", UNKNOWN, f"a{UNKNOWN}", "print(open('.env'))", "*.py", "'"],
    *['"', "a\nb", "..", "/", "~", "\\", "s/a/b/e", "%", "$x", "http://localhost/.env"],
]
LARGE = [
    "(",
    "[",
    "{",
    "a(",
    "'",
    '"',
    "`",
    "x=",
    "f=>",
    "a?b:",
    "<",
    "/",
    "! ",
    "s/a/b/;",
]


@dataclass
class StillShell:
    """A shell that follows nothing."""

    world: Any
    stdin: Word | None = None
    cwd: str = "/home/dev/app"
    variables: Mapping[str, Word] = field(default_factory=dict)
    started: list[list[str]] = field(default_factory=list)

    def command(self, text: str, cwd: str | None = None) -> None:
        self.started.append([text])

    def argv(
        self,
        words: Sequence[Word],
        *,
        cwd: str | None = None,
        stdin: Word | None = None,
        variables: Mapping[str, Word] | None = None,
    ) -> None:
        self.started.append([word.text for word in words])


@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    name=st.sampled_from(NAMES),
    texts=st.lists(st.sampled_from(ARGUMENTS), max_size=8),
    rest=st.booleans(),
    stdin=st.one_of(st.none(), st.sampled_from(ARGUMENTS)),
)
def test_no_arguments_make_a_reader_fail(
    name: str, texts: list[str], rest: bool, stdin: str | None, world: Any
) -> None:
    shell = StillShell(world, None if stdin is None else Word(stdin))
    findings = Findings()
    run([*known(name, *texts), *([REST] if rest else [])], shell, findings)
    assert findings.left > 0


@pytest.mark.parametrize("piece", LARGE)
@pytest.mark.parametrize(
    "program",
    ["node -e", "perl -e", "ruby -e", "php -r", "lua -e", "python3 -c", "awk", "sed"],
)
def test_a_large_program_ends_within_its_steps(
    program: str, piece: str, world: Any
) -> None:
    findings = Findings()
    code = piece * (20_000 // len(piece))
    run(known(*program.split(), code), StillShell(world), findings)
    assert findings.left > -30_000
    assert findings.left > 0 or findings.doubts


def test_loops_end_in_a_doubt(world: Any) -> None:
    findings = Findings()
    loop = "for i in range(300):\n for j in range(300):\n  x = open(str(i + j))\n"
    run(known("python3", "-c", loop), StillShell(world), findings)
    assert findings.left < 0
    assert findings.doubts


@pytest.mark.parametrize(
    "code", ["10 ** 10 ** 10", "'a' * 10 ** 12", "f'{1:>999999999}'", "[0] * 10 ** 9"]
)
def test_nothing_large_is_computed(code: str, world: Any) -> None:
    findings = Findings()
    run(known("python3", "-c", f"x = {code}"), StillShell(world), findings)
    assert findings.left > 19_000


def test_the_programs_that_are_started_are_handed_on(world: Any) -> None:
    shell = StillShell(world)
    run(known("sudo", "-u", "x", "timeout", "5", "cat", "a"), shell, Findings())
    run(
        known("find", ".", "-name", "app.py", "-exec", "wc", "{}", ";"),
        shell,
        Findings(),
    )
    run(known("bash", "-c", "ls", "name", "one"), shell, Findings())
    assert shell.started[0] == ["timeout", "5", "cat", "a"]
    assert shell.started[1] == ["wc", "./src/app.py"]
    assert "set -- 'one'" in shell.started[2][0]
