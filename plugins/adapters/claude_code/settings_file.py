"""Our hook entries in a settings file of Claude Code.

Shape: `{"hooks": {EVENT: [{"matcher"?, "hooks": [HANDLER, ...]}, ...]}}`. Everything
that is not ours stays as it stands in the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hookwright.hookspecs import HttpAccess

from ..wire.hook_file import HOOKS, Entries, HookFile, parse_file
from ..wire.lent_hooks import lent_line, program_of
from .names import AGENT_HOST, ANSWERED, BY_HTTP, TIMEOUTS

_OBSERVE = "--observe"
_BEARER = "Bearer "
_LOOPBACK = "http://127.0.0.1:"


def hook_entries(client: Sequence[str], http: HttpAccess | None = None) -> Entries:
    """Return the entry for each event: a line for the shell (`lent_hooks` says why).

    :param http: where what is only recorded goes without a process, or None.
    """
    return {
        event: [{"hooks": [_handler(client, http, event, seconds)]}]
        for event, seconds in TIMEOUTS.items()
    }


def add_hooks(
    content: bytes | None, client: Sequence[str], http: HttpAccess | None = None
) -> bytes:
    """Return the settings file with our entries in place of older ones of ours.

    :raises ValueError: the file is not what Claude Code would read.
    """
    return _FILE.add(content, hook_entries(client, http))


def strip_hooks(content: bytes) -> bytes | None:
    """Return the settings file without our entries; None when nothing is left.

    A file that cannot be read holds nothing that Claude Code would run: as it is.
    """
    return _FILE.strip(content)


def commands_of(content: bytes) -> list[str]:
    """Return the programs that our entries in a settings or hooks file run.

    :raises ValueError: the file is not what Claude Code would read.
    """
    return sorted(
        {
            # What an earlier version wrote has its arguments beside the program.
            program_of(found["command"], event) or found["command"]
            for event, found in _handlers(content)
            if "command" in found
        }
    )


def doors_of(content: bytes) -> set[HttpAccess]:
    """Return the HTTP doors that our entries in a settings or hooks file use.

    :raises ValueError: the file is not what Claude Code would read.
    """
    return {
        HttpAccess(
            found["url"].partition("/v1/")[0],
            str(found.get("headers", {}).get("Authorization", ""))[len(_BEARER) :],
        )
        for _, found in _handlers(content)
        if "url" in found
    }


def switched_off(content: bytes) -> bool:
    """Return whether the settings file switches every hook off.

    :raises ValueError: the file is not what Claude Code would read.
    """
    return parse_file(content).get("disableAllHooks") is True


def _handlers(content: bytes) -> Iterator[tuple[str, dict[str, Any]]]:
    for event, groups in _FILE.ours(content).items():
        for group in groups:
            for handler in group[HOOKS]:
                yield event, handler


def _handler(
    client: Sequence[str], http: HttpAccess | None, event: str, seconds: int
) -> dict[str, Any]:
    if http is not None and event in BY_HTTP:
        return {
            "type": "http",
            "url": http.url + _path(event),
            "headers": {
                "Authorization": _BEARER + http.token,
                "X-Hookwright-Observe": "1",
            },
            "timeout": seconds,
        }
    return {
        "type": "command",
        "command": lent_line(client, event, observe=event not in ANSWERED),
        "timeout": seconds,
    }


def _path(event: str) -> str:
    return f"/v1/hooks/{AGENT_HOST}/{event}"


def _is_ours(handler: object, event: str) -> bool:
    """Know a handler by its last arguments or its path, whatever else it has."""
    if not isinstance(handler, dict):
        return False
    if handler.get("type") == "http":
        url, headers = handler.get("url"), handler.get("headers", {})
        return (
            isinstance(url, str)
            and url.startswith(_LOOPBACK)
            and url.endswith(_path(event))
            and isinstance(headers, dict)
        )
    if "args" not in handler:
        return program_of(handler.get("command"), event) is not None
    args = handler["args"]
    if not isinstance(handler.get("command"), str):
        return False
    if not isinstance(args, list):
        return False
    tail = args[:-1] if args[-1:] == [_OBSERVE] else args
    return tail[-2:] == [AGENT_HOST, event]


def _is_our_group(group: object, event: str) -> bool:
    handlers = group.get(HOOKS) if isinstance(group, dict) else None
    return (
        isinstance(handlers, list)
        and bool(handlers)
        and all(_is_ours(handler, event) for handler in handlers)
    )


_FILE = HookFile(_is_our_group)
