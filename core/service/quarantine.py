"""Keep, redacted, what an agent host sent and nobody could understand.

Standard library only and light: the path without a daemon imports this while an
agent waits. One JSON file for each different message, named by its own hash, so
that nothing an agent sends becomes part of a path.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from ..places import make_private
from .intake import RawDelivery

#: Characters of the message that are kept, and how many files.
MAX_TEXT = 64 * 2**10
MAX_FILES = 500
#: Looked at behind the end of what is kept: a secret that is cut in two there would
#: be recognised by no rule.
_MARGIN = 8 * 2**10
_PREFIX = "event-"


def keep(
    directory: str | os.PathLike[str],
    redact: Callable[[str], str],
    raw: RawDelivery,
    reason: str,
) -> str | None:
    """Write the message's head, redacted; return the file.

    None when the directory cannot be written: then the one line on stderr is all.
    """
    # Imported late: few messages come here, and OpenSSL costs 2 ms.
    import hashlib

    record: dict[str, object] = {
        "agent_host": redact(raw.agent_host),
        "arguments": [redact(argument) for argument in raw.arguments],
        "reason": redact(reason),
        "bytes": len(raw.stdin),
        "text": _head(raw.stdin, redact),
    }
    digest = hashlib.blake2b(_dump(record), digest_size=16).hexdigest()
    record["time"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    file = os.path.join(directory, f"{_PREFIX}{digest}.json")
    try:
        make_private(directory)
        _make_room(directory)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
        with open(os.open(file, flags, 0o600), "wb") as out:
            out.write(_dump(record))
    except OSError:
        return None
    return file


def _dump(record: object) -> bytes:
    # Imported late: it takes 12 ms, and few events come to this.
    import json

    return json.dumps(record, sort_keys=True, indent=1).encode()


def _head(content: bytes, redact: Callable[[str], str]) -> str:
    text = content[: MAX_TEXT + _MARGIN].decode("utf-8", "replace")
    clean = redact(text)
    cut = len(content) > MAX_TEXT + _MARGIN
    return clean[: max(0, len(clean) - _MARGIN)] if cut else clean


def _make_room(directory: str | os.PathLike[str]) -> None:
    files = [entry for entry in os.scandir(directory) if entry.name.startswith(_PREFIX)]
    if len(files) < MAX_FILES:
        return
    files.sort(key=lambda entry: entry.stat().st_mtime_ns)
    for entry in files[: len(files) - MAX_FILES + 1]:
        os.unlink(entry.path)
