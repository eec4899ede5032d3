"""One event's calls to plugins: in order, in one thread, watched.

A script is a generator that yields the next call and is sent its reply, so it reads
like a loop while whoever owns the run drives it. The worker that owns a run makes
one call after the other, without a hand-off between them. The thread that wants the
result waits and watches: when the call under way is over its budget, it takes the
run away from that worker and gives it to a fresh one. Python cannot stop a thread,
so the abandoned one goes on; when it comes back it finds that the run has another
owner, and what it brings is dropped.

A thread that needs no result itself (`start`) makes the calls without a second thread
beside it: a watcher that all such runs share takes a run away from it, and whoever
comes to the script's end hands the result on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, TypeVar

from .workers import Workers

if TYPE_CHECKING:
    from .overseer import Overseer

R = TypeVar("R")
#: How long the waiter lets a worker that has just come back take the lock.
_GRACE_S = 0.01


class RaisedElsewhereError(Exception):
    """What a plugin raised in a process of its own: its text, and its traceback."""

    def __init__(self, text: str, trace: str = "") -> None:
        super().__init__(f"{text}\n{trace}" if trace else text)
        self.text = text


class ProcessLostError(Exception):
    """A worker process cannot be asked, or was lost; the text reads after "it".

    :param blameless: the call that met this had no part in it.
    """

    def __init__(self, text: str, *, blameless: bool = False) -> None:
        super().__init__(text)
        self.blameless = blameless


class Fault(NamedTuple):
    """What went wrong in one call; `error` is what it raised.

    `lost` and `unasked` are for plugins in worker processes: the process was lost
    under the call, or could not be asked through no fault of this call's.
    """

    kind: Literal["raised", "hung", "wrong", "lost", "unasked"]
    text: str
    error: BaseException | None = None


@dataclass(slots=True)  # not frozen: a frozen one takes thrice as long to make
class Reply:
    """What came of one call, and its wall time in seconds."""

    value: Any
    fault: Fault | None
    seconds: float = 0.0


class Call:
    """One call that is to be made within `budget` seconds.

    :param abandon: called, with the run's lock held, when the call is given up; it
        must be quick and must not wait.
    """

    __slots__ = ("abandon", "args", "budget", "ended", "function", "started")

    def __init__(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        budget: float,
        abandon: Callable[[], None] | None = None,
    ) -> None:
        self.function = function
        self.args = args
        self.budget = budget
        self.abandon = abandon
        #: Set by the worker: a machine too busy to start it is no plugin's fault.
        self.started: float | None = None
        self.ended: float | None = None

    def make(self) -> Reply:
        """Call the function; nothing that it raises gets out."""
        started = self.started = time.monotonic()
        try:
            value = self.function(*self.args)
        except BaseException as error:  # noqa: BLE001 - a plugin may call sys.exit
            ended = self.ended = time.monotonic()
            return Reply(None, Fault("raised", describe(error), error), ended - started)
        ended = self.ended = time.monotonic()
        return Reply(value, None, ended - started)


Script = Generator[Call, Reply, R]


class _Here(threading.local):
    """What this thread is working on: a run, and as which of its owners."""

    run: Run[Any] | None = None
    owner = 0


_here = _Here()


def call_under_way() -> Call | None:
    """Return the call that this thread makes just now, unless it was given up."""
    run = _here.run
    return None if run is None else run.call_of(_here.owner)


def describe(error: BaseException) -> str:
    """Return `Type: text` for an error, whatever its own `__str__` does."""
    if isinstance(error, RaisedElsewhereError):
        return error.text
    if isinstance(error, ProcessLostError):
        return str(error)
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - the error's class is the plugin's code
        text = "(its text cannot be read)"
    name = type(error).__name__
    return f"{name}: {text}" if text else name


class Run(Generic[R]):
    """Drives one script to its end."""

    def __init__(self, script: Script[R], workers: Workers) -> None:
        self._script = script
        self._workers = workers
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        #: Counts the workers this run has had; the number is the owner's token.
        self._owner = 0
        self._current: Call | None = None
        #: When the waiter looks again by itself.
        self._wakes_at = 0.0
        self._result: R | None = None
        self._error: BaseException | None = None
        #: Takes the result, when nobody waits for it.
        self._hand_on: Callable[[Callable[[], R]], None] | None = None

    def execute(self) -> R:
        """Return the script's result; each call is abandoned at its budget's end.

        :raises BaseException: what the script itself raised, never what a call did.
        """
        with self._lock:
            self._advance(None)
        try:
            while self._current is not None:
                self._start_worker()
                self._watch()
        except BaseException:
            # ^C while waiting: nobody wants the rest any more.
            self._owner = -1
            raise
        return self._outcome()

    def start(
        self, overseer: Overseer, hand_on: Callable[[Callable[[], R]], None]
    ) -> None:
        """Make the calls in this thread; return when it has no more part in them.

        :param overseer: abandons a call at its budget's end; others go on then.
        :param hand_on: called once, in the thread that comes to the script's end, with
            a function that returns the result or raises what the script raised.
        """
        self._hand_on = hand_on
        with self._lock:
            self._advance(None)
        if self._current is None:
            hand_on(self._outcome)
            return
        overseer.watch(self)
        self._work(self._owner)

    def look(self) -> bool:
        """Abandon the call under way if it is over its budget; return whether it ended.

        For the overseer: the rest is made by another thread.
        """
        with self._lock:
            call = self._current
            if call is None:
                return True
            now = time.monotonic()
            left = call.budget - (now - (call.started or now))
            if left > 0 or call.ended is not None:
                return False
            self._abandon(call, call.budget - left)
            ended = self._current is None
        if ended:
            self._workers.start(self._end)
        else:
            self._start_worker()
        return ended

    def _outcome(self) -> R:
        if self._error is not None:
            raise self._error
        # The script has ended without an error, so its result is there.
        return self._result  # type: ignore[return-value]

    def _end(self) -> None:
        if self._hand_on is not None:
            self._hand_on(self._outcome)

    def call_of(self, owner: int) -> Call | None:
        """Return the call under way if owner still owns this run."""
        return self._current if owner == self._owner else None

    def _start_worker(self) -> None:
        owner = self._owner
        self._workers.start(lambda: self._work(owner))

    def _watch(self) -> None:
        """Wait for the end, or until a call had to be abandoned."""
        with self._lock:
            while (call := self._current) is not None:
                now = time.monotonic()
                left = call.budget - (now - (call.started or now))
                if left > 0:
                    self._wakes_at = now + left
                    self._changed.wait(left)
                elif call.ended is not None:
                    self._changed.wait(_GRACE_S)
                else:
                    self._abandon(call, call.budget - left)
                    return

    def _abandon(self, call: Call, seconds: float) -> None:
        self._owner += 1
        if call.abandon is not None:
            call.abandon()
        text = f"still running after {seconds * 1000:.0f} ms, given up"
        self._advance(Reply(None, Fault("hung", text), seconds))

    def _work(self, owner: int) -> None:
        """Make calls while this worker owns the run."""
        _here.run, _here.owner = self, owner
        try:
            is_mine = self._make_calls(owner)
        finally:
            _here.run = None
        if is_mine:
            self._end()

    def _make_calls(self, owner: int) -> bool:
        """Make calls until the script ends; return whether it ended with this owner."""
        call = self._current
        while call is not None:
            reply = call.make()
            with self._lock:
                if self._owner != owner:
                    return False
                self._advance(reply)
                ended, call = call.ended or 0.0, self._current
                # The waiter sleeps until the deadline of an earlier call; it is woken
                # for the end, and for a call that has less time.
                if call is None or ended + call.budget < self._wakes_at:
                    self._changed.notify_all()
        return True

    def _advance(self, reply: Reply | None) -> None:
        """Send the reply to the script and take its next call; the lock is held."""
        try:
            # A generator's first step takes None.
            self._current = self._script.send(reply)  # type: ignore[arg-type]
        except StopIteration as end:
            self._result = end.value
            self._current = None
        except BaseException as error:  # noqa: BLE001 - raised again by execute()
            self._error = error
            self._current = None
