"""What the daemon and a plugin's worker process say to each other."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from hookwright.hookspecs import RecordType

from .. import errors
from ..errors import HookwrightError, PluginError
from .chain import describe
from .discovery import Found


@dataclass(frozen=True)
class Hello:
    """What a worker process is started with.

    :param path: the daemon's `sys.path`, so that both import the same files.
    :param memory_mb: address space that it may use; None for no limit.
    :param level: the plugin's log level.
    """

    found: Found
    path: tuple[str, ...]
    memory_mb: int | None
    level: int


@dataclass(frozen=True)
class Loaded:
    """The plugin is loaded, or `problem` says why it is not."""

    problem: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """One call to be made.

    :param name: of a hook or a tool.
    :param position: which of the plugin's implementations of that hook.
    :param values: arguments by name, without `context`.
    """

    kind: Literal["hook", "tool"]
    name: str
    position: int
    values: Mapping[str, Any]
    from_agent: bool
    level: int


@dataclass(frozen=True, slots=True)
class Ask:
    """The plugin uses its context while a call is under way."""

    service: str
    arguments: tuple[Any, ...] = ()
    named: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """The answer to a request or to something asked."""

    value: Any


@dataclass(frozen=True, slots=True)
class Raised:
    """It raised instead.

    :param text: `Type: text`.
    :param trace: the traceback, for the log.
    :param error: the error itself, where its class is known to both ends.
    """

    text: str
    trace: str = ""
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class Logged:
    """Something was logged; `text` is whole, `trace` a traceback or ""."""

    logger: str
    level: int
    text: str
    trace: str


class TypeName(NamedTuple):
    """A record type as it travels: its functions need not be importable."""

    name: str
    model: str


def type_name(record_type: RecordType[Any]) -> TypeName:
    """Return how a record type travels."""
    model = record_type.model
    return TypeName(record_type.name, f"{model.__module__}.{model.__qualname__}")


def raised(error: BaseException) -> Raised:
    """Return an error as it travels."""
    trace = "".join(traceback.format_exception(error)).rstrip()
    return Raised(describe(error), trace, _carried(error))


def _carried(error: BaseException) -> Exception | None:
    """Return the error, or the nearest that both ends know; None when there is none."""
    if isinstance(error, HookwrightError):
        for kind in type(error).__mro__:
            if kind.__module__ == errors.__name__:
                carried: HookwrightError = kind(str(error))
                return carried
    if type(error).__module__ != "builtins" or not isinstance(error, Exception):
        return None
    try:
        again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own, just now
    except Exception:  # noqa: BLE001 - an argument of it is the plugin's
        return None
    return again if isinstance(again, Exception) else None


def unreadable(error: Exception, what: str) -> PluginError:
    """Return the error for a value that cannot cross between the processes."""
    return PluginError(f"{what} cannot go between its process and the daemon: {error}")
