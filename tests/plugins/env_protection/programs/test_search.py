"""What grep and its kin search: every access is found, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Reached = Callable[[str], list[str]]

ACCESSES = [
    "grep KEY .env",
    "grep -r KEY .",
    "grep -rn . config",
    "grep -f .env README.md",
    "rg --hidden KEY",
    "rg -uu KEY",
    "rg KEY .env",
    "rg -g '.env*' KEY",
    "grep -e KEY .env",
    "grep -h '' .env*",
    "grep -rh KEY --include='.env*' .",
    "grep -r --exclude-dir=node_modules KEY .",
    "grep -R . ~/.ssh",
    "grep -rn SECRET",
    "grep -c '^A' .env",
    "grep -q '^A=b' .env",
    "egrep . .env",
    "zgrep . .env",
    "rg . .env",
    "rg --no-ignore --hidden .",
    "rg -uuu x",
    "rg --pre cat x .env",
    "rg -f .env",
    "ag -u KEY",
    "ack . .env",
    "busybox grep . .env",
]
HARMLESS = [
    "grep '\\.env' .gitignore",
    "grep -rn TODO src",
    'grep -rn "def main" .',
    "grep -rn foo src/ tests/",
    "grep -r --include='*.py' foo .",
    "grep -r --exclude='.env*' --exclude='*.pem' foo .",
    "rg TODO",
    'rg "class Foo" src',
    "rg -n foo -t py",
    "rg --files",
    "rg -g '*.py' foo",
    "grep -c . README.md",
    'grep -n "\\.env" README.md .gitignore',
    'grep -rn "dotenv" src',
    'grep -rl "import os" .',
    'grep -rn "process.env" --include=*.ts --include=*.js .',
    "grep -c foo README.md",
    "grep -i error build.log | head",
    'rg "dotenv" src',
    "rg -l TODO",
    "rg -n \"fn main\" -g '*.rs'",
    'rg --type py "import os"',
    'rg -i "secret" src',
    "ag foo src",
]


@pytest.mark.parametrize("command", ACCESSES)
def test_an_access_to_a_protected_file_is_found(command: str, reached: Reached) -> None:
    assert [found for found in reached(command) if found != "?"]


@pytest.mark.parametrize("command", HARMLESS)
def test_an_ordinary_command_reaches_nothing_protected(
    command: str, reached: Reached
) -> None:
    assert reached(command) == []
