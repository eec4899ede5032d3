"""What a command or call would do to files, as far as it can be told beforehand."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

from .words import Word

#: Seconds of the processor that one command may take, and after how many steps the
#: clock is looked at.
CLOCK_S = 0.25
_LOOK_EVERY = 32
#: What is done with a file. `look` is metadata only (`ls`, `test -f`,
#: `git rm --cached`), `remove` takes it away unread; both are harmless. `load` hands
#: its values to a program (`source .env`, `docker run --env-file`).
Mode = Literal[
    "look", "read", "write", "copy", "commit", "send", "load", "remove", "run"
]


class Access(NamedTuple):
    """One file that would be touched.

    :param path: absolute and without `.` and `..`, as it is spelled: symbolic links are
        the policy's business. Unknown stretches are `words.UNKNOWN`.
    :param how: what does it, for people: "`cat` reads it", "`python -c` opens it".
    :param target: where a copy goes, else "".
    :param below: whether everything below the directory `path` is meant (`grep -r`,
        `tar c DIR`, `cp -r`, `git add .`).
    """

    path: str
    mode: Mode
    how: str
    target: str = ""
    below: bool = False


class Doubt(NamedTuple):
    """Something that could not be followed and could reach a secret: a person decides.

    :param what: the piece, shortened, as the agent wrote it.
    :param why: why it cannot be followed, in a few words.
    """

    what: str
    why: str


class Reading(NamedTuple):
    """All that is known of a command."""

    accesses: tuple[Access, ...] = ()
    doubts: tuple[Doubt, ...] = ()


class World(Protocol):
    """What may be asked of the machine while a command is judged: cheap and bounded.

    The plugin implements it on the file system; tests on a dictionary.
    """

    @property
    def home(self) -> str:
        """The user's home directory, absolute."""
        ...

    @property
    def variables(self) -> Mapping[str, str]:
        """Variables of the agent's shell whose values are known.

        `HOME`, `USER`, `PWD`; never the whole environment.
        """
        ...

    def names_in(self, directory: str) -> Sequence[str] | None:
        """Return the names in a directory, hidden ones too; () where it is none.

        None when it has too many to be listed.
        """
        ...

    def is_directory(self, path: str) -> bool:
        """Return whether path is a directory."""
        ...

    def text_of(self, path: str) -> str | None:
        """Return a small text file's content, None when it is missing or too large.

        Never of a file that the policy protects.
        """
        ...

    def is_secret(self, path: str) -> bool:
        """Return whether the policy protects path, which may hold unknown stretches.

        With unknown stretches: whether it could come to be a protected path.
        """
        ...


class Shell(Protocol):
    """What a program's reader may ask of whoever follows the shell."""

    @property
    def cwd(self) -> str:
        """Where the program runs, absolute; may hold unknown stretches."""
        ...

    @property
    def world(self) -> World:
        """The machine."""
        ...

    @property
    def stdin(self) -> Word | None:
        """What the program is fed, when it is fed by something; None for nothing.

        The text as far as it is known (a heredoc, `echo .env |`).
        """
        ...

    @property
    def variables(self) -> Mapping[str, Word]:
        """The shell's variables as they are when the program runs."""
        ...

    def command(self, text: str, cwd: str | None = None) -> None:
        """Follow a command line that the program would give to a shell."""
        ...

    def argv(
        self,
        words: Sequence[Word],
        *,
        cwd: str | None = None,
        stdin: Word | None = None,
        variables: Mapping[str, Word] | None = None,
    ) -> None:
        """Follow a program that this one starts (`sudo`, `xargs`, `find -exec`)."""
        ...


class _Clock:
    """Ends what takes few steps and much time; steps are what is meant to end it.

    It counts the processor's time of this thread, so that a busy machine makes nobody
    ask a person. What was imported meanwhile was needed for the first time.
    """

    __slots__ = ("_ends_at", "_modules")

    def __init__(self) -> None:
        self._ends_at = time.thread_time() + CLOCK_S
        self._modules = len(sys.modules)

    def is_over(self) -> bool:
        """Return whether the time is up."""
        if time.thread_time() <= self._ends_at:
            return False
        known, self._modules = self._modules, len(sys.modules)
        self._ends_at = time.thread_time() + CLOCK_S
        return known == self._modules


@dataclass
class Findings:
    """Where readers put what they find.

    :param left: steps that may still be taken; none left is a doubt. Every word looked
        at, command followed, name matched and constant folded is one.
    """

    left: int = 20_000
    accesses: dict[Access, None] = field(default_factory=dict)
    doubts: dict[Doubt, None] = field(default_factory=dict)
    _clock: _Clock = field(default_factory=_Clock)
    #: Steps until the clock is looked at again.
    _until_look: int = _LOOK_EVERY

    def access(self, *found: Access) -> None:
        """Add accesses."""
        self.accesses.update(dict.fromkeys(found))

    def doubt(self, what: str, why: str) -> None:
        """Add a doubt; what is long is shortened."""
        short = what if len(what) <= 80 else f"{what[:77]}..."
        self.doubts[Doubt(short, why)] = None

    def step(self, count: int = 1) -> bool:
        """Take steps; False when there were too many, and everybody is to stop."""
        self.left -= count
        self._until_look -= 1
        if not self._until_look:
            self._until_look = _LOOK_EVERY
            if self._clock.is_over():
                self.left = -1
        if self.left >= 0:
            return True
        self.doubt("the whole command", "it is too long to be followed")
        return False

    def reading(self) -> Reading:
        """Return what was found."""
        return Reading(tuple(self.accesses), tuple(self.doubts))


def merged(readings: Iterable[Reading]) -> Reading:
    """Return several readings as one."""
    accesses: dict[Access, None] = {}
    doubts: dict[Doubt, None] = {}
    for reading in readings:
        accesses.update(dict.fromkeys(reading.accesses))
        doubts.update(dict.fromkeys(reading.doubts))
    return Reading(tuple(accesses), tuple(doubts))
