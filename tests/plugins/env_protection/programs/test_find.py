"""What find and fd hand on: every access is found, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Reached = Callable[[str], list[str]]

ACCESSES = [
    "find . -name .env -exec cat {} +",
    "find . -name '.e*' -exec cat {} \\;",
    "find . -type f -exec cat {} +",
    "find . -name .env | xargs cat",
    "find . -maxdepth 1 -type f -exec grep -H . {} \\;",
    "find . -iname '.ENV' -execdir cat {} \\;",
    "find . -newer x -exec cp {} /tmp \\;",
    "find . -name .env | cpio -o",
    "find . -print0 | xargs -0 cat",
    "fd -H .env -x cat",
    "fd -H '^\\.env$' -X cat",
    "fd -H . -t f -x cat {}",
    "find . -path './.env' -exec cat {} \\;",
    "find . -regex '.*env' -exec cat {} \\;",
    "find . -type f -name '.*' -exec sh -c 'cat \"$1\"' _ {} \\;",
    "find . -name .env -exec sh -c 'cat {}' \\;",
    "find . -name .env -ok cat {} \\;",
    "find . -name .env -exec cp {} /tmp/x \\;",
    "find /home/dev -maxdepth 2 -name '.netrc' -exec cat {} +",
    "find ~/.ssh -type f -exec cat {} +",
    "find . -newer README.md -type f -exec head {} +",
    "find . -files0-from .env",
    "find . ! -name '*.py' -type f -exec cat {} +",
]
HARMLESS = [
    "find . -name .env",
    "find . -name '*.py' -exec grep -l foo {} +",
    "find . -name '*.py' | xargs wc -l",
    "find . -type f -name '*.md' -exec cat {} \\;",
    "find . -not -name '.env*' -not -name '*.pem' -type f -exec cat {} +",
    "find . -name '*.pyc' -delete",
    "find src -type f | xargs grep -n foo",
    'find . -type f -name "*.ts" -not -path "./node_modules/*"',
    'find . -name "*.py" -newer setup.py',
    "find . -type d -name __pycache__ -exec rm -rf {} +",
    "find . -name '*.md' -exec sed -i 's/a/b/' {} \\;",
    "find src -name '*.py' -print0 | xargs -0 grep -l foo",
    "find . -maxdepth 1 -type f",
    'find . -name ".env*" -type f',
    "find . -empty -delete",
    "fd -e py",
    "fd app src -x wc -l",
]


@pytest.mark.parametrize("command", ACCESSES)
def test_an_access_to_a_protected_file_is_found(command: str, reached: Reached) -> None:
    assert [found for found in reached(command) if found != "?"]


@pytest.mark.parametrize("command", HARMLESS)
def test_an_ordinary_command_reaches_nothing_protected(
    command: str, reached: Reached
) -> None:
    assert reached(command) == []
