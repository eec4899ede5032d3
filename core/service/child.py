"""A process that works for this one and may come to any end.

Standard library only and next to no imports: it is made while an agent waits.
"""

from __future__ import annotations

import _socket
import os
import time

# What `signal` imports it from; that one takes 1 ms more.
from _signal import alarm  # type: ignore[import-not-found]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

#: After so many seconds the kernel ends a child, whatever it does.
_LIFETIME = 120
#: Seconds between two looks whether the child is still there: whoever inherited its
#: end of the socket from it may hold that open.
_LOOK = 0.05
#: Seconds until a killed child is gone; one that waits for a disk may take for ever.
_DYING = 0.2
_SIGKILL = 9
#: How its end is told.
TOO_LONG, DONE = "it took too long", "it exited with code 0"


class Child:
    """A process that works for this one, in a process group of its own.

    :param work: what it does; it is given the descriptor of its end of the socket.
    :raises OSError: no process can be made.
    """

    def __init__(self, work: Callable[[int], None]) -> None:
        #: What it has said.
        self.content = b""
        self._end = ""
        self._ours, theirs = _socket.socketpair()
        try:
            self.pid = os.fork()
        except OSError:
            self.close()
            theirs.close()
            raise
        if not self.pid:
            _be_child(theirs.fileno(), work)
        theirs.close()
        _in_own_group(self.pid)

    def listen(self, deadline: float) -> str:
        """Read once; return why there is nothing more to come, or "".

        :param deadline: monotonic seconds.
        """
        left = deadline - time.monotonic()
        if left <= 0:
            return TOO_LONG
        try:
            return self._read(min(left, _LOOK))
        except TimeoutError:
            # Whatever it said last has come before its end.
            return self._ended() and self._drained()

    def kill(self) -> None:
        """End it and what it has started; take its last words."""
        from contextlib import suppress

        with suppress(OSError):  # it is gone
            os.killpg(self.pid, _SIGKILL)
        self._await_end()
        self._drained()

    def close(self) -> None:
        """Hear no more of it."""
        self._ours.close()

    def _drained(self) -> str:
        """Read what is there; return how the child ended."""
        try:
            while not self._read(0.0):
                pass
        except (TimeoutError, BlockingIOError):
            return self._end
        return self._end

    def _read(self, seconds: float) -> str:
        self._ours.settimeout(seconds)
        part = self._ours.recv(1 << 16)
        self.content += part
        return "" if part else self._await_end() or "it closed what it answers through"

    def _await_end(self) -> str:
        """Return how it ended, "" where that does not happen for a moment."""
        deadline = time.monotonic() + _DYING
        while not self._ended() and time.monotonic() < deadline:
            time.sleep(0.001)
        return self._end

    def _ended(self) -> str:
        """Return how it ended, or "" while it lives."""
        if not self._end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            code = os.waitstatus_to_exitcode(status) if pid else 0
            if code < 0:
                self._end = f"signal {-code} ended it"
            elif pid:
                self._end = f"it exited with code {code}"
        return self._end


def _in_own_group(pid: int) -> None:
    """Give a child a process group; both sides do, and the second one finds it done."""
    try:
        os.setpgid(pid, pid)
    except OSError:  # it did so itself, and may have ended
        return


def _be_child(writer: int, work: Callable[[int], None]) -> NoReturn:
    """Hold nothing of the agent host's, work, and leave without looking back."""
    try:
        _in_own_group(0)
        alarm(_LIFETIME)
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nothing, descriptor)
        for name in os.listdir("/dev/fd"):
            if int(name) > 2 and int(name) != writer:
                os.closerange(int(name), int(name) + 1)
        work(writer)
    except BaseException:  # noqa: BLE001 - the exit code tells the parent
        os._exit(1)
    os._exit(0)
