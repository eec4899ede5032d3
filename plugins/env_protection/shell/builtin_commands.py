"""Commands that the shell itself does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import ClassVar

from ..access import Access
from ..programs.places import absolute
from ..words import UNKNOWN, Word
from .ansi import unescape
from .jumps import Level
from .printing import formatted
from .state import either
from .tree import Assignment
from .variable_commands import VariableCommands

_LEVELS = {
    "break": Level.LOOP,
    "continue": Level.LOOP,
    "return": Level.FUNCTION,
    "exit": Level.SHELL,
}


class Builtins(VariableCommands):
    """Does builtin commands."""

    def dispatch(
        self,
        words: Sequence[Word],
        declared: Sequence[Assignment] = (),
        *,
        functions: bool = True,
    ) -> None:
        """Follow a command whose words are expanded."""
        raise NotImplementedError  # pragma: no cover - Follower has it

    def start(self, words: Sequence[Word]) -> None:
        """Follow a program that is started."""
        raise NotImplementedError  # pragma: no cover - Follower has it

    # The directory

    def _cd(self, words: Sequence[Word], _: Sequence[Assignment]) -> None:
        operands = [w for w in words[1:] if not _is_option(w.text, "LPe@")]
        old = self.cwd
        if not operands:
            target = (
                self.scalar("HOME")
                if "HOME" in self.state.variables
                else self.world.home
            )
        else:
            target = operands[0].text
        if target == "-":
            target = self.scalar("OLDPWD")
            self.print(f"{target}\n")
        self._go(target, old)

    def _go(self, target: str, old: str) -> None:
        places = [absolute(target, old)] if target else [old]
        if "CDPATH" in self.state.variables and not target.startswith(("/", ".")):
            bases = self.scalar("CDPATH").split(":")
            places += [absolute(target, absolute(base or ".", old)) for base in bases]
        sure = len(places) == 1 and (
            places[0] == old or self.world.is_directory(places[0])
        )
        self.state.assign("OLDPWD", (old,))
        self.state.move(either(places))
        self.state.failed = () if sure else (old,)
        self.status = True if sure else None

    def _pushd(self, words: Sequence[Word], _: Sequence[Assignment]) -> None:
        old = self.cwd
        operands = [w.text for w in words[1:] if w.text != "-n"]
        if operands and not operands[0].startswith(("+", "-")):
            self.state.stack = (old, *self.state.stack)
            self._go(operands[0], old)
        elif self.state.stack:
            first, *rest = self.state.stack
            self.state.stack = (old, *rest)
            places = either(self.state.stack, (first,)) if operands else (first,)
            self.state.move(places)
        self.print(UNKNOWN)

    def _popd(self, words: Sequence[Word], _: Sequence[Assignment]) -> None:
        if not self.state.stack:
            return
        first, *rest = self.state.stack
        self.state.stack = tuple(rest)
        self.state.move(
            either((first,), self.state.cwd) if len(words) > 1 else (first,)
        )

    def _pwd(self, *_: object) -> None:
        self.print(self.cwd + "\n")
        self.status = True

    def _dirs(self, *_: object) -> None:
        self.print(UNKNOWN)

    # Commands in texts

    def _eval(self, words: Sequence[Word], _: Sequence[Assignment]) -> None:
        rest = words[2:] if len(words) > 1 and words[1].text == "--" else words[1:]
        text = " ".join([word.text for word in rest])
        if UNKNOWN in text and (
            self.wild or any(not w.text.replace(UNKNOWN, "") for w in rest[:1])
        ):
            self.findings.doubt(
                "eval " + text.replace(UNKNOWN, "?"), "what is evaluated is not known"
            )
        if text.replace(UNKNOWN, "").strip():
            self.follow(text)

    def _source(self, words: Sequence[Word], _: Sequence[Assignment]) -> None:
        rest = words[2:] if len(words) > 1 and words[1].text == "--" else words[1:]
        if not rest:
            return
        name = rest[0].text
        path = name if name.startswith("/dev/fd/") else self.path(name)
        fed = path in self.state.descriptors or path in ("/dev/stdin", "/dev/fd/0")
        if fed:
            text = self.content_of(path)
        else:
            how = f"`{words[0].text}` runs it in the shell"
            self.findings.access(Access(path, "load", how))
            text = (None if UNKNOWN in path else self.world.text_of(path)) or ""
        if not text.replace(UNKNOWN, "").strip():
            if UNKNOWN in text:
                self.findings.doubt(f"{words[0].text} {name}", "its text is not known")
            return
        kept = self.state.arguments
        if len(rest) > 1:
            self.state.arguments = list(rest[1:])
        if fed or path in self.files.written:
            self.follow(text)
        else:
            self._follow_file(text)
        self.state.arguments = kept

    def _follow_file(self, text: str) -> None:
        """Follow a file of the project's own: only what is sure in it counts.

        It may load settings, and be given its paths from elsewhere.
        """
        findings = self.findings
        accesses, doubts = set(findings.accesses), set(findings.doubts)
        left, findings.left = findings.left, min(findings.left, 5000)
        given = findings.left
        calls, local = self.calls, self.locals
        self.contained(lambda: self.follow(text))
        self.calls, self.locals = calls, local
        findings.left = left - (given - max(findings.left, 0))
        for access in [a for a in findings.accesses if a not in accesses]:
            if access.mode == "load" or UNKNOWN in access.path:
                del findings.accesses[access]
        for doubt in [d for d in findings.doubts if d not in doubts]:
            del findings.doubts[doubt]

    def _exec(self, words: Sequence[Word], _: Sequence[Assignment]) -> None:
        rest = list(words[1:])
        while rest and rest[0].text[:1] == "-" and len(rest[0].text) > 1:
            option = rest.pop(0).text
            if "a" in option and option != "--" and rest:
                rest.pop(0)
        if rest:
            self.start(rest)

    def _command(self, words: Sequence[Word], _: Sequence[Assignment]) -> None:
        rest = list(words[1:])
        while rest and rest[0].text[:1] == "-" and len(rest[0].text) > 1:
            option = rest.pop(0).text
            if option != "--" and ("v" in option or "V" in option):
                self.print(UNKNOWN, one_word=True)
                return
        if rest:
            self.dispatch(rest, functions=words[0].text == "noglob")

    def _trap(self, words: Sequence[Word], _: Sequence[Assignment]) -> None:
        rest = words[2:] if len(words) > 1 and words[1].text == "--" else words[1:]
        if len(rest) > 1 and rest[0].text not in ("-", "") and rest[0].text[0] != "-":
            self._later(rest[0].text, "trap")

    def _later(self, text: str, name: str) -> None:
        if not text.replace(UNKNOWN, "").strip():
            self.findings.doubt(name, "what it would run is not known")
            return
        self.aside(text)

    def _alias(self, words: Sequence[Word], _: Sequence[Assignment]) -> None:
        for word in words[1:]:
            name, equals, value = word.text.partition("=")
            if equals:
                self.state.aliases[name] = value
        self.status = True

    def _unalias(self, *_: object) -> None:
        self.status = True

    def _hash(self, words: Sequence[Word], _: Sequence[Assignment]) -> None:
        texts = [word.text for word in words[1:]]
        if "-p" in texts and texts.index("-p") + 2 < len(texts):
            place = texts.index("-p")
            for name in texts[place + 2 :]:
                self.state.aliases[name] = texts[place + 1]

    def _later_option(self, words: Sequence[Word], _: Sequence[Assignment]) -> None:
        """`complete -C COMMAND`, `bind -x '"key": command'`, `compgen -G PATTERN`."""
        texts = [word.text for word in words]
        for option, value in pairwise(texts):
            if option == "-f" and texts[0] == "bind":
                self.findings.access(
                    Access(self.path(value), "read", "`bind` reads it")
                )
            elif option in ("-C", "-W"):
                self.aside(value) if option == "-C" else self.embedded(value)
            elif option == "-x" and ":" in value:
                self.aside(value.partition(":")[2].strip().strip("\"'"))
        self.print(UNKNOWN)
        self.hidden = True

    def _history(self, words: Sequence[Word], _: Sequence[Assignment]) -> None:
        texts = [word.text for word in words[1:]]
        if len(texts) == 1:
            texts.append(self.scalar("HISTFILE"))
        for option, value in pairwise(texts):
            if option in ("-r", "-n"):
                self.findings.access(
                    Access(self.path(value), "read", "`history` reads it")
                )
            elif option in ("-w", "-a"):
                self.findings.access(
                    Access(self.path(value), "write", "`history` writes it")
                )
            elif option == "-p":
                self.embedded(value)
        self.print(UNKNOWN)

    # Printing

    def _echo(self, words: Sequence[Word], _: Sequence[Assignment]) -> None:
        self.status = True
        if self.sink is None:
            return
        texts = [word.text for word in words[1:]]
        newline, escapes = "\n", None
        while texts and _is_option(texts[0], "neE") and words[0].text == "echo":
            option = texts.pop(0)
            newline = "" if "n" in option else newline
            for letter in option:
                if letter in "eE":
                    escapes = letter == "e"
        text = " ".join(texts)
        plain = text + newline
        if "\\" not in text or escapes is False:
            self.print(plain)
            return
        # Other shells' `echo` does escapes without being asked.
        changed = unescape(text, octal_zero=True) + newline
        self.print_either([changed] if escapes else [plain, changed])

    def _printf(self, words: Sequence[Word], _: Sequence[Assignment]) -> None:
        rest = [word.text for word in words[1:]]
        target = ""
        if len(rest) > 1 and rest[0] == "-v":
            target = rest[1]
            rest = rest[2:]
            self.embedded(target)
        if rest and rest[0] == "--":
            rest = rest[1:]
        many = any(word.many for word in words[1:])
        text = UNKNOWN if many or not rest else formatted(rest[0], rest[1:])
        if target:
            name, bracket, key = target.partition("[")
            if bracket:
                node = Assignment(name, None, False, None, None, target)
                self._assign_item(name, key.rstrip("]"), text, node)
            else:
                self.set(name, (text,), wild=self.wild and UNKNOWN in text)
        else:
            self.print(text)
        self.status = True

    # Others

    def _test(self, words: Sequence[Word], _: Sequence[Assignment]) -> None:
        texts = [word.text for word in words[1:]]
        if words[0].text == "[" and texts and texts[-1] == "]":
            texts.pop()
        for option, value in pairwise(texts):
            if option == "-v":
                self.embedded(value)
        if not any(word.many for word in words):
            self.compared(texts)

    def _true(self, *_: object) -> None:
        self.status = True

    def _false(self, *_: object) -> None:
        self.status = False

    def _jumps_out(self, words: Sequence[Word], _: Sequence[Assignment]) -> None:
        level = _LEVELS[words[0].text]
        if level is Level.LOOP and len(words) > 1 and words[1].text != "1":
            level = Level.LOOPS
        self.jump(level)

    def _nothing(self, *_: object) -> None:
        """Do a builtin that touches no file."""

    def _says(self, *_: object) -> None:
        self.print(UNKNOWN, one_word=True)

    builtins: ClassVar[Mapping[str, Callable[..., None]]] = {}


Builtins.builtins = {
    ".": Builtins._source,
    ":": Builtins._true,
    "[": Builtins._test,
    "alias": Builtins._alias,
    "bind": Builtins._later_option,
    "builtin": Builtins._command,
    "cd": Builtins._cd,
    "chdir": Builtins._cd,
    "command": Builtins._command,
    "compgen": Builtins._later_option,
    "complete": Builtins._later_option,
    "declare": Builtins._declare,
    "dirs": Builtins._dirs,
    "echo": Builtins._echo,
    "eval": Builtins._eval,
    "exec": Builtins._exec,
    "export": Builtins._declare,
    "false": Builtins._false,
    "getopts": Builtins._getopts,
    "hash": Builtins._hash,
    "history": Builtins._history,
    "let": Builtins._let,
    "local": Builtins._declare,
    "mapfile": Builtins._mapfile,
    "noglob": Builtins._command,
    "popd": Builtins._popd,
    "print": Builtins._echo,
    "printf": Builtins._printf,
    "pushd": Builtins._pushd,
    "pwd": Builtins._pwd,
    "read": Builtins._read,
    "readarray": Builtins._mapfile,
    "readonly": Builtins._declare,
    "set": Builtins._set,
    "shift": Builtins._shift,
    "shopt": Builtins._shopt,
    **dict.fromkeys(["setopt", "unsetopt"], Builtins._setopt),
    "source": Builtins._source,
    "test": Builtins._test,
    "trap": Builtins._trap,
    "true": Builtins._true,
    "type": Builtins._says,
    "typeset": Builtins._declare,
    "unalias": Builtins._unalias,
    "unset": Builtins._unset,
    **dict.fromkeys(["break", "continue", "exit", "return"], Builtins._jumps_out),
    **dict.fromkeys(
        [
            "bg",
            "caller",
            "disown",
            "enable",
            "fc",
            "fg",
            "help",
            "jobs",
            "kill",
            "logout",
            "suspend",
            "times",
            "ulimit",
            "umask",
            "wait",
        ],
        Builtins._nothing,
    ),
}


def _is_option(text: str, letters: str) -> bool:
    return len(text) > 1 and text[0] == "-" and not set(text[1:]) - set(letters)
