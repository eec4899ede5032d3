"""What sed and awk scripts open: every access is found, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Reached = Callable[[str], list[str]]

ACCESSES = [
    "sed -n 1p .env",
    "sed -n 'r .env' README.md",
    "sed 's/a/b/w .env' README.md",
    "sed -n '1e cat .env' README.md",
    "awk 1 .env",
    "awk 'BEGIN{while((getline l < \".env\")>0) print l}'",
    "awk 'BEGIN{system(\"cat .env\")}'",
    "awk -f .env x",
    "sed -e p .env",
    "awk 'BEGIN { \"cat .env\" | getline x; print x }'",
    "awk 'BEGIN { while ((\"cat .env\" | getline l) > 0) print l }'",
    'awk \'BEGIN{f=".e" "nv"; while((getline l < f)>0) print l}\'',
    "awk -v f=.env 'BEGIN{while((getline l < f)>0) print l}'",
    "awk '{print}' .env",
    "awk -F= '{print $2}' .env",
    "awk 'BEGIN{ARGV[1]=\".env\";ARGC=2} {print}'",
    'awk \'BEGIN{print "x" | "cat .env"}\'',
    "gawk '@include \".env\"'",
    "sed '' .env",
    "sed -n p .env",
    "sed -f .env README.md",
    "sed '$r .env' README.md",
    "sed -e '1r.env' README.md",
    "sed 's/x/cat .env/e' README.md",
    "sed '1!r .env' README.md",
    "sed -n '/a/{r .env\n}' README.md",
]
HARMLESS = [
    "sed -n 1,20p src/app.py",
    "sed -i 's/a/b/' src/app.py",
    "sed 's/\\.env/x/' README.md",
    "awk '{print $1}' README.md",
    "awk -F= '{print $1}' .env.example",
    "awk 'BEGIN{print \".env\"}'",
    "sed '/\\.env/d' README.md",
    "sed -n '/start/,/end/p' README.md",
    "sed -e 's/x/y/' -e '/^$/d' README.md",
    "sed -i '' 's/a/b/g' src/app.py",
    "sed 's|/a/b|/c/d|g' README.md",
    'sed -i "s/^VERSION=.*/VERSION=2/" Makefile',
    "sed '1i # header' src/app.py",
    "sed 's/.*error: //' build.log",
    "awk -F, '{sum+=$3} END {print sum}' data.csv",
    "awk 'NR==1{print $1; exit}' README.md",
    "awk '/foo/ {print FILENAME\": \"$0}' src/*.py",
    "awk '{print > \"out.txt\"}' README.md",
    "awk -v n=3 'NR<=n' README.md",
    "awk '{ if ($1 > 5) print $2 }' data.txt",
]


@pytest.mark.parametrize("command", ACCESSES)
def test_an_access_to_a_protected_file_is_found(command: str, reached: Reached) -> None:
    assert [found for found in reached(command) if found != "?"]


@pytest.mark.parametrize("command", HARMLESS)
def test_an_ordinary_command_reaches_nothing_protected(
    command: str, reached: Reached
) -> None:
    assert reached(command) == []
