"""What is kept of a tool call until its end is told, so that another daemon knows it.

A call may last longer than the daemon that saw it begin: a person is asked meanwhile,
the daemon is stopped, a new version is installed.
"""

from __future__ import annotations

from datetime import timedelta

from hookwright.hookspecs import Record, RecordType


class OpenCall(Record):
    """A call that began.

    :param id: the id that we gave it.
    :param key: what its end will be known by (`call_ids.key_of`).
    :param stamp: when it was told, in milliseconds since 1970.
    """

    id: str
    key: str
    stamp: str


OPEN_CALLS = RecordType(
    name="copilot_open_calls",
    model=OpenCall,
    key=lambda call: (call.id,),
    # The end of a call that was refused, or whose session was killed, never comes.
    retention=timedelta(days=7),
)
