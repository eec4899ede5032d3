"""What editors and debuggers open: every access is found, and nothing else."""

# ruff: noqa: E501 - commands stand as they are typed
from __future__ import annotations

from collections.abc import Callable

import pytest

Reached = Callable[[str], list[str]]

ACCESSES = [
    "vim -es -c 'r .env' -c '%p' -c q",
    "vim -es .env",
    "ed .env",
    "gdb -batch -ex 'shell cat .env'",
    "emacs --batch --eval '(princ (with-temp-buffer (insert-file-contents \".env\") (buffer-string)))'",
    "view .env",
    "vi -c ':!cat .env' x",
    "vim -c 'set nomore|r .env|w! /dev/stdout|q' x",
    "vim +'r .env' +'%print' +qa",
    "ex -s -c '%p|q' .env",
    "ex -sc 'r .env' -c '%p' -c 'q!'",
    "printf 'r .env\\n,p\\nq\\n' | ed",
    "ed -s .env <<< ',p'",
    "emacs -batch -l .env",
    "nano .env",
    "gdb -batch -ex 'source .env'",
    "gdb --args cat .env",
    "lldb -o 'platform shell cat .env'",
    "exec cat .env",
]
HARMLESS = [
    "vim src/app.py",
    "code .",
    "$EDITOR src/app.py",
    "export FOO=bar",
    "vim +10 src/app.py",
    "code -r .",
    "emacs -nw src/app.py",
    "$EDITOR README.md",
    "gdb ./app -ex run -batch",
]


@pytest.mark.parametrize("command", ACCESSES)
def test_an_access_to_a_protected_file_is_found(command: str, reached: Reached) -> None:
    assert [found for found in reached(command) if found != "?"]


@pytest.mark.parametrize("command", HARMLESS)
def test_an_ordinary_command_reaches_nothing_protected(
    command: str, reached: Reached
) -> None:
    assert reached(command) == []
