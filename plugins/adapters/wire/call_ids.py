"""Ids for tool calls, where an agent host tells none to its hooks.

A call is known before and after by a key: its session, tool and arguments, as the
adapter puts them together. Two alike differ by when they were told (a stamp:
milliseconds since 1970, in digits); a rewritten one is found again by the key of its
new arguments. What was answered without a daemon may be read after its own end was:
then it takes the end's id.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TypeVar

_MAX_KEYS = 4_096
_MAX_ALIKE = 32
_K = TypeVar("_K")


class CallIds:
    """Remembers which calls are open; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        #: By what is called: when it was told (milliseconds), and the call's id.
        self._open: OrderedDict[str, list[tuple[str, str]]] = OrderedDict()
        #: The ids of those that were open and have ended, or will not: their keys.
        self._done: OrderedDict[str, str] = OrderedDict()
        #: What the key of a rewritten call became, by its id.
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
            name = name_of(key, stamp)
            # Read again, it may be known by other arguments, or have ended.
            if name not in self._done and self._opened(name) is None:
                _remember(self._open, key, stamp, name)
            return name

    def after(self, key: str, stamp: str) -> str:
        """Return the id of a call that ended: its own, or a new one if none fits."""
        with self._lock:
            known = self._closed.get((key, stamp))
            if known is None:
                known = self._take(key, stamp)
                if known is None:
                    known = name_of(key, stamp)
                    self._note_end(key, stamp, known)
                _bounded(self._closed, (key, stamp), known)
            return known

    def expects(self, key: str, stamp: str) -> bool:
        """Return whether a call that ended then is known by its beginning."""
        with self._lock:
            return (key, stamp) in self._closed or bool(self._begun(key, stamp))

    def ended(self, key: str, stamp: str) -> str | None:
        """Return the id of a call whose end was read, None of another one."""
        with self._lock:
            return self._closed.get((key, stamp))

    def is_open(self, name: str) -> bool:
        """Return whether the call of that id began and has not ended."""
        with self._lock:
            return self._opened(name) is not None

    def rewritten(self, name: str, new_key: str) -> None:
        """Expect the end of an open call under what its arguments became."""
        with self._lock:
            opened = self._opened(name)
            if opened is None:
                return
            self._open[self._key_of(name)].remove(opened)
            _remember(self._open, new_key, *opened)
            _bounded(self._became, name, new_key)

    def refused(self, name: str) -> None:
        """Expect no end of a call."""
        with self._lock:
            opened = self._opened(name)
            if opened is not None:
                self._close(self._key_of(name), opened)

    def told_under(self, name: str) -> tuple[str, str, bool]:
        """Return what a call's other half will know it by.

        :param name: the call's id.
        :return: the key, when the call was told, and whether that was its end: where
            that was read before its beginning, the id is the end's.
        """
        with self._lock:
            stamp = name.rpartition("-")[2]
            return self._key_of(name), stamp, name in self._ends

    def reopen(self, key: str, stamp: str, name: str, *, ended: bool) -> None:
        """Know a call of which another process saw one half."""
        with self._lock:
            if ended:
                self._note_end(key, stamp, name)
                return
            if name != name_of(key, stamp):
                _bounded(self._became, name, key)
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
        before = self._begun(key, stamp)
        if not before:
            return None
        # The latest: one that was refused is never told to have ended.
        found = max(before, key=lambda each: _number(each[0]))
        self._close(key, found)
        return found[1]

    def _close(self, key: str, opened: tuple[str, str]) -> None:
        self._open[key].remove(opened)
        _bounded(self._done, opened[1], key)

    def _begun(self, key: str, stamp: str) -> list[tuple[str, str]]:
        alike = self._open.get(key, [])
        return [each for each in alike if _number(each[0]) <= _number(stamp)]

    def _opened(self, name: str) -> tuple[str, str] | None:
        alike = self._open.get(self._key_of(name), [])
        return next((each for each in alike if each[1] == name), None)

    def _key_of(self, name: str) -> str:
        return self._became.get(name) or name.rpartition("-")[0]


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


def name_of(key: str, stamp: str) -> str:
    """Return the id of a call whose beginning is read before its end."""
    return f"{key}-{stamp}"


def _number(stamp: str) -> int:
    return int(stamp) if stamp.isascii() and stamp.isdigit() else 0
