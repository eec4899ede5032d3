"""What `break`, `continue`, `return` and `exit` leave behind.

What stands after one of them is followed all the same, and what was so before it is
kept: it holds as well where the loop, the function or the shell ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum

from ..access import Findings
from .overlay import Overlay
from .parameters import Parameters
from .state import State, either

#: So many are told apart in one loop or function; further ones are one.
_MOST_JUMPS = 24


class Level(IntEnum):
    """What is left."""

    LOOP = 0
    #: Several loops, or all: `break 2`.
    LOOPS = 1
    FUNCTION = 2
    SHELL = 3


@dataclass(slots=True)
class Jump:
    """One way out.

    :param state: how things stood there.
    :param sink: what had been printed.
    """

    state: State
    sink: list[str] | None
    level: Level


class Jumping(Parameters):
    """Follows ways out of loops, functions and shells.

    :ivar sink: what the commands at hand may have printed; None where nobody wants it.
    """

    def __init__(self, world: Overlay, findings: Findings, state: State) -> None:
        super().__init__(world, findings, state)
        self.sink: list[str] | None = None
        self.jumps: list[Jump] = []

    @property
    def outside(self) -> dict[str, str]:
        """Variables whose values come from outside."""
        return dict(self.world.variables)

    def join_sink(self, other: list[str] | None) -> None:
        """Count in what another branch may have printed."""
        if self.sink is not None and other is not None:
            self.sink = list(either(self.sink, other))

    def jump(self, level: Level) -> None:
        """Keep how things stand: from here a way leads out."""
        sink = None if self.sink is None else list(self.sink)
        if len(self.jumps) < _MOST_JUMPS:
            self.jumps.append(Jump(self.state.copy(), sink, level))
            return
        last = self.jumps[-1]
        last.state.join(self.state, self.outside)
        last.sink = last.sink if sink is None else list(either(last.sink or (), sink))
        last.level = max(last.level, level)

    def arrive(self, level: Level = Level.LOOP, since: int = 0) -> None:
        """Count in every way that leads here.

        :param since: leave out so many that were counted in before.
        """
        # Further jumps than are told apart are in the last one.
        for jump in self.jumps[min(since, _MOST_JUMPS - 1) :]:
            if jump.level <= max(level, Level.LOOPS):
                self.state.join(jump.state, self.outside)
                self.join_sink(jump.sink)

    @contextmanager
    def landing(self, level: Level = Level.LOOP) -> Iterator[None]:
        """Have the ways out of what is followed inside lead to its end."""
        outer, self.jumps = self.jumps, []
        try:
            yield
            self.arrive(level)
            outer += [jump for jump in self.jumps if jump.level > level]
        finally:
            self.jumps = outer
