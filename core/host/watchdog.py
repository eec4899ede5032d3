"""Ends a daemon that a plugin has frozen.

A C function that never gives the interpreter back, such as a regular expression with
nested repeats, stops every thread of the process, a watching one too. Timers of the
kernel need no thread: when the event loop has not wound them up for too long, their
signals end the process by default. The next event starts another daemon, and the
flight recorder knows which plugin was under way.

Processor time is what counts, so that neither a busy machine nor a suspended process
looks frozen. A process that is frozen without using any has a longer time.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

#: Seconds of processor time of the whole process, and of the clock.
FROZEN_S = (10.0, 60.0)
#: The same while plugins are loaded; the host bounds that for all that can be bounded.
LOADING_S = (60.0, 300.0)
_TICK_S = 1.0


def begin() -> None:
    """Watch this process while it loads plugins; `end` must follow."""
    _arm(LOADING_S)


def follow(loop: asyncio.AbstractEventLoop) -> None:
    """Watch the loop from now on: it is to turn again and again."""
    _arm(FROZEN_S)
    loop.call_later(_TICK_S, follow, loop)


def end() -> None:
    """Watch no longer."""
    _arm((0.0, 0.0))


def _arm(seconds: tuple[float, float]) -> None:
    processor, clock = seconds
    signal.setitimer(signal.ITIMER_PROF, processor)
    signal.setitimer(signal.ITIMER_REAL, clock)
