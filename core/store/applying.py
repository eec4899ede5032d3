"""What becomes of a stored value when steps are applied to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ..errors import RecordError
from .operations import Change, Delete, Put, PutIfAbsent, Step
from .schema import Schema

Reject = Callable[[Step, RecordError], None]


def apply_steps(
    schema: Schema,
    value: bytes | None,
    steps: Sequence[Step],
    reject: Reject,
    *,
    skip: int = 0,
) -> bytes | None:
    """Return the value after the steps; one that fails leaves it as it was.

    :param reject: is called with each step that failed and why.
    :param skip: single steps at the beginning that value went through before.
    :raises StoreDamagedError: a merge met a value whose checksum is wrong.
    """
    for step in steps:
        length = step.repeat if isinstance(step, Change) else 1
        if skip >= length:
            skip -= length
            continue
        match step:
            case Put():
                value = step.value
            case PutIfAbsent():
                value = step.value if value is None else value
            case Delete():
                value = None
            case Change():
                value = _run(schema, value, replace(step, repeat=length - skip), reject)
        skip = 0
    return value


def count_steps(steps: Sequence[Step]) -> int:
    """Return how many single steps there are, runs counted out."""
    return sum(step.repeat if isinstance(step, Change) else 1 for step in steps)


def _run(
    schema: Schema, value: bytes | None, step: Change, reject: Reject
) -> bytes | None:
    for done in range(step.repeat):
        try:
            value = schema.change(value, step.changes)
        except RecordError as error:
            # The same change on the same value fails again, however often.
            reject(replace(step, repeat=step.repeat - done), error)
            return value
    return value
