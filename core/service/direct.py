"""Answer one event in this process, with the same code as in the daemon."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from hookwright.hookspecs import Answer

from ..errors import UnknownNameError
from ..paths import Paths
from ..redaction import Redactor, load_key
from .client import write_all
from .complaints import line
from .deliveries import Received
from .intake import RawDelivery
from .logs import LOGGER, close_log, open_log
from .opening import Extra
from .runtime import Runtime

LOG_FILE = "direct.log"


def answer_here(
    raw: RawDelivery, flags: str, paths: Paths, plugins: Iterable[Extra] = ()
) -> int:
    """Answer on standard output and standard error; return the exit code.

    The agent host reads its answer before the observers run. What they write stays
    in the spool, unless the event is one that flushes.

    :param plugins: plugins that are not installed, each with its name.
    """
    with _own_output() as out, _log_file(paths):
        runtime = Runtime.open(paths, plugins=plugins)
        try:
            answer, received = _answer(runtime, raw, observe="o" in flags)
        except UnknownNameError as error:
            write_all(2, line(str(error)).encode())
            runtime.close("")
            return 2 if "t" in flags else 0
        problem = line(runtime.unrecorded) if runtime.unrecorded else ""
        write_all(out, answer.stdout.encode("utf-8", "replace"))
        write_all(2, (answer.stderr + problem).encode("utf-8", "replace"))
        os.close(out)
        if runtime.finish(received) is not None:
            for left in runtime.recover():
                runtime.finish(left)
        runtime.close("")
        return answer.exit_code


def _answer(
    runtime: Runtime, raw: RawDelivery, *, observe: bool
) -> tuple[Answer, Received]:
    if not observe:
        return runtime.answer(raw)
    received = runtime.receive(raw)
    said = received.problem or received.note
    return Answer(stderr=line(said) if said else ""), received


@contextmanager
def _own_output() -> Iterator[int]:
    """Keep standard output for the answer: what plugins print goes to stderr."""
    out, kept = os.dup(1), os.dup(1)
    os.dup2(2, 1)
    try:
        yield out
    finally:
        # What a plugin printed may still be in Python's own buffer.
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


@contextmanager
def _log_file(paths: Paths) -> Iterator[None]:
    """Log to a file: an agent host shows stderr to people, or takes it for failure."""
    handler: logging.Handler
    try:
        redactor = Redactor(load_key(paths.data))
        handler = open_log(paths.logs, "warning", redactor.text, LOG_FILE)
    except OSError:
        handler = logging.NullHandler()
        logging.getLogger(LOGGER).addHandler(handler)
    try:
        yield
    finally:
        close_log(handler)
