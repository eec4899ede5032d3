"""The daemon's log file: rotated, and redacted before anything is written."""

from __future__ import annotations

import logging
import os
import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import NamedTuple

from ..host.logs import RedactingFilter
from ..paths import make_private

FILE = "daemon.log"
LOGGER = "hookwright"
#: Bytes of one file, and how many full ones are kept beside the one that grows.
MAX_SIZE = 2**20
KEPT = 3
_POLL_S = 0.2
_LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) ([A-Z]+) ([\w.]+): (.*)")


class Entry(NamedTuple):
    """One thing that was logged; a traceback belongs to the message."""

    #: Local time, `YYYY-MM-DD HH:MM:SS,mmm`.
    time: str
    level: str
    logger: str
    message: str


class _Rotating(RotatingFileHandler):
    """Keeps quiet about its own trouble: a full disk, two processes that turn over."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's
        """Let the record go: an agent host reads standard error."""
        del record


def open_log(
    directory: Path, level: str, redact: Callable[[str], str], name: str = FILE
) -> logging.Handler:
    """Send what Hookwright logs to a file of the directory; return the handler.

    :param level: a name that `logging` knows, in any case.
    :raises OSError: the file cannot be written.
    """
    make_private(directory)
    file = directory / name
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600))
    handler = _Rotating(file, maxBytes=MAX_SIZE, backupCount=KEPT, encoding="utf-8")
    handler.addFilter(RedactingFilter(redact))
    handler.setFormatter(
        logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    )
    logger = logging.getLogger(LOGGER)
    logger.addHandler(handler)
    logger.setLevel(level.upper())
    return handler


def close_log(handler: logging.Handler) -> None:
    """Take the handler away again."""
    logging.getLogger(LOGGER).removeHandler(handler)
    handler.close()


def last_lines(directory: Path, count: int) -> list[str]:
    """Return the last lines of the log, the oldest first."""
    lines: deque[str] = deque(maxlen=count)
    for name in (f"{FILE}.1", FILE):
        text = _read(directory / name)
        lines.extend(text.removesuffix("\n").split("\n") if text else ())
    return list(lines)


def new_lines(directory: Path, stop: Callable[[], bool]) -> Iterator[list[str]]:
    """Yield what comes, some lines at a time, until `stop` says so.

    Survives rotation. An entry is written at once, so that its lines come together.
    """
    file = directory / FILE
    inode, position = _standing(file)
    while not stop():
        now, size = _standing(file)
        if now != inode:
            if inode and (rest := _between(directory / f"{FILE}.1", position)):
                yield _lines(rest)
            inode, position = now, 0
        found = _between(file, position) if size > position else b""
        if found:
            position += len(found)
            yield _lines(found)
        else:
            time.sleep(_POLL_S)


def entries(lines: Iterable[str]) -> Iterator[Entry]:
    """Yield what the lines say, each entry with the lines that belong to it.

    Lines before the first whole entry are left out.
    """
    entry: Entry | None = None
    for line in lines:
        found = _LINE.fullmatch(line)
        if found is not None:
            if entry is not None:
                yield entry
            entry = Entry(*found.groups())
        elif entry is not None:
            entry = entry._replace(message=f"{entry.message}\n{line}")
    if entry is not None:
        yield entry


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8", "replace")
    except FileNotFoundError:
        return ""


def _standing(file: Path) -> tuple[int, int]:
    try:
        state = file.stat()
    except FileNotFoundError:
        return (0, 0)
    return state.st_ino, state.st_size


def _between(file: Path, position: int) -> bytes:
    """Return the whole lines behind a position."""
    try:
        with file.open("rb") as source:
            source.seek(position)
            text = source.read()
    except FileNotFoundError:
        return b""
    return text[: text.rfind(b"\n") + 1]


def _lines(text: bytes) -> list[str]:
    return text.decode("utf-8", "replace").removesuffix("\n").split("\n")
