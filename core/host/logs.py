"""Loggers whose messages are redacted before any handler sees them."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from types import TracebackType

PLUGIN_LOGGER = "hookwright.plugins"
HOST_LOGGER = "hookwright.host"


class RedactingFilter(logging.Filter):
    """Replaces secrets in the message and in the traceback of each log record.

    For a handler, this covers every logger; a logger's own filter covers only what
    is logged through it.
    """

    def __init__(self, redact: Callable[[str], str]) -> None:
        super().__init__()
        self._redact = redact

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact the record in place; always let it through."""
        record.msg = self._redact(_message(record))
        record.args = None
        if record.exc_info:
            record.exc_text = self._redact(_traceback(record.exc_info))
            record.exc_info = None
        elif record.exc_text:
            record.exc_text = self._redact(record.exc_text)
        if record.stack_info:
            record.stack_info = self._redact(record.stack_info)
        return True


class RedactingLogger(logging.Logger):
    """The host's own logger, a plugin's, and their children.

    It is not in `logging`'s table, so that each plugin host redacts with its own
    rules; its parent is, so that handlers and levels work as usual.
    """

    def __init__(self, name: str, redacting: RedactingFilter) -> None:
        super().__init__(name)
        self.parent = logging.getLogger(name.rpartition(".")[0])
        self._redacting = redacting
        self.addFilter(redacting)

    def getChild(self, suffix: str) -> RedactingLogger:  # noqa: N802 - logging's name
        """Return a logger below this one, redacted too."""
        return RedactingLogger(f"{self.name}.{suffix}", self._redacting)

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802 - logging's name
        """Return whether level is logged; never cached, since nobody resets it."""
        return level > self.manager.disable and level >= self.getEffectiveLevel()


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - arguments of a plugin that do not fit
        return f"{record.msg!s} (with arguments that do not fit: {record.args!r})"


def _traceback(
    exc_info: tuple[type[BaseException], BaseException, TracebackType | None]
    | tuple[None, None, None],
) -> str:
    if exc_info[1] is None:
        return ""
    return "".join(traceback.format_exception(exc_info[1])).rstrip()
