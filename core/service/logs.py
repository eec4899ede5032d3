"""The daemon's log file: rotated, and redacted before anything is written."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path

from ..host.logs import RedactingFilter
from ..paths import make_private

FILE = "daemon.log"
LOGGER = "hookwright"
_MAX_SIZE = 2**20
_KEPT = 3


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
    handler = RotatingFileHandler(
        file, maxBytes=_MAX_SIZE, backupCount=_KEPT, encoding="utf-8"
    )
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
