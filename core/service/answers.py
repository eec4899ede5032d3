"""The answers that were given lately: a delivery that is sent again gets the same."""

from __future__ import annotations

import threading
from collections import OrderedDict

from hookwright.hookspecs import Answer

#: So many are remembered, and so many characters of them: a rewritten input may be as
#: long as a file.
MOST = 1024
MOST_CHARACTERS = 4 * 2**20


class RecentAnswers:
    """Answers by the delivery's id; may be used by many threads."""

    def __init__(self) -> None:
        self._answers: OrderedDict[str, Answer] = OrderedDict()
        self._characters = 0
        self._lock = threading.Lock()

    def find(self, delivery_id: str) -> Answer | None:
        """Return the answer to a delivery, or None."""
        with self._lock:
            return self._answers.get(delivery_id)

    def remember(self, delivery_id: str, answer: Answer) -> None:
        """Keep an answer for a while."""
        with self._lock:
            self._forget(self._answers.pop(delivery_id, None))
            self._answers[delivery_id] = answer
            self._characters += _length(answer)
            while len(self._answers) > MOST or self._characters > MOST_CHARACTERS:
                self._forget(self._answers.popitem(last=False)[1])

    def _forget(self, answer: Answer | None) -> None:
        if answer is not None:
            self._characters -= _length(answer)


def _length(answer: Answer) -> int:
    return len(answer.stdout) + len(answer.stderr)
