"""Commands that nobody wrote: changed ones of the corpus, and bash at random.

Nothing is run. Whatever the command is, the guard comes to an end within its steps and
without an error; a refused command stays refused however it is spelled or wrapped, and
a harmless one stays harmless.
"""

from __future__ import annotations

import base64
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hookwright.plugins.env_protection.access import Findings
from hookwright.plugins.env_protection.config import EnvProtectionConfig
from hookwright.plugins.env_protection.guarding import judge_command

from .corpus.cases import SHELLS, Case, load_cases
from .corpus.places import make_home, make_place

Judge = Callable[[str], str]
#: Function calls of Python that a decision may take: some 50 ms on a slow machine.
MOST_CALLS = 400_000
QUICK = settings(
    deadline=None,
    max_examples=300,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

#: What means something else inside other quotes, or needs a line of its own.
_STUBBORN = {
    "alias",
    "alias-whole",
    "comment-backslash",
    "glob-extglob",
    "glob-extglob-not",
    "history-reuse",
    "deep-nesting",
    "cdpath",
}


def _is_shell(case: Case) -> bool:
    plain = case.place == "project" and not case.earlier and not case.call.cwd
    return (
        plain and case.call.tool in SHELLS.values() and case.call.host == "claude-code"
    )


CASES = [case for case in load_cases() if _is_shell(case)]
DENIED = [
    case
    for case in CASES
    if case.want == "deny" and case.id not in _STUBBORN and len(case.call.command) < 999
]
HARMLESS = [case for case in CASES if case.want == "allow"]
#: Those whose only mention of the file is one plain word.
PLAIN = [
    case
    for case in DENIED
    if re.search(r"(?<=[ <])\.env(?= |$)", case.call.command)
    and not re.search(r"['\"`$\\{#]|<<|\bxargs\b|-x|-f -", case.call.command)
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    directory = tmp_path_factory.mktemp("home")
    make_home(directory)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(directory))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        yield directory


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Path:
    directory = tmp_path_factory.mktemp("places") / "project"
    make_place("project", directory)
    return directory


@pytest.fixture(scope="module")
def outcome_of(project: Path, home: Path) -> Judge:
    """Return a function that says what comes of a command, and counts its steps."""
    config = EnvProtectionConfig()
    limit = Findings().left

    def judge(command: str) -> str:
        spent = 0
        step = Findings.step

        def counted(self: Findings, count: int = 1) -> bool:
            nonlocal spent
            spent += count
            return step(self, count)

        text = command.replace("@PROJECT@", str(project)).replace("@HOME@", str(home))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Findings, "step", counted)
            found = judge_command(text, config, str(project), str(project)).outcome
        assert spent <= limit or found != "allow", f"{spent} steps, and allowed"
        return found

    return judge


def calls_of(function: Callable[[], object]) -> int:
    """Return how many functions are called: work, whatever the machine is doing."""
    count = 0

    def profile(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        function()
    finally:
        sys.setprofile(before)
    return count


def _ansi(text: str) -> str:
    return "$'" + "".join(f"\\x{ord(char):02x}" for char in text) + "'"


#: Other spellings of the word `.env`.
SPELLINGS = (
    "'.env'",
    '".env"',
    ".e''nv",
    '."e"nv',
    "\\.\\e\\n\\v",
    _ansi(".env"),
    ".e$'\\x6e'v",
    "./.env",
    ".///.env",
    "src/../.env",
    '"$PWD"/.env',
    "$(pwd)/.env",
    ".e${nothing_at_all}nv",
    "${nothing_at_all:-.env}",
    "$(echo .env)",
    "$(printf %s .env)",
    ".e$()nv",
    ".e\\\nnv",
    '"$(echo ".e"nv)"',
)
#: Other ways to run a whole command.
WRAPPERS: dict[str, Callable[[str], str]] = {
    "subshell": lambda text: f"( {text}\n)",
    "group": lambda text: f"{{ {text}\n}}",
    "after": lambda text: f"true; {text}",
    "and": lambda text: f"true &&\n{text}",
    "line": lambda text: f"\n\n# a comment\n{text}\n",
    "if": lambda text: f"if true; then\n{text}\nfi",
    "else": lambda text: f"if false; then :; else\n{text}\nfi",
    "loop": lambda text: f"for i in 1 2; do\n{text}\ndone",
    "while": lambda text: f"while :; do\n{text}\nbreak; done",
    "case": lambda text: f"case x in\nx)\n{text}\n;; esac",
    "function": lambda text: f"_f() {{\n{text}\n}}; _f",
    "substitution": lambda text: f"x=$(\n{text}\n)",
    "background": lambda text: f"{{ {text}\n}} &\nwait",
}
#: Those that put it into another shell.
SHELL_WRAPPERS: dict[str, Callable[[str], str]] = {
    "bash -c": lambda text: f"bash -c {shlex.quote(text)}",
    "eval": lambda text: f"eval {shlex.quote(text)}",
    "heredoc": lambda text: f"bash <<'END_OF_IT'\n{text}\nEND_OF_IT",
    "pipe": lambda text: f"printf %s {shlex.quote(text)} | bash",
    "variable": lambda text: f'c={shlex.quote(text)}\neval "$c"',
    "base64": lambda text: (
        f"echo {base64.b64encode(text.encode()).decode()} | base64 -d | bash"
    ),
    "trap": lambda text: f"trap {shlex.quote(text)} EXIT",
    "sudo": lambda text: f"sudo -n env X=1 bash -c {shlex.quote(text)}",
}


_WRITES = re.compile(r">[>|]? ?\.env|\btee\b")


def _words(text: str) -> str:
    return re.sub(r"(?<=[ <])\.env(?= |$)", "\0", text, count=1)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_denied_command_stays_denied_however_the_name_is_spelled(
    spelling: str, outcome_of: Judge
) -> None:
    assert len(PLAIN) >= 60

    # A variable that the command does not set could have come with the environment:
    # that is asked about where the file is read, and passes where it is only written.
    unsure = "nothing_at_all" in spelling
    accepted = ("deny", "ask") if unsure else ("deny",)
    passed = [
        command
        for case in PLAIN
        if not (unsure and _WRITES.search(case.call.command))
        if outcome_of(command := _words(case.call.command).replace("\0", spelling))
        not in accepted
    ]

    assert not passed, "\n".join(passed)


@pytest.mark.parametrize("name", [*WRAPPERS, *SHELL_WRAPPERS])
def test_a_denied_command_is_never_allowed_inside_something_else(
    name: str, outcome_of: Judge
) -> None:
    wrap = {**WRAPPERS, **SHELL_WRAPPERS}[name]

    passed = [
        case.id for case in DENIED if outcome_of(wrap(case.call.command)) == "allow"
    ]

    assert not passed, "\n".join(passed)


@pytest.mark.parametrize("name", WRAPPERS)
def test_a_harmless_command_stays_harmless_inside_something_else(
    name: str, outcome_of: Judge
) -> None:
    wrap = WRAPPERS[name]

    stopped = [
        case.id for case in HARMLESS if outcome_of(wrap(case.call.command)) != "allow"
    ]

    assert not stopped, "\n".join(stopped)


@given(data=st.data())
@QUICK
def test_wrappers_in_wrappers_hide_nothing(
    outcome_of: Judge, data: st.DataObject
) -> None:
    command = data.draw(st.sampled_from(DENIED)).call.command
    names = st.lists(
        st.sampled_from([*WRAPPERS, *SHELL_WRAPPERS]), min_size=2, max_size=4
    )
    for name in data.draw(names):
        command = {**WRAPPERS, **SHELL_WRAPPERS}[name](command)

    assert outcome_of(command) != "allow", command


_PIECES = st.sampled_from(
    [
        *"'\"`$\\(){}[]<>|&;#!*?~=+-:,%@^ \n\t",
        *("$(", "${", "$((", "<(", ">(", "<<", "<<<", "<<-", "&&", "||", ";;", "[["),
        *(
            "]]",
            "))",
            "$'",
            '$"',
            "\\\n",
            "EOT",
            "EOT\n",
            "${x",
            "${x%",
            "${x//",
            "[@]",
        ),
        *("cat ", "echo ", "cd ", "eval ", "for x in ", "do ", "done", "if ", "then "),
        *("fi", "case x in ", "esac", "while ", "read x", "function f ", "f() {"),
        *("xargs ", "find . -exec ", "bash -c ", "python3 -c ", "git add ", "awk "),
        *(".env", ".e", "nv", "src/app.py", "~", "$HOME", "x=", "$x", "a=(1 2)", "é"),
        *(
            "\0",
            "\x01",
            "\uffff",
            "\ud7ff",
            "𝄞",
            "9" * 30,
            "[REDACTED:password:0011aabb]",
        ),
    ]
)


@given(pieces=st.lists(_PIECES, max_size=60))
@example(pieces=["${"] * 60)
@example(pieces=["$("] * 60)
@example(pieces=["("] * 60)
@example(pieces=["{a,b}"] * 12)
@example(pieces=["[["] * 30)
@example(pieces=["<<EOT "] * 30)
@example(pieces=["`"] * 59)
@QUICK
def test_bash_at_random_is_judged_within_the_limits(
    outcome_of: Judge, pieces: list[str]
) -> None:
    assert outcome_of("".join(pieces)) in ("allow", "ask", "deny")


@given(data=st.data())
@QUICK
def test_changed_commands_of_the_corpus_are_judged_within_the_limits(
    outcome_of: Judge, data: st.DataObject
) -> None:
    command = data.draw(st.sampled_from(CASES)).call.command
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(command)))
        end = data.draw(st.integers(start, min(len(command), start + 8)))
        command = command[:start] + data.draw(_PIECES) + command[end:]

    assert outcome_of(command) in ("allow", "ask", "deny")


LARGE = {
    "words": "echo " + "word " * 20_000,
    "commands": "cat src/app.py; " * 6_000,
    "quotes": "echo " + "'a'\"b\"" * 15_000,
    "open substitutions": "$(" * 40_000,
    "nested substitutions": "$(echo " * 4_000 + ")" * 4_000,
    "nested subshells": "(" * 40_000 + "cat .env" + ")" * 40_000,
    "nested groups": "{ " * 10_000 + "cat .env; " + "}; " * 10_000,
    "nested ifs": "if true; then " * 5_000 + "cat .env; " + "fi; " * 5_000,
    "nested loops": "for i in 1 2 3 4 5 6 7 8 9; do " * 12 + "cat $i; " + "done; " * 12,
    "braces": "cat " + "{a,b}" * 40,
    "brace ranges": "echo {1..99999}{1..99999}",
    "nested braces": "cat " + "{a," * 5_000 + "}" * 5_000,
    "globs": "cat " + "*" * 5_000 + "x",
    "classes": "cat " + "[a-z]*" * 2_000,
    "deep globs": "cat " + "*/" * 200 + "x",
    "variables": "".join(f"v{i}=$v{i - 1}$v{i - 1};" for i in range(1, 60))
    + "cat $v59",
    "doubling": "x=aaaaaaaa;" + "x=$x$x;" * 60 + "cat $x",
    "functions": "f() { f; f; }; f",
    "functions in a row": "".join(
        f"f{i}() {{ f{i + 1}; f{i + 1}; }};" for i in range(60)
    )
    + "f60() { cat .env; }; f0",
    "aliases": "".join(f"alias a{i}='a{i + 1} a{i + 1}';" for i in range(60)) + "a0",
    "evals": "eval " * 5_000 + "cat .env",
    "shells": 'x=\'bash -c "$x"\'; export x; bash -c "$x"',
    "heredocs": "".join(f"cat <<E{i}\ntext\nE{i}\n" for i in range(3_000)),
    "open heredocs": "cat " + "<<EOT " * 5_000,
    "redirections": "cat " + "<src/app.py " * 5_000,
    "arithmetic": "echo $((" + "1+" * 30_000 + "1))",
    "powers": "echo $((" + "9**" * 50 + "9))",
    "replacements": "x="
    + "a" * 5_000
    + ";"
    + "y=${x//a/aaaaaaaaaa};x=$y;" * 6
    + "cat $x",
    "patterns": "x=" + "a" * 3_000 + ";cat ${x##*a*a*a*a*a*a*a*b}",
    "cases": "case " + "a" * 3_000 + " in *a*a*a*a*a*a*a*b) cat .env;; esac",
    "backslashes": "\\" * 90_000,
    "comments": "# " * 40_000,
    "here strings": "cat " + "<<< a " * 5_000,
    "pipes": "cat src/app.py" + " | cat" * 10_000,
    "arrays": "a=(" + "x " * 20_000 + '); echo "${a[@]}" "${a[@]}" "${a[@]}"',
    "array of arrays": "a=(1 2 3 4 5 6 7 8);" + 'a=("${a[@]}" "${a[@]}");' * 40,
    "xargs": "echo " + "a " * 10_000 + "| xargs -n1 xargs -n1 cat",
    "python": "python3 -c '" + "(" * 5_000 + ")" * 5_000 + "'",
    "python powers": 'python3 -c \'open("a" * 9**9 + "b" * 9**9)\'',
    "python doubling": "python3 -c '" + 'x="a"\n' + "x=x+x\n" * 100 + "open(x)'",
    "python join": "python3 -c '" + "x=[1]*10**9\nopen(str(x))'",
    "python loop": "python3 -c 'for i in range(10**9):\n  open(str(i))'",
    "node": "node -e '" + "require(" * 5_000 + "'",
    "awk": "awk 'BEGIN{" + "(" * 20_000 + "'",
    "sed": "sed '" + "s/a/b/;" * 10_000 + "' src/app.py",
    "printf": "cat $(printf '%*s' 999999999 x)",
    "printf repeat": "x=$(printf '%0.sa' {1..9999}); cat $x$x$x$x",
    "seq": "for i in $(seq 1 999999999); do cat $i; done",
    "base64": "echo " + "Y2F0IC5lbnY=" * 5_000 + " | base64 -d | bash",
    "base64 in base64": 'bash -c "$(echo ' + "YQ" * 20_000 + ' | base64 -d)"',
    "expansions": "echo " + "${a:-" * 10_000 + "}" * 10_000,
    "expansions twice": "echo " + "${a:-${b:-" * 30 + "x" + "}}" * 30,
    "tests": "[[ " + "( " * 10_000 + "a" + " )" * 10_000 + " ]]",
    "ands": "[[ a " + "&& a " * 20_000 + "]]",
    "dots": "cat " + "../" * 30_000 + ".env",
    "slashes": "cat " + "/" * 90_000 + ".env",
    "unicode": "cat " + "é𝄞" * 30_000,
    "dirs": "cd src;" * 10_000 + "cat ../.env",
    "whiles": "while read a; do while read b; do cat $a$b; done; done < README.md",
    "find": "find . " + "-name x -o " * 10_000 + "-exec cat {} +",
    "too long": "echo " + "a" * 300_000,
}


@pytest.mark.parametrize("name", LARGE)
def test_no_command_takes_more_work_than_it_may(name: str, outcome_of: Judge) -> None:
    outcome_of("true")

    calls = calls_of(lambda: outcome_of(LARGE[name]))

    assert calls <= MOST_CALLS


#: Those above that would read the secret if they were run at all.
@pytest.mark.parametrize(
    "name",
    ["nested subshells", "nested groups", "nested ifs", "evals", "functions in a row"],
)
def test_what_is_too_much_to_follow_is_never_allowed(
    name: str, outcome_of: Judge
) -> None:
    assert outcome_of(LARGE[name]) != "allow"
