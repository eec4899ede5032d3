"""The status line: what was refused last, and the parts of all plugins in one line."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime

from hookwright.hookspecs import (
    Adapter,
    Decision,
    Delivery,
    Event,
    PromptSubmit,
    Refusal,
    StatusPart,
    StatusQuery,
    StatusReader,
    ToolBefore,
)

#: Sessions whose last refusal is kept in memory.
MOST_SESSIONS = 256
#: Characters of a reason that are kept, and of a whole line.
LONGEST_REASON = 300
LONGEST = 240
SEPARATOR = " | "
#: What is shown when no plugin has anything to show: it works.
NAME = "hookwright"
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]+")


class Refusals:
    """The last refusal of each session; may be used by many threads."""

    def __init__(self, redact: Callable[[str], str]) -> None:
        self._redact = redact
        self._lock = threading.Lock()
        self._last: OrderedDict[tuple[str, str], Refusal] = OrderedDict()

    def note(self, events: Sequence[Event], decision: Decision, now: datetime) -> None:
        """Remember a decision that refuses; others change nothing."""
        judged = next(
            (event for event in events if isinstance(event, ToolBefore | PromptSubmit)),
            None,
        )
        if judged is None or decision.outcome not in ("ask", "deny"):
            return
        said = dict.fromkeys(
            step.plugin for step in decision.steps if step.said == decision.outcome
        )
        refusal = Refusal(
            time=now,
            outcome=decision.outcome,
            plugins=tuple(said),
            what=_what(judged),
            reason=self._redact(decision.reason[:LONGEST_REASON]),
        )
        with self._lock:
            key = (judged.agent_host, judged.session_id)
            self._last[key] = refusal
            self._last.move_to_end(key)
            while len(self._last) > MOST_SESSIONS:
                self._last.popitem(last=False)

    def last(self, agent_host: str, session_id: str) -> Refusal | None:
        """Return the session's last refusal since this process began, or None."""
        with self._lock:
            return self._last.get((agent_host, session_id))


def _what(event: ToolBefore | PromptSubmit) -> str:
    return event.call.native_name if isinstance(event, ToolBefore) else "prompt"


def read_status(adapter: Adapter, delivery: Delivery) -> tuple[StatusQuery | None, str]:
    """Return what a delivery that is no event asks for, and what is wrong with it."""
    if not isinstance(adapter, StatusReader):
        return None, ""
    try:
        return adapter.read_status(delivery), ""
    except ValueError as error:
        return None, str(error)


def line_of(parts: Sequence[StatusPart]) -> str:
    """Return the line: the parts in rising order, of `LONGEST` characters at most.

    What models and repositories wrote must not steer a terminal, so it holds no
    control characters.
    """
    ordered = sorted(parts, key=lambda part: part.order)
    texts = [" ".join(_UNSEEN.sub(" ", part.text).split()) for part in ordered]
    line = SEPARATOR.join(text for text in texts if text)
    if len(line) > LONGEST:
        line = line[: LONGEST - 3].rstrip() + "..."
    return line or NAME
