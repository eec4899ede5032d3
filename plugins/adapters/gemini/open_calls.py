"""What is kept of a tool call while one half of it is known, for another daemon.

A call may last longer than the daemon that saw it begin, and its end may be told to one
that finds the beginning later, as it was answered while there was none. A call that
started a subagent says whose the calls are that come meanwhile.
"""

from __future__ import annotations

from datetime import timedelta

from hookwright.hookspecs import Record, RecordType


class OpenCall(Record):
    """A call that began and has not ended, or ended and has not begun.

    :param id: the id that we gave it.
    :param key: what its other half will be known by (`sessions.call_key`).
    :param stamp: when this half was told, in milliseconds since 1970.
    :param ended: whether it was the end.
    :param native: the tool's own name.
    :param agent: the name of the subagent that made it, "" for the main agent.
    :param instance: the call that started that subagent.
    :param asked: the name of the subagent that it starts.
    :param prompt: what that is asked, hashed (`sessions.digest`).
    :param announced: whether that subagent's start was told.
    """

    session_id: str
    id: str
    key: str
    stamp: str
    ended: bool = False
    native: str = ""
    agent: str = ""
    instance: str = ""
    asked: str = ""
    prompt: str = ""
    announced: bool = False


OPEN_CALLS = RecordType(
    name="gemini_open_calls",
    model=OpenCall,
    key=lambda call: (call.session_id, call.id),
    # The end of a call whose session was killed never comes.
    retention=timedelta(days=7),
)
