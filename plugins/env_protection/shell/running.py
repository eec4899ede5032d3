"""What the reader of one program may ask of whoever follows the shell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..access import World
from ..words import Word

if TYPE_CHECKING:
    from .starting import Starting


class Running:
    """`access.Shell` for one program that is started.

    :param wild: whether its arguments hold a text that somebody may have hidden.
    """

    def __init__(
        self,
        follower: Starting,
        cwd: str,
        stdin: Word | None,
        variables: Mapping[str, Word] | None = None,
        *,
        wild: bool = False,
    ) -> None:
        self._follower = follower
        self._cwd = cwd
        self._stdin = stdin
        self._given = variables
        self._variables: Mapping[str, Word] | None = None
        self._wild = wild

    @property
    def cwd(self) -> str:
        """Where the program runs."""
        return self._cwd

    @property
    def world(self) -> World:
        """The machine, with what earlier commands wrote."""
        return self._follower.world

    @property
    def stdin(self) -> Word | None:
        """What the program is fed."""
        return self._stdin

    @property
    def variables(self) -> Mapping[str, Word]:
        """The shell's variables."""
        if self._variables is None:
            found = self._follower.known_variables()
            found.update(self._given or {})
            self._variables = found
        return self._variables

    def command(self, text: str, cwd: str | None = None) -> None:
        """Follow a command line in a shell of its own."""
        place = self._cwd if cwd is None else cwd
        self._follower.started(text, place, self._stdin, self._given, wild=self._wild)

    def argv(
        self,
        words: Sequence[Word],
        *,
        cwd: str | None = None,
        stdin: Word | None = None,
        variables: Mapping[str, Word] | None = None,
    ) -> None:
        """Follow another program."""
        given = self._stdin if stdin is None else stdin
        merged = self._given
        if variables is not None:
            merged = {**(self._given or {}), **variables}
        place = self._cwd if cwd is None else cwd
        self._follower.program(
            words, Running(self._follower, place, given, merged, wild=self._wild)
        )
