"""What programs are given: the reader's words against those of a real bash."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from hookwright.plugins.env_protection.access import Findings, Shell
from hookwright.plugins.env_protection.shell import read_command
from hookwright.plugins.env_protection.words import UNKNOWN, Word

PROJECT = "/home/dev/app"

#: Set before every piece, so that nothing comes from outside.
SETTINGS = "F=.env; G=a.b.txt; i=2; A=(x 'p q' .env); set -- one 'two three'; N=; "
#: Each is an argument list of `show`.
PIECES = [
    "$F ${F} \"$F\" '$F' \\$F",
    '"$G"x y"$G" $G$F',
    '$N \'\' "" "$N" x$N',
    '"$@" x"$@"y $* "$*"',
    '${A[@]} "${A[@]}" "${A[*]}" ${A[1]} ${#A[@]} ${A[@]:1} ${A[-1]}',
    "${F#.} ${F%v} ${G%.*} ${G%%.*} ${G#*.} ${G##*.}",
    "${G/./-} ${G//./-} ${G/#a/z} ${G/%txt/md} ${G//[a-c]/}",
    "${F:1} ${F:1:2} ${F: -2} ${F:0:-1} ${#F}",
    "${F^^} ${G^} ${F,,}",
    '${N:-d} ${N-d} ${Q:=e} $Q ${F:+s} ${N:+s} ${N:-"a b"} ${N:-$F}',
    "$((1+2)) $((i*3)) $((i>1?7:8)) $((2**3)) $((0x10)) $((i++)) $i $((i+=3))",
    "a{b,c}d {1..3} {a..c} x{,y} {a,b}{1,2} {03..05} '{a,b}' {a}",
    "$'a\\tb' $'\\x41\\102\\u0043' $'it\\'s'",
    "$(echo a b) \"$(echo a b)\" `echo c` $(printf '%s-' 1 2)",
    "$(echo $(echo .env)) \"$(printf 'x\\n\\n')\"",
    "a\\ b 'c d'e\"f g\" \\\\ a\\\nb",
    '~ ~/x x~ "~"',
    "[a b] a=b --c=$F",
    "$(base64 -d <<< LmVudg==) $(rev <<< vne.) $(tr a-c b-d <<< abc)",
    "$(cat <<< \"$F\") $(head -1 <<< $'a\\nb') $(seq 3)",
    "$(basename a/b.c .c) $(dirname a/b/c) $(pwd)",
    "$(for x in 1 2; do echo $x; done)",
    "$(f() { echo \"<$1>\"; }; f 'a b')",
    "$(if true; then echo y; fi; case abc in a*) echo z;; esac)",
    "$(while read -r l; do echo \"[$l]\"; done <<< $'a\\nb')",
]


def _words_of_bash(command: str, home: Path) -> list[str]:
    script = f"show() {{ printf '%s\\0' \"$@\"; }}; {command}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=home,
        env={"HOME": str(home), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=True,
        timeout=30,
    )
    return done.stdout.decode().split("\0")[:-1]


def _found(command: str, cwd: str, world: Any) -> list[list[Word]]:
    found: list[list[Word]] = []

    def run(argv: Sequence[Word], shell: Shell, findings: Findings) -> None:
        if argv[0].text == "show":
            found.append(list(argv[1:]))

    assert read_command(command, cwd, world, run=run).doubts == ()
    return found


@pytest.mark.parametrize("piece", PIECES)
def test_words_are_expanded_as_bash_does(
    piece: str, world: Any, tmp_path: Path
) -> None:
    command = f"{SETTINGS}show {piece}"
    wanted = _words_of_bash(command, tmp_path)
    world.variables = {**world.variables, "HOME": str(tmp_path)}
    world._home = str(tmp_path)
    found = _found(command, str(tmp_path), world)
    texts = [[word.text for word in words] for words in found]
    assert wanted in texts
    assert len(texts) <= 4


def test_what_is_not_known_stays_an_unknown_stretch(world: Any) -> None:
    command = 'show $X "$X" a$X "b${X}c" $(prog) "$(prog)" $((X)) *.$X'
    assert _found(command, PROJECT, world)[0] == [
        Word(UNKNOWN, many=True),
        Word(UNKNOWN),
        Word(f"a{UNKNOWN}", many=True),
        Word(f"b{UNKNOWN}c"),
        Word(UNKNOWN, many=True),
        Word(UNKNOWN),
        Word(UNKNOWN),
        Word(f"{UNKNOWN}.{UNKNOWN}", many=True),
    ]


def test_a_glob_keeps_to_the_rules_for_hidden_names(world: Any) -> None:
    found = _found("show .e* *.md [.]env ?env **/app.py", PROJECT, world)[0]
    assert [word.text for word in found] == [
        ".env",
        ".env.example",
        ".env.local",
        "README.md",
        "[.]env",
        "?env",
        "src/app.py",
    ]


def test_a_directory_too_large_to_list_leaves_the_glob_unknown(world: Any) -> None:
    world.largest_directory = 1
    assert _found("show .e* src/*.py", PROJECT, world)[0] == [
        Word(f".e{UNKNOWN}", many=True),
        Word(f"src/{UNKNOWN}.py", many=True),
    ]


def test_every_value_that_a_branch_may_give_is_followed(world: Any) -> None:
    command = "if a; then F=1; elif b; then F=2; else F=3; fi; show $F $F"
    texts = {
        tuple(word.text for word in words) for words in _found(command, PROJECT, world)
    }
    assert texts == {("1", "1"), ("2", "2"), ("3", "3")}


def test_programs_are_told_where_they_run_and_what_they_are_fed(world: Any) -> None:
    seen: list[tuple[str, str, str | None]] = []

    def run(argv: Sequence[Word], shell: Shell, findings: Findings) -> None:
        stdin = shell.stdin.text if shell.stdin is not None else None
        seen.append((argv[0].text, shell.cwd, stdin))

    read_command("a; cd src && b <<< x; (cd /; c); d | e", PROJECT, world, run=run)
    assert seen == [
        ("a", PROJECT, None),
        ("b", f"{PROJECT}/src", "x\n"),
        ("c", "/", None),
        ("d", f"{PROJECT}/src", None),
        ("e", f"{PROJECT}/src", UNKNOWN),
    ]
