"""Redirections, and what commands print and write."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..access import Access, Findings, Mode
from ..words import UNKNOWN, Word
from .expand import ExhaustedError
from .jumps import Jumping, Level
from .overlay import Overlay
from .state import State, Values, either
from .tree import Redirect, Script

_DEVICES = ("/dev/null", "/dev/tty", "/dev/stdout", "/dev/stderr", "/dev/zero")
_STDIN = ("/dev/stdin", "/dev/fd/0", "/proc/self/fd/0")


class Redirecting(Jumping):
    """Follows redirections.

    :ivar hidden: whether a program printed what somebody may have hidden in it.
    """

    def __init__(self, world: Overlay, findings: Findings, state: State) -> None:
        super().__init__(world, findings, state)
        self.files = world
        self.hidden = False
        self._one_word = False

    # What is printed

    def print(self, text: str, *, one_word: bool = False) -> None:
        """Note that a command prints a text."""
        if self.sink is not None:
            self.sink = [_limited(before + text) for before in self.sink]
            self._one_word = one_word and text == UNKNOWN

    def print_either(self, texts: Sequence[str]) -> None:
        """Note that a command prints one of several texts."""
        if self.sink is not None:
            joined = [before + text for before in self.sink for text in texts]
            self.sink = list(either(joined))

    def captured(self, script: Script) -> Values:
        """Return what commands may print, without the newlines at its end."""
        before, sink, hidden = self.state, self.sink, self.hidden
        self.state = before.copy()
        self.sink, self.hidden = [""], False
        with self.landing(Level.SHELL):
            self.script(script)
        found = [_trimmed(text) for text in self.sink or [""]]
        if self.hidden and any(UNKNOWN in text for text in found):
            self.wild = True
        self.state, self.sink, self.hidden = before, sink, hidden
        self.one_word = self._one_word and found == [UNKNOWN]
        return either(found)

    def contained(self, action: Callable[[], None]) -> None:
        """Do something that may run out of steps of its own; go on without it."""
        kept = (self.state, self.pins, self.waiting, self.choices, self.sink)
        try:
            action()
        except ExhaustedError:
            self.state, self.pins, self.waiting, self.choices, self.sink = kept

    def side_branch(self, script: Script) -> None:
        """Follow commands that run beside, fed by something."""
        before, sink = self.state, self.sink
        self.state = before.copy()
        self.state.stdin = Word(UNKNOWN)
        self.sink = None
        self.script(script)
        self.state, self.sink = before, sink

    def script(self, node: Script) -> None:
        """Follow commands."""
        raise NotImplementedError  # pragma: no cover - Follower has it

    # Redirections

    def redirecting(
        self, redirects: Sequence[Redirect], action: Callable[[], None]
    ) -> None:
        """Do something while redirections are in force."""
        if not redirects:
            action()
            return
        stdin, sink = self.state.stdin, self.sink
        target: tuple[str, bool] | None = None
        silent = False
        for redirect in redirects:
            if not self.findings.step():
                return
            found = self._redirect(redirect)
            if found is not None and redirect.fd in ("", "1"):
                target, silent = found, True
        if silent:
            self.sink = [""] if target and target[0] else None
        action()
        if silent:
            if target is not None and target[0]:
                printed = self.sink or [UNKNOWN]
                text = printed[0] if len(printed) == 1 else UNKNOWN
                self.files.write(target[0], text, append=target[1])
            self.sink = sink
        self.state.stdin = stdin

    def _redirect(self, redirect: Redirect) -> tuple[str, bool] | None:
        """Do one redirection; return the file that stdout goes to, and whether behind.

        An empty path stands for a file that nobody can read back.
        """
        operator = redirect.operator
        if operator in ("<<", "<<-", "<<<"):
            text = self.string(redirect.target)
            self._feed(redirect.fd, Word(text + "\n" if operator == "<<<" else text))
            return None
        found = None
        for word in self.fields(redirect.target):  # other shells take several
            found = self._file(redirect, operator, word.text)
        return found

    def _file(
        self, redirect: Redirect, operator: str, text: str
    ) -> tuple[str, bool] | None:
        """Do one redirection from or to a file."""
        if operator in ("<&", ">&") and self._duplicate(redirect, text):
            return None if operator == "<&" or text not in ("2", "-") else ("", False)
        self.step(4)
        path = text if text.startswith("/dev/fd/") else self.path(text)
        if operator[0] == "<":
            if redirect.fd in ("", "0"):
                self._feed("", Word(self.content_of(path)))
            elif UNKNOWN not in redirect.fd:
                self._feed(redirect.fd, Word(self.content_of(path)))
            self._touch("read", path)
        if operator != "<":
            self._touch("write", path)
            keeps = path not in _DEVICES and not path.startswith("/dev/fd/")
            return (path if keeps else "", ">>" in operator)
        return None

    def hand_over(self, name: str, text: str) -> None:
        """Have a path stand for a text."""
        self.state.descriptors[name] = Word(text)
        self.files.write(name, text, append=False)

    def _feed(self, fd: str, word: Word) -> None:
        if fd in ("", "0"):
            self.state.stdin = word
        else:
            self.state.descriptors[fd] = word
            self.state.descriptors[f"/dev/fd/{fd}"] = word

    def _duplicate(self, redirect: Redirect, text: str) -> bool:
        """Do `<&3` and its like; return False for `>& FILE`."""
        number = text.rstrip("-")
        if number and not number.isdigit() and UNKNOWN not in number:
            return False
        if redirect.operator == "<&":
            found = self.state.descriptors.get(number)
            if number != "0" and number:
                self._feed(redirect.fd, found or Word(UNKNOWN))
        return True

    def _touch(self, mode: Mode, path: str) -> None:
        if path in _DEVICES or path in _STDIN or path in self.state.descriptors:
            return
        how = "a redirection reads it" if mode == "read" else "a redirection writes it"
        self.findings.access(Access(path, mode, how))

    def content_of(self, path: str) -> str:
        """Return a file's content, `UNKNOWN` where it is not known."""
        if path == "/dev/null":
            return ""
        if path in _STDIN:
            return self.state.stdin.text if self.state.stdin else UNKNOWN
        word = self.state.descriptors.get(path)
        if word is not None:
            return word.text
        text = None if UNKNOWN in path else self.world.text_of(path)
        return UNKNOWN if text is None else text


def _trimmed(text: str) -> str:
    """Return what `$(...)` makes of a text; an unknown end may be empty."""
    if text.endswith(UNKNOWN):
        return text.rstrip("\n" + UNKNOWN) + UNKNOWN
    return text.rstrip("\n")


def _limited(text: str) -> str:
    return text if len(text) <= 128 * 1024 else UNKNOWN
