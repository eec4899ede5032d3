"""Programs that are started: what they are given, write and print."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Protocol

from ..access import Findings, Shell
from ..programs.places import absolute, secret_in
from ..words import UNKNOWN, Word
from .builtin_commands import Builtins
from .jumps import Level
from .mentions import mentions_secret
from .outputs import printed
from .overlay import Overlay
from .running import Running
from .state import State, either
from .trusted import ONE_WORD, is_harmless, sets_up

_SHELLS = frozenset(["ash", "bash", "dash", "ksh", "mksh", "sh", "zsh"])
#: Programs that print what the program prints that they start.
_PASSING = _SHELLS | {
    "busybox", "chroot", "doas", "env", "ionice", "nice", "nohup", "parallel", "setsid",
    "stdbuf", "sudo", "time", "timeout", "unbuffer", "xargs",
}  # fmt: skip


class Run(Protocol):
    """Reads what a program would do: `programs.run`."""

    def __call__(self, argv: Sequence[Word], shell: Shell, findings: Findings) -> None:
        """Report what a program would do to files."""
        ...


class Starting(Builtins):
    """Starts programs."""

    def __init__(
        self, world: Overlay, findings: Findings, state: State, run: Run
    ) -> None:
        super().__init__(world, findings, state)
        self._run = run
        self._depth = 0
        self._started = False
        self._name = "bash"
        self._options: frozenset[str] = frozenset()

    def started(
        self,
        text: str,
        cwd: str,
        stdin: Word | None,
        variables: Mapping[str, Word] | None,
        *,
        wild: bool,
    ) -> None:
        """Follow a command line that is given to another shell."""
        if UNKNOWN in text and (wild or not text.replace(UNKNOWN, "").strip(" ;\n")):
            self.findings.doubt(shown(text), "what the shell would run is not known")
        if not text.replace(UNKNOWN, "").strip():
            return
        self._started = True
        before, pins = self.state, self.pins
        self.state = before.copy()
        self.state.name = self._name
        self.pins = {}
        self.state.move((cwd,))
        self.state.failed = ()
        self.state.stdin = stdin
        self.state.arguments = []
        self.state.options = self._options
        self._hide_unexported()
        for name, word in (variables or {}).items():
            self.state.variables[name] = (word.text,)
            if name.startswith("BASH_FUNC_") and name.endswith("%%"):
                self.follow(f"{name[10:-2]} {word.text}")
        depth, calls, local = self._depth, self.calls, self.locals
        with self.landing(Level.SHELL):
            self.contained(lambda: self.follow(text))
        self._depth, self.calls, self.locals = depth, calls, local
        self.state, self.pins = before, pins

    def _hide_unexported(self) -> None:
        """Count in that a new shell may not be given a variable."""
        if "allexport" in self.state.options:
            return
        for name, values in self.state.variables.items():
            if name not in self.state.exported:
                self.state.variables[name] = either(values, ("",))
                self.state.plural = True

    def start(self, words: Sequence[Word]) -> None:
        """Follow a program that is started here."""
        self.program(words, Running(self, self.cwd, self.state.stdin, wild=self.wild))

    def program(self, words: Sequence[Word], shell: Running) -> None:
        """Follow a program that is started."""
        if not words or not self.findings.step():
            return
        name = words[0].text
        if UNKNOWN in name.rpartition("/")[2] or (words[0].many and UNKNOWN in name):
            self._unknown_program(words, shell)
        else:
            self._prepare(words, shell)
            self._started = False
            self._run(words, shell, self.findings)
            passes = self._started and name.rpartition("/")[2] in _PASSING
            self._started = True
            if passes:
                return  # what it starts has printed
        if self.sink is not None:
            self._print_output(words, shell)

    def _prepare(self, words: Sequence[Word], shell: Running) -> None:
        """Note what a program writes, and follow a shell's script that is new."""
        base = words[0].text.rpartition("/")[2]
        if base in _SHELLS:
            self._name = _name_of_shell(words)
            texts = [word.text for word in words]
            self._options = frozenset(
                value for option, value in pairwise(texts) if option == "-O"
            )
            for place, word in enumerate(words[1:], 1):
                path = absolute(word.text, shell.cwd)
                if path in self.files.written:
                    self._new_script(path, words[place + 1 :], shell)
        elif "/" in words[0].text:
            path = absolute(words[0].text, shell.cwd)
            if path in self.files.written:
                self._new_script(path, words[1:], shell)
        elif base in ("tee", "cp", "mv"):
            self._copy(base, words, shell)

    def _new_script(self, path: str, arguments: Sequence[Word], shell: Running) -> None:
        """Follow a script that this very command line has written."""
        text = self.files.written[path]
        given = " ".join([shlex.quote(word.text) for word in arguments])
        shell.command(f"set -- {given}\n{text}" if given and text != UNKNOWN else text)

    def _copy(self, base: str, words: Sequence[Word], shell: Running) -> None:
        operands = [absolute(w.text, shell.cwd) for w in words[1:] if w.text[:1] != "-"]
        if base == "tee":
            text = shell.stdin.text if shell.stdin is not None else UNKNOWN
            for path in operands:
                self.files.write(path, text, append=len(operands) < len(words) - 1)
        elif len(operands) == 2:
            content = self.world.text_of(operands[0])
            if content is not None:
                self.files.write(operands[1], content, append=False)

    def _unknown_program(self, words: Sequence[Word], shell: Running) -> None:
        """Doubt a program that is not known if it could be given a secret."""
        wild = self.wild
        line = " ".join([word.text for word in words])
        if wild:
            self.findings.doubt(shown(line), "which program runs is not known")
            return
        stdin = shell.stdin.text if shell.stdin is not None else ""
        for word in words[1:]:
            if secret_in(word.text, shell.cwd, self.world) or mentions_secret(
                word.text, shell.cwd, self.world, self.findings
            ):
                self.findings.doubt(shown(line), "which program runs is not known")
                return
        if stdin and mentions_secret(stdin, shell.cwd, self.world, self.findings):
            self.findings.doubt(shown(line), "which program runs is not known")

    def _print_output(self, words: Sequence[Word], shell: Running) -> None:
        argv = [word.text for word in words]
        stdin = shell.stdin.text if shell.stdin is not None else None
        known = self._listed(words, shell)
        if known is None:
            known = printed(argv, stdin, shell.cwd, self.world, self.findings)
        if known is not None:
            self.print(known)
            return
        if sets_up(argv):
            self.print(":")
            return
        harmless = is_harmless(argv)
        if not harmless:
            self.hidden = True
        one_word = harmless and argv[0].rpartition("/")[2] in ONE_WORD
        self.print(UNKNOWN, one_word=one_word)

    def _listed(self, words: Sequence[Word], shell: Running) -> str | None:
        """Return the names that `ls`, `find` and their like print."""
        from ..programs import names_found

        found = names_found(words, shell, self.findings)
        if found is None or UNKNOWN in found.text or found.many:
            return None
        return found.text + "\n" if found.text else ""


def _name_of_shell(words: Sequence[Word]) -> str:
    """Return what `$0` is in `sh -c TEXT NAME`."""
    for place, word in enumerate(words[1:], 1):
        text = word.text
        if text[:1] == "-" and text[:2] != "--" and "c" in text:
            after = words[place + 2 : place + 3]
            return after[0].text if after else "bash"
    return "bash"


def shown(text: str) -> str:
    """Return a text as people read it."""
    return text.replace(UNKNOWN, "?").strip()
