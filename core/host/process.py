"""One run of a plugin's worker process, as the daemon sees it.

The process leads a session and a process group of its own, so that one signal ends it
with the children it started. It holds the reading end of a pipe that only the daemon
can write to: when the daemon is gone, however it went, the kernel ends the group.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from ..errors import PluginError
from .channel import Channel, ChannelError
from .messages import Hello, Loaded, Logged

_MODULE = "hookwright.core.host.outside_main"
#: A process whose connection broke gets so long to end by itself, in seconds, so that
#: its own exit status is told and not our signal.
_LAST_MOMENT_S = 0.5
_POLL_S = 0.002


class WorkerProcess:
    """A process that is starting, runs, or is over for good.

    :raises OSError: the machine gives no more processes or descriptors.
    """

    def __init__(self) -> None:
        self._ending = threading.Lock()
        #: Why we ended it, and how it ended; "" while that is open.
        self._cause = ""
        self._fate = ""
        self._was_cut = False
        #: Every socket of ours, so that whoever waits on one can be woken.
        self._sockets: set[socket.socket] = set()
        ours, theirs = socket.socketpair()
        tied, self._lifeline = os.pipe()
        self.control = Channel(ours)
        self._sockets.add(ours)
        try:
            self._popen = subprocess.Popen(  # noqa: S603 - our own interpreter
                [sys.executable, "-P", "-m", _MODULE, str(theirs.fileno()), str(tied)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(), tied),
                start_new_session=True,
                # Arenas are address space, which a memory limit counts.
                env={**os.environ, "MALLOC_ARENA_MAX": "2"},
            )
        except BaseException:
            ours.close()
            os.close(self._lifeline)
            raise
        finally:
            theirs.close()
            os.close(tied)
        # A child of the plugin's may hold the connection open: its end is no sign.
        self._pidfd = os.pidfd_open(self.pid) if hasattr(os, "pidfd_open") else -1

    @property
    def pid(self) -> int:
        """Return the process's number."""
        return self._popen.pid

    @property
    def is_over(self) -> bool:
        """Return whether it is being ended or has ended."""
        return bool(self._cause or self._fate)

    @property
    def was_ended(self) -> bool:
        """Return whether we ended it: it did not go by itself."""
        return self._was_cut

    def greet(
        self, hello: Hello, timeout: float, logged: Callable[[Logged], None]
    ) -> None:
        """Have the process load its plugin.

        :param timeout: seconds that it may take, between two messages that it logs.
        :param logged: called with each of these.
        :raises PluginError: it did not; the text reads after "it".
        """
        self.control.connection.settimeout(timeout)
        try:
            self.control.send(hello)
            while isinstance(loaded := self.control.receive(), Logged):
                logged(loaded)
        except TimeoutError:
            what = f"took more than {timeout:.0f} s to load in its worker process"
            raise PluginError(what) from None
        except (EOFError, OSError, ChannelError):
            raise PluginError(self.finish()) from None
        if not isinstance(loaded, Loaded) or loaded.problem:
            problem = getattr(loaded, "problem", "it does not speak as it should")
            raise PluginError(f"could not be loaded in its worker process: {problem}")
        self.control.connection.settimeout(None)

    def open_channel(self) -> Channel:
        """Return a new channel that a thread of the process serves.

        :raises OSError: the process is gone, or there are no more descriptors.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            self._sockets.add(ours)
            try:
                socket.send_fds(self.control.connection, [b"+"], [theirs.fileno()])
            except OSError:
                self.forget(Channel(ours))
                raise
        return Channel(ours)

    def forget(self, channel: Channel) -> None:
        """Close a channel of this process."""
        self._sockets.discard(channel.connection)
        channel.close()

    def has_news(self, timeout: float) -> bool:
        """Return whether something came on the control channel, or the process ended.

        :param timeout: seconds to wait for that.
        """
        if self.control.has_more:
            return True
        poll = select.poll()
        poll.register(self.control.connection, select.POLLIN)
        if self._pidfd >= 0:
            poll.register(self._pidfd, select.POLLIN)
        return bool(poll.poll(timeout * 1000))

    def news(self) -> object:
        """Return the next message on the control channel; to be called when there is.

        :raises EOFError: the process is gone.
        :raises OSError: the same.
        :raises ChannelError: the message cannot be read.
        """
        poll = select.poll()
        poll.register(self.control.connection, select.POLLIN)
        if self.control.has_more or poll.poll(0):
            return self.control.receive()
        # There is news, but not here: it is the process's end.
        raise EOFError("the process has ended")

    def cut(self, cause: str) -> None:
        """End the process and its children; return at once.

        Whoever waits for it is woken; `finish` tells what became of it.

        :param cause: reads after "it".
        """
        self._was_cut = True
        self._cause = self._cause or cause
        self._kill()

    def finish(self) -> str:
        """Have the process be over, and reaped; return how it ended, after "it"."""
        with self._ending:
            if not self._fate:
                if not self._cause and not self._ends_by_itself():
                    self._cause = "broke the connection to its worker process"
                self._kill()
                status = self._popen.wait()
                self._fate = self._cause or _lost(status)
            return self._fate

    def dispose(self) -> None:
        """Finish, and close what the daemon holds of it; nobody uses it any more."""
        self.finish()
        self.control.close()
        os.close(self._lifeline)
        if self._pidfd >= 0:
            os.close(self._pidfd)

    def _ends_by_itself(self) -> bool:
        """Return whether it ends within a moment; it is not reaped yet then."""
        if not hasattr(os, "waitid"):
            return True
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        deadline = time.monotonic() + _LAST_MOMENT_S
        with suppress(ChildProcessError):
            while os.waitid(os.P_PID, self.pid, flags) is None:
                if time.monotonic() > deadline:
                    return False
                time.sleep(_POLL_S)
        return True

    def _kill(self) -> None:
        # Its number is its group's; it is not given to another before it is reaped.
        if self._popen.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        for connection in list(self._sockets):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def _lost(status: int) -> str:
    """Return what became of the process, from how `subprocess` tells it."""
    if status >= 0:
        return f"lost its worker process, which ended with exit status {status}"
    with suppress(ValueError):
        name = signal.Signals(-status).name
        return f"lost its worker process, which was killed by {name}"
    return f"lost its worker process, which was killed by signal {-status}"
