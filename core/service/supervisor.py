"""Decide in a child process, so that whatever becomes of it the agent has its answer.

What decides without a daemon loads strangers' code: that may hang with Python's lock
held, exit, crash or use up the memory, and no thread beside it can help. So it is a
child, and its parent, which loads nothing but the standard library, waits for it until
a deadline. When there is no answer by then, the parent kills the child, keeps the event
as on the cold path where the child has not, and prints what the guards' failure
policies say (`unanswered.py`). With an answer it leaves at once; the child has nothing
open that an agent host waits for, and ends by itself.
"""

from __future__ import annotations

import os
import time

from ..places import RUN, find_places
from .child import DONE, TOO_LONG, Child
from .client import ANSWER_TIMEOUT, answer_timeout, write_all
from .complaints import line
from .relay import Sender, read_told

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .intake import RawDelivery

#: Seconds until the answer that was rendered beforehand is given. The client may have
#: waited 2 s for a daemon before, and the event may have to be recorded afterwards:
#: together that is below the 10 s of a hook entry (`Adapter.refusable_events`).
LIMIT = 5.0
#: Where the client has waited longer than its 2 s, the child has less, but this.
LEAST = 1.0
#: Part of the child's time that is for asking plugins; the rest is for the answer.
_SHARE = 0.875
#: Seconds that recording the event in the child's place may take.
RECORD_LIMIT = 1.0


def supervise(raw: RawDelivery, flags: str) -> int:
    """Have one event answered, print the answer, and return the exit code."""
    deadline = time.monotonic() + _limit(raw, flags)
    try:
        child = Child(lambda writer: _decide(raw, flags, writer, deadline))
    except OSError as error:
        return _stand_in(raw, f"no process can be started: {error}", kept=False)
    while True:
        problem = child.listen(deadline)
        told = read_told(child.content)
        if told.answer or told.failure or problem:
            break
    if told.answer is None:
        child.kill()
        told = read_told(child.content)
    child.close()
    if told.answer is None:
        return _stand_in(raw, told.failure or problem, kept=told.kept)
    stdout, stderr, code = told.answer
    write_all(1, stdout)
    write_all(2, stderr)
    return code


def _limit(raw: RawDelivery, flags: str) -> float:
    """Return the seconds for the child, less where the client has waited longer."""
    if "s" in flags or "d" in flags:
        return LIMIT
    data, _ = find_places(raw.environment)
    waited = answer_timeout(os.fsencode(os.path.join(data, RUN)))
    return max(LEAST, LIMIT - max(0.0, waited - ANSWER_TIMEOUT))


def _decide(raw: RawDelivery, flags: str, writer: int, deadline: float) -> None:
    """Answer in the child; what follows is nobody's to wait for."""
    sender = Sender(writer)
    now = time.monotonic()
    try:
        from .cold import add_site_packages

        add_site_packages()
        from ..paths import find_paths
        from .direct import answer_here

        due = now + (deadline - now) * _SHARE
        answer_here(raw, flags, find_paths(), outlet=sender, deadline=due)
    except BaseException as error:  # noqa: BLE001 - our own fault is the parent's to tell
        sender.failed(f"{type(error).__name__}: {error}")


def _stand_in(raw: RawDelivery, problem: str, *, kept: bool) -> int:
    """Give the answer that was rendered beforehand; return its exit code."""
    from ..paths import find_paths
    from . import unanswered

    said = b"" if kept else _record(raw)
    file = unanswered.file_of(find_paths(raw.environment), raw.environment)
    answer = unanswered.find(file, raw.agent_host, raw.arguments)
    told = line(f"no plugin could be asked: {problem}")
    write_all(1, answer.stdout.encode("utf-8", "replace"))
    write_all(2, (answer.stderr + told).encode("utf-8", "replace") + said)
    return answer.exit_code


def _record(raw: RawDelivery) -> bytes:
    """Keep the event as on the cold path; return what is to be said of that.

    In a process of its own, too: it must not fail together with what failed before.
    """

    def work(writer: int) -> None:
        from .rescue import record

        os.dup2(writer, 2)
        record(raw)

    try:
        child = Child(work)
    except OSError as error:
        return line(f"this event is lost: {error}").encode("utf-8", "replace")
    deadline = time.monotonic() + RECORD_LIMIT
    while not (problem := child.listen(deadline)):
        pass
    child.close()
    if problem == TOO_LONG:
        # It goes on by itself; only nobody waits for it any longer.
        return child.content + line("this event is still being recorded").encode()
    if problem != DONE:
        return child.content + line(f"this event may be lost: {problem}").encode()
    return child.content
