"""One program that is started, and where its reader puts what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from ..access import Access, Findings, Mode, Shell, World
from ..words import UNKNOWN, Word
from .options import Parsed, parse
from .places import absolute, is_telling, secret_in

#: Steps that a file which is run may take; ordinary ones are longer than one-liners.
_STEPS_OF_A_SCRIPT = 6_000
_DEEPEST = 12
#: Names of a list that are looked at.
_MOST_NAMES = 500
#: What stands for a program's input where it is given a path.
STDIN = ("-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0")

_HOW: dict[Mode, str] = {
    "look": "only looks at it",
    "read": "reads it",
    "write": "writes it",
    "copy": "copies it",
    "commit": "commits it",
    "send": "sends it",
    "load": "loads its values",
    "remove": "removes it",
    "run": "runs it",
}
_MODES: dict[str, Mode] = {
    "<": "read",
    ">": "write",
    "?": "look",
    "^": "send",
    "$": "load",
    "*": "read",
    "-": "remove",
    "%": "copy",
}


@dataclass
class Call:
    """A program with its arguments.

    :ivar cwd: where it works: options such as `-C` change it.
    :ivar strict: whether what cannot be told is reported. Not in files that are run:
        they are ordinary programs, whose paths come from anywhere.
    """

    name: str
    words: Sequence[Word]
    shell: Shell
    findings: Findings
    cwd: str
    strict: bool = True

    @property
    def world(self) -> World:
        """The machine."""
        return self.shell.world

    def path(self, text: str) -> str:
        """Return a path that the program is given as an absolute one."""
        return absolute(text, self.cwd)

    def access(
        self,
        mode: Mode,
        text: str,
        how: str = "",
        *,
        target: str = "",
        below: bool = False,
    ) -> None:
        """Report an access. Text is a path as the program is given it."""
        if not text or text == "-" or not self.findings.step():
            return
        path = self.path(text)
        if not self.strict and not is_telling(path):
            return
        what = f"`{self.name}` {how or _HOW[mode]}"
        goes = self.path(target) if target else ""
        self.findings.access(Access(path, mode, what, goes, below))

    def read(self, text: str, how: str = "", *, below: bool = False) -> None:
        """Report that a file is read."""
        self.access("read", text, how, below=below)

    def perhaps(self, text: str) -> None:
        """Report an argument nobody knows the use of, if it names a secret file."""
        if not self.findings.step():
            return
        path = secret_in(text, self.cwd, self.world)
        if path is not None:
            self.findings.access(Access(path, "read", f"`{self.name}` may read it"))

    def doubt(self, what: str, why: str) -> None:
        """Report what cannot be followed."""
        if self.strict:
            self.findings.doubt(what.replace(UNKNOWN, "?"), why)

    def parse(
        self,
        options: str = "",
        *,
        single_dash: bool = False,
        first_operand_ends: bool = False,
    ) -> Parsed:
        """Take the arguments apart; see `options.parse`."""
        return parse(
            self.words,
            options,
            single_dash=single_dash,
            first_operand_ends=first_operand_ends,
        )

    def command(self, text: str) -> None:
        """Follow a command line that the program gives to a shell."""
        if text == UNKNOWN:
            self.doubt(self.name, "the command it runs is not known")
        elif text and self.findings.step():
            self.shell.command(text, self.cwd)

    def start(self, words: Sequence[Word], stdin: Word | None = None) -> None:
        """Follow another program that this one starts."""
        if words and self.findings.step():
            self.shell.argv(words, cwd=self.cwd, stdin=stdin)

    def apply(self, role: str, word: Word, how: str = "") -> None:
        """Do with a word what its role says."""
        if role in ".=":
            return
        if role == "~":
            self.perhaps(word.text)
        elif role == "@":
            self.cwd = self.path(word.text)
        elif role == "!":
            self.command(word.text)
        elif role == "+":
            self.access("run", word.text)
        elif role == "#":
            for named in self.named_in(word.text):
                self.read(named)
        else:
            self.access(_MODES[role], word.text, how, below=role == "*")

    def named_in(self, text: str) -> list[str]:
        """Return the paths that stand in a list: a file, or the input (`-`).

        A line each, or with NULs between them. The list itself is read.
        """
        self.read(text)
        listed: str | None
        if text in STDIN:
            listed = self.shell.stdin.text if self.shell.stdin is not None else None
        else:
            listed = self.world.text_of(self.path(text))
        names = (listed or "").replace("\0", "\n").split("\n")[:_MOST_NAMES]
        return [name.strip() for name in names if name.strip()]

    def apply_options(self, parsed: Parsed) -> None:
        """Do with every option's value what its role says."""
        for item in parsed.items:
            if item.name and item.value is not None:
                self.apply(item.role, item.value)

    @contextmanager
    def script(self) -> Iterator[Call]:
        """Follow a file that is run: only what is sure in it counts.

        A project's own scripts load its settings and are given their paths from
        elsewhere; both is no access of the agent's.
        """
        found, doubts = set(self.findings.accesses), set(self.findings.doubts)
        left = self.findings.left
        if left <= 0:
            return
        self.findings.left = min(left, _STEPS_OF_A_SCRIPT)
        given = self.findings.left
        inner = Call(
            self.name, self.words, self.shell, self.findings, self.cwd, strict=False
        )
        yield inner
        used = given - max(self.findings.left, 0)
        self.findings.left = left - used
        for access in [a for a in self.findings.accesses if a not in found]:
            if access.mode == "load" or not is_telling(access.path):
                del self.findings.accesses[access]
        for doubt in [d for d in self.findings.doubts if d not in doubts]:
            del self.findings.doubts[doubt]


#: Options whose value is a pattern or a text, also where it looks like a file.
_TEXTS = frozenset(
    {
        "ignore", "hide", "exclude", "ignore-glob", "I", "arg", "argjson", "label",
        "pattern", "p", "subject", "tag",
    }
)  # fmt: skip


#: Reads one program's arguments.
Reader = Callable[[Call], None]


@dataclass(frozen=True, slots=True)
class Program:
    """A program whose arguments a few words describe.

    :param options: see `options`.
    :param operands: the roles of its operands in their order, the last one repeated.
    :param last: the role of the last operand when there are several.
    :param how: what it does with what it reads.
    :param single_dash: long options have one dash.
    :param free: options after which the first operand has no role of its own
        (`grep -e PATTERN`).
    """

    options: str = ""
    operands: str = "<"
    last: str = ""
    how: str = ""
    single_dash: bool = False
    free: str = ""

    def __call__(self, call: Call) -> None:
        """Report what the program does."""
        parsed = call.parse(self.options, single_dash=self.single_dash)
        roles = self.operands
        if self.free and parsed.has(*self.free.split()):
            roles = roles[1:]
        count = len(parsed.operands)
        place = 0
        for item in parsed.items:
            if item.value is None:
                continue
            if item.name:
                opens = "<" in self.operands and item.role == "="
                if opens and item.name not in _TEXTS:
                    # Versions differ in which options take a value.
                    call.perhaps(item.value.text)
                call.apply(item.role, item.value)
                continue
            role = roles[min(place, len(roles) - 1)]
            place += 1
            if self.last and place == count > 1:
                role = self.last
            call.apply(role, item.value, self.how)


def programs(names: str, program: Reader) -> dict[str, Reader]:
    """Return a table of several programs that are alike."""
    return dict.fromkeys(names.split(), program)
