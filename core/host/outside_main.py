"""A plugin's worker process: `python -P -m hookwright.core.host.outside_main`.

The daemon starts it with two descriptors: a socket, on which it is told what to load,
sends what is logged, and is handed one more socket for each call that is to run beside
others; and a pipe, whose other end is the daemon's life.
"""

from __future__ import annotations

import fcntl
import logging
import os
import resource
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress

from .channel import Channel, ChannelError
from .guest import Guest, LoadError
from .logs import PLUGIN_LOGGER
from .messages import Hello, Loaded, Logged, raised, unreadable

_LOGGER = "hookwright"


class Forward(logging.Handler):
    """Sends what is logged to the daemon, which redacts it and writes it down."""

    def __init__(self, control: Channel) -> None:
        super().__init__()
        self._control = control
        self._format = logging.Formatter()

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record; without a daemon there is nobody to tell."""
        trace = record.exc_text or ""
        if record.exc_info and not trace:
            trace = self._format.formatException(record.exc_info)
        try:
            text = record.getMessage()
        except Exception:  # noqa: BLE001 - arguments of a plugin that do not fit
            text = f"{record.msg!s} (with arguments that do not fit)"
        with suppress(OSError, ChannelError):
            self.tell(Logged(record.name, record.levelno, text, trace))

    def tell(self, message: Logged | Loaded) -> None:
        """Send a message, whole, whatever other threads log.

        :raises OSError: the daemon is gone.
        """
        self.acquire()
        try:
            self._control.send(message)
        finally:
            self.release()


def tie(lifeline: int) -> None:
    """Have the kernel end this process group when the daemon is gone.

    A signal on the pipe's end needs no thread of ours to run, so it comes even when
    the plugin holds the interpreter for ever. Only Linux lets us choose SIGKILL; it
    is the default's SIGIO elsewhere, which ends a process or is ignored: there the
    socket's end is what tells us.
    """
    os.set_inheritable(lifeline, False)
    if not hasattr(fcntl, "F_SETSIG"):
        return
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
    flags = fcntl.fcntl(lifeline, fcntl.F_GETFL)
    fcntl.fcntl(lifeline, fcntl.F_SETFL, flags | os.O_ASYNC)


def confine(memory_mb: int | None) -> None:
    """Set what the process may use: address space, no core files, private files."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory_mb is not None:
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        wanted = memory_mb * 2**20
        if most != resource.RLIM_INFINITY:
            wanted = min(wanted, most)
        resource.setrlimit(resource.RLIMIT_AS, (wanted, wanted))


def serve(guest: Guest, channel: Channel) -> None:
    """Answer the calls that come over one channel, one after the other."""
    with suppress(EOFError, OSError):
        while True:
            try:
                request = channel.receive()
            except ChannelError as error:
                channel.send(raised(unreadable(error, "the arguments")))
                continue
            answer = guest.answer(request, channel)
            try:
                channel.send(answer)
            except ChannelError as error:
                channel.send(raised(unreadable(error, "its result")))
    channel.close()


def receive_channel(control: socket.socket) -> Channel | None:
    """Return the next channel that the daemon opens, None when it is gone."""
    flags = getattr(socket, "MSG_CMSG_CLOEXEC", 0)
    _, descriptors, _, _ = socket.recv_fds(control, 1, 1, flags)
    if not descriptors:
        return None
    connection = socket.socket(fileno=descriptors[0])
    connection.set_inheritable(False)
    return Channel(connection)


def close_all(channels: Sequence[Channel]) -> None:
    """Close what belongs to the process that this one was forked from."""
    for channel in channels:
        channel.close()


def run(control: Channel) -> int:
    """Load the plugin and serve it until the daemon is gone; return the exit code."""
    hello = control.receive()
    if not isinstance(hello, Hello):
        return 1
    sys.path[:] = hello.path
    handler = Forward(control)
    logging.getLogger(_LOGGER).addHandler(handler)
    logging.getLogger(PLUGIN_LOGGER).setLevel(hello.level)
    channels = [control]
    # A child that the plugin forks must not hold our connections open.
    os.register_at_fork(after_in_child=lambda: close_all(channels))
    confine(hello.memory_mb)
    try:
        guest = Guest(hello.found)
    except LoadError as error:
        handler.tell(Loaded(str(error)))
        return 1
    handler.tell(Loaded())
    while (channel := receive_channel(control.connection)) is not None:
        channels.append(channel)
        threading.Thread(
            target=serve,
            args=(guest, channel),
            name=f"hookwright-call-{len(channels) - 1}",
            daemon=True,
        ).start()
    return 0


def main(arguments: Sequence[str]) -> int:
    """Be a worker process; the arguments are two numbers of descriptors."""
    number, lifeline = (int(word) for word in arguments)
    tie(lifeline)
    connection = socket.socket(fileno=number)
    connection.set_inheritable(False)
    with suppress(EOFError, OSError):
        return run(Channel(connection))
    return 0


if __name__ == "__main__":
    # At once: a thread that the plugin left behind must not keep the process.
    os._exit(main(sys.argv[1:]))
