"""Ids for tool calls, of which Copilot CLI tells none to hooks.

A call is known before and after by its session, tool and arguments. Two alike differ by
when they were told; a rewritten one is found again by its new arguments.
What was answered without a daemon may be read after its own end was: then it takes the
end's id.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from typing import Any, TypeVar

from hookwright.core.api import sha256
from hookwright.hookspecs import thaw

_MAX_KEYS = 4_096
_MAX_ALIKE = 32
_K = TypeVar("_K")


class CallIds:
    """Remembers which calls are open; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        #: By what is called: when it was told (milliseconds), and the call's id.
        self._open: OrderedDict[str, list[tuple[str, str]]] = OrderedDict()
        #: What the arguments of a rewritten call became, by its id.
        self._became: OrderedDict[str, str] = OrderedDict()
        #: What became of a call was told so: a message read twice is one.
        self._closed: OrderedDict[tuple[str, str], str] = OrderedDict()
        #: Ends without a beginning, by what was called: when each was told, its id.
        self._early: OrderedDict[str, list[tuple[str, str]]] = OrderedDict()
        #: The ids of those, whatever became of them since: when each end was told.
        self._ends: OrderedDict[str, str] = OrderedDict()
        #: The beginnings that were read after their end.
        self._late: OrderedDict[tuple[str, str], str] = OrderedDict()

    def before(self, key: str, stamp: str) -> str:
        """Return the id of a call that is about to happen."""
        with self._lock:
            late = self._late.get((key, stamp)) or self._ended_early(key, stamp)
            if late:
                return late
            name = _name(key, stamp)
            _remember(self._open, key, stamp, name)
        return name

    def after(self, key: str, stamp: str) -> str:
        """Return the id of a call that ended: its own, or a new one if none fits."""
        with self._lock:
            known = self._closed.get((key, stamp))
            if known is None:
                known = self._take(key, stamp)
                if known is None:
                    known = _name(key, stamp)
                    self._note_end(key, stamp, known)
                _bounded(self._closed, (key, stamp), known)
            return known

    def rewritten(self, key: str, stamp: str, new_key: str) -> None:
        """Expect the end of a call under what its arguments became."""
        with self._lock:
            name = _name(key, stamp)
            alike = self._open.get(key, [])
            if (stamp, name) in alike:
                alike.remove((stamp, name))
            _remember(self._open, new_key, stamp, name)
            _bounded(self._became, name, new_key)

    def told_under(self, name: str) -> tuple[str, str, bool]:
        """Return what a call's other half will know it by.

        :param name: the call's id.
        :return: the key, when the call was told, and whether that was its end: where
            that was read before its beginning, the id is the end's.
        """
        with self._lock:
            key, _, stamp = name.rpartition("-")
            return self._became.get(name, key), stamp, name in self._ends

    def reopen(self, key: str, stamp: str, name: str, *, ended: bool) -> None:
        """Know a call of which another process saw one half."""
        with self._lock:
            if ended:
                self._note_end(key, stamp, name)
            else:
                _remember(self._open, key, stamp, name)

    def _note_end(self, key: str, stamp: str, name: str) -> None:
        _remember(self._early, key, stamp, name)
        _bounded(self._closed, (key, stamp), name)
        _bounded(self._ends, name, stamp)

    def _ended_early(self, key: str, stamp: str) -> str | None:
        """Return the id under which the end of a call that begins now was read."""
        early = self._early.get(key, [])
        later = [each for each in early if _number(each[0]) >= _number(stamp)]
        if not later:
            return None
        found = min(later, key=lambda each: _number(each[0]))
        early.remove(found)
        _bounded(self._late, (key, stamp), found[1])
        return found[1]

    def _take(self, key: str, stamp: str) -> str | None:
        alike = self._open.get(key, [])
        before = [each for each in alike if _number(each[0]) <= _number(stamp)]
        if not before:
            return None
        # The latest: one that was refused is never told to have ended.
        found = max(before, key=lambda each: _number(each[0]))
        alike.remove(found)
        return found[1]


def _remember(
    calls: OrderedDict[str, list[tuple[str, str]]], key: str, stamp: str, name: str
) -> None:
    alike = calls.setdefault(key, [])
    calls.move_to_end(key)
    if (stamp, name) not in alike:
        alike.append((stamp, name))
        del alike[:-_MAX_ALIKE]
    if len(calls) > _MAX_KEYS:
        calls.popitem(last=False)


def _bounded(table: OrderedDict[_K, str], key: _K, value: str) -> None:
    table[key] = value
    if len(table) > _MAX_KEYS:
        table.popitem(last=False)


def key_of(session: str, instance: str, native: str, arguments: Any) -> str:
    """Return what is the same before and after a call."""
    told = [session, instance, native, thaw(arguments)]
    text = json.dumps(told, sort_keys=True, default=str)
    # A lone half of a surrogate pair cannot be encoded, and needs not.
    content = text.encode("utf-8", "backslashreplace")
    return sha256(content).hexdigest()[:20]


def _name(key: str, stamp: str) -> str:
    return f"{key}-{stamp}" if stamp else key


def _number(stamp: str) -> int:
    return int(stamp) if stamp.isascii() and stamp.isdigit() else 0
