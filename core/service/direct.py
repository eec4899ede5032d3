"""Answer one event in this process, with the same code as in the daemon."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from hookwright.hookspecs import Answer

from ..errors import UnknownNameError
from ..paths import Paths
from ..redaction import Redactor, load_key
from ..store.cold_spool import append_cold
from .client import write_all
from .complaints import line
from .deliveries import Received
from .intake import RawDelivery
from .logs import LOGGER, close_log, open_log

if TYPE_CHECKING:
    from .opening import Extra
    from .runtime import Runtime

LOG_FILE = "direct.log"


class Outlet(Protocol):
    """Where the answer goes."""

    def kept(self) -> None:
        """Note that the event is durable."""
        ...

    def give(self, stdout: str, stderr: str, exit_code: int) -> None:
        """Hand the answer to the agent host, which goes on then."""
        ...


class Printed:
    """The outlet of a process that the agent host itself reads from.

    :param out: the descriptor for standard output.
    """

    def __init__(self, out: int) -> None:
        self._out = out

    def kept(self) -> None:
        """Do nothing: nobody asks."""

    def give(self, stdout: str, stderr: str, exit_code: int) -> None:  # noqa: ARG002 - the protocol's
        """Print; the exit code comes with the exit."""
        write_all(self._out, stdout.encode("utf-8", "replace"))
        write_all(2, stderr.encode("utf-8", "replace"))
        os.close(self._out)


def answer_here(
    raw: RawDelivery,
    flags: str,
    paths: Paths,
    plugins: Iterable[Extra] = (),
    *,
    outlet: Outlet | None = None,
    deadline: float | None = None,
) -> int:
    """Answer one event; return the exit code for the agent host.

    The agent host has its answer before the observers run. They run here where no
    daemon is to be asked (flag `d`): what they write stays in the spool, unless the
    event is one that flushes. Else the daemon lets them, or its successor, or the
    next command that a person runs.

    :param plugins: plugins that are not installed, each with its name.
    :param outlet: where the answer goes; standard output and error when None.
    :param deadline: monotonic seconds at which the gates' decision is due.
    """
    with _own_output() as out, _log_file(paths):
        outlet = outlet or Printed(out)
        if not flags.strip("ost") and not plugins:
            from . import shortcut

            answer = shortcut.answer(
                raw, paths, outlet.kept, deadline, observe="o" in flags
            )
            if answer is not None:
                outlet.give(answer.stdout, answer.stderr, answer.exit_code)
                return answer.exit_code
        # Imported late: it brings the settings and the store.
        from .runtime import Runtime

        alone = "d" in flags
        runtime = Runtime.open(paths, plugins=plugins, recover=alone)
        try:
            received = runtime.receive(raw)
        except UnknownNameError as error:
            code = 2 if "t" in flags else 0
            outlet.give("", line(str(error)), code)
            runtime.close("")
            return code
        problem = runtime.unrecorded and _set_aside(runtime, received)
        if not problem:
            outlet.kept()
        answer = _answer(runtime, received, deadline, observe="o" in flags)
        waits = bool(runtime.unrecorded) and not problem
        if waits:
            problem = f"{runtime.unrecorded}; this event waits in the spool"
        said = line(problem) if problem else ""
        outlet.give(answer.stdout, answer.stderr + said, answer.exit_code)
        # Else a daemon is there, or just starting, which reads the store once: what
        # this process wrote would come to its plugins late. It finds the event in
        # the spool.
        if not waits and alone:
            _finish(runtime, received)
        runtime.close("")
        return answer.exit_code


def _answer(
    runtime: Runtime, received: Received, deadline: float | None, *, observe: bool
) -> Answer:
    if observe:
        return runtime.answer_record(received)
    return runtime.decide(received, deadline)


def _set_aside(runtime: Runtime, received: Received) -> str:
    """Put an event in the spool that the store cannot take; return a problem, or "".

    Who can open the store again finds it there, and lets the observers see it.
    """
    if not received.events:
        return ""
    delivery = received.delivery
    payload = delivery.model_dump_json().encode()
    try:
        append_cold(runtime.paths.spool, delivery.cwd, delivery.id, payload)
    except OSError:
        return runtime.unrecorded
    return ""


def _finish(runtime: Runtime, received: Received) -> None:
    if runtime.finish(received) is not None:
        for left in runtime.recover():
            runtime.finish(left)


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
