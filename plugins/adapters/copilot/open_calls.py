"""What is kept of a tool call while one half of it is known, for another daemon.

A call may last longer than the daemon that saw it begin: a person is asked meanwhile,
the daemon is stopped, a new version is installed. And its end may be told to a daemon
that finds the beginning later, as it was answered while there was none.
"""

from __future__ import annotations

from datetime import timedelta

from hookwright.hookspecs import Record, RecordType


class OpenCall(Record):
    """A call that began and has not ended, or ended and has not begun.

    :param id: the id that we gave it.
    :param key: what its other half will be known by (`calls.key_of`).
    :param stamp: when this half was told, in milliseconds since 1970.
    :param ended: whether it was the end.
    """

    id: str
    key: str
    stamp: str
    ended: bool = False


OPEN_CALLS = RecordType(
    name="copilot_open_calls",
    model=OpenCall,
    key=lambda call: (call.id,),
    # The end of a call that was refused, or whose session was killed, never comes.
    retention=timedelta(days=7),
)
