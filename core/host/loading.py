"""Running a plugin's code while it is loaded: watched, and never further than here."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Generator
from typing import TypeVar, cast

import pluggy

from ..errors import HookwrightError, PluginError
from .chain import Call, Reply, Run
from .discovery import Found
from .workers import Workers

T = TypeVar("T")
#: Seconds that importing a plugin, or one of its registering hooks, may take.
LOAD_BUDGET_S = 20.0


def is_set(variable: str) -> bool:
    """Return whether an environment variable says yes."""
    value = os.environ.get(variable, "").strip().lower()
    return value not in ("", "0", "false", "no", "off")


def import_plugin(found: Found, workers: Workers) -> object:
    """Import what an entry point names; a class is instantiated.

    :raises PluginError: it fails, hangs or exits.
    """
    loaded = watched(found.load, "importing it", workers)
    if inspect.isclass(loaded):
        return watched(loaded, f"{loaded.__name__}()", workers)
    return loaded


def watched(
    function: Callable[[], T],
    doing: str,
    workers: Workers,
    budget: float = LOAD_BUDGET_S,
) -> T:
    """Return function's result; it runs in a worker, for at most budget seconds.

    :param doing: what to call it in the error: "importing it".
    :raises PluginError: it raised, hung or exited.
    """

    def script() -> Generator[Call, Reply, Reply]:
        return (yield Call(function, (), budget))

    return _result(Run(script(), workers).execute(), doing)


def isolated(function: Callable[[], T], doing: str) -> T:
    """Return function's result; for code of ours that a plugin's objects can break.

    :raises PluginError: it raised.
    """
    return _result(Call(function, (), LOAD_BUDGET_S).make(), doing)


def _result(reply: Reply, doing: str) -> T:  # type: ignore[type-var]
    fault = reply.fault
    if fault is None:
        return cast(T, reply.value)
    if isinstance(fault.error, HookwrightError | pluggy.PluginValidationError):
        # Ours or pluggy's own words; the type says nothing to people.
        raise PluginError(str(fault.error)) from fault.error
    how = f"raised {fault.text}" if fault.kind == "raised" else f"was {fault.text}"
    raise PluginError(f"{doing} {how}") from fault.error
