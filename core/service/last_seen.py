"""When each agent host was last heard of, from the end of the event log.

It reads backwards and stops early, so that it costs some milliseconds however long the
log is. What is further back than `MOST` is not looked for.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from .eventlog import FILE

#: Bytes that are read at most.
MOST = 16 * 2**20
_CHUNK = 2**18
#: Which agent host a line is about, without parsing it: fields come in this order.
_HOST = re.compile(rb'"agent_host":"([^"\\]+)","host_event":')


class Seen(NamedTuple):
    """One agent host's last event."""

    time: datetime
    #: The agent host's own name of it.
    name: str


def last_seen(logs: Path, hosts: Collection[str]) -> dict[str, Seen]:
    """Return the last event of each agent host that the log's end holds."""
    wanted = {host.encode() for host in hosts}
    found: dict[str, Seen] = {}
    for line in _backwards(logs):
        if not wanted:
            break
        named = _HOST.search(line)
        if named is None or named[1] not in wanted:
            continue
        seen = _read(line)
        if seen is not None:
            found[named[1].decode()] = seen
            wanted.discard(named[1])
    return found


def _read(line: bytes) -> Seen | None:
    try:
        event = json.loads(line)
        return Seen(datetime.fromisoformat(event["time"]), str(event["host_event"]))
    except (KeyError, TypeError, ValueError):
        return None  # a line that a full disk cut


def _backwards(logs: Path) -> Iterator[bytes]:
    """Yield the log's lines, the last first."""
    left = MOST
    for name in (FILE, f"{FILE}.1"):
        try:
            with (logs / name).open("rb") as file:
                at = file.seek(0, os.SEEK_END)
                rest = b""
                while at and left > 0:
                    size = min(_CHUNK, at)
                    at -= size
                    left -= size
                    file.seek(at)
                    first, *lines = (file.read(size) + rest).split(b"\n")
                    yield from reversed(lines)
                    rest = first
                if rest and not at:
                    yield rest
        except FileNotFoundError:
            continue
