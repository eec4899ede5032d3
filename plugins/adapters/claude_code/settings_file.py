"""Our hook entries in a settings file of Claude Code.

Shape: `{"hooks": {EVENT: [{"matcher"?, "hooks": [HANDLER, ...]}, ...]}}`. Everything
that is not ours stays as it stands in the text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from hookwright.hookspecs import HttpAccess

from .json_text import Container, Item, insert, read_container, remove
from .names import AGENT_HOST, ANSWERED, BY_HTTP, TIMEOUTS

_BOM = "\ufeff"
_HOOKS = "hooks"
_OBSERVE = "--observe"
_BEARER = "Bearer "
_LOOPBACK = "http://127.0.0.1:"
Entries = dict[str, list[dict[str, Any]]]


def hook_entries(client: Sequence[str], http: HttpAccess | None = None) -> Entries:
    """Return the entry for each event: the client in exec form, without a shell.

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
    entries = hook_entries(client, http)
    if content is None or not content.decode("utf-8", "replace").strip(
        f"{_BOM} \t\r\n"
    ):
        text = json.dumps({_HOOKS: entries}, indent=2) + "\n"
        return text.encode()
    before = _parse(content)
    if _ours(before) == entries:
        return content
    return _edited(
        content, lambda text: _with_ours(text, entries), _merged(before, entries)
    )


def strip_hooks(content: bytes) -> bytes | None:
    """Return the settings file without our entries; None when nothing is left.

    A file that cannot be read holds nothing that Claude Code would run: as it is.
    """
    try:
        before = _parse(content)
    except ValueError:
        return content
    if not _ours(before):
        return content
    rest = _pruned(before)
    return _edited(content, _without_ours, rest) if rest else None


def commands_of(content: bytes) -> list[str]:
    """Return the programs that our entries in a settings or hooks file run.

    :raises ValueError: the file is not what Claude Code would read.
    """
    handlers = _handlers(content)
    return sorted({found["command"] for found in handlers if "command" in found})


def doors_of(content: bytes) -> set[HttpAccess]:
    """Return the HTTP doors that our entries in a settings or hooks file use.

    :raises ValueError: the file is not what Claude Code would read.
    """
    return {
        HttpAccess(
            found["url"].partition("/v1/")[0],
            str(found.get("headers", {}).get("Authorization", ""))[len(_BEARER) :],
        )
        for found in _handlers(content)
        if "url" in found
    }


def switched_off(content: bytes) -> bool:
    """Return whether the settings file switches every hook off.

    :raises ValueError: the file is not what Claude Code would read.
    """
    return _parse(content).get("disableAllHooks") is True


def _handlers(content: bytes) -> Iterator[dict[str, Any]]:
    for groups in _ours(_parse(content)).values():
        for group in groups:
            yield from group[_HOOKS]


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
    tail = [AGENT_HOST, event, *([] if event in ANSWERED else [_OBSERVE])]
    return {
        "type": "command",
        "command": client[0],
        "args": [*client[1:], *tail],
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
    if not isinstance(handler.get("command"), str):
        return False
    args = handler.get("args")
    if not isinstance(args, list):
        return False
    tail = args[:-1] if args[-1:] == [_OBSERVE] else args
    return tail[-2:] == [AGENT_HOST, event]


def _is_our_group(group: object, event: str) -> bool:
    handlers = group.get(_HOOKS) if isinstance(group, dict) else None
    return (
        isinstance(handlers, list)
        and bool(handlers)
        and all(_is_ours(handler, event) for handler in handlers)
    )


def _ours(settings: dict[str, Any]) -> dict[str, list[Any]]:
    found = {
        event: [group for group in groups if _is_our_group(group, event)]
        for event, groups in _events(settings).items()
    }
    return {event: groups for event, groups in found.items() if groups}


def _events(settings: dict[str, Any]) -> dict[str, list[Any]]:
    hooks = settings.get(_HOOKS, {})
    if not isinstance(hooks, dict):
        raise ValueError(f'"{_HOOKS}" is not an object')
    for event, groups in hooks.items():
        if not isinstance(groups, list):
            raise ValueError(f'"{_HOOKS}.{event}" is not a list')
    return hooks


def _pruned(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the settings without our entries and without what held only them."""
    left: dict[str, list[Any]] = {}
    for event, groups in _events(settings).items():
        kept = [group for group in groups if not _is_our_group(group, event)]
        if kept or not groups:
            left[event] = kept
    rest = {key: value for key, value in settings.items() if key != _HOOKS}
    return settings | {_HOOKS: left} if left else rest


def _merged(settings: dict[str, Any], entries: Entries) -> dict[str, Any]:
    rest = _pruned(settings)
    hooks = {event: list(groups) for event, groups in _events(rest).items()}
    for event, groups in entries.items():
        hooks[event] = [*hooks.get(event, []), *groups]
    return rest | {_HOOKS: hooks}


def _with_ours(text: str, entries: Entries) -> str:
    text = _without_ours(text)
    for event, groups in entries.items():
        text = _add(text, event, groups[0])
    return text


def _add(text: str, event: str, group: dict[str, Any]) -> str:
    root = read_container(text)
    hooks = root.find(_HOOKS)
    if hooks is None:
        return insert(text, root, _HOOKS, {event: [group]})
    events = read_container(text, hooks.value)
    groups = events.find(event)
    if groups is None:
        return insert(text, events, event, [group])
    return insert(text, read_container(text, groups.value), None, group)


def _without_ours(text: str) -> str:
    """Remove one of our groups after another, then what held only them."""
    while (found := _first_of_ours(text)) is not None:
        text = remove(text, *found)
    return text


def _first_of_ours(text: str) -> tuple[Container, Item] | None:
    root = read_container(text)
    hooks = root.find(_HOOKS)
    if hooks is None:
        return None
    events = read_container(text, hooks.value)
    for event in events.items:
        groups = read_container(text, event.value)
        for group in groups.items:
            if _is_our_group(json.loads(text[group.value : group.end]), event.key):
                if len(groups.items) > 1:
                    return groups, group
                return (events, event) if len(events.items) > 1 else (root, hooks)
    return None


def _edited(
    content: bytes, edit: Callable[[str], str], expected: dict[str, Any]
) -> bytes:
    """Return the edited text, or plainly written JSON where it cannot be edited."""
    before = _text(content)
    # Of two keys of one name the last counts, until an edit removes it.
    text = "" if _has_twins(before) else edit(before)
    if not text or json.loads(text) != expected:
        text = json.dumps(expected, indent=2, ensure_ascii=False) + "\n"
    return (_BOM + text if content.startswith(_BOM.encode()) else text).encode()


def _has_twins(text: str) -> bool:
    twins: list[str] = []

    def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            twins.extend(found)
        return found

    json.loads(text, object_pairs_hook=note)
    return bool(twins)


def _text(content: bytes) -> str:
    return content.decode("utf-8-sig")


def _parse(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(_text(content))
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8: byte {error.start}") from error
    except json.JSONDecodeError as error:
        raise ValueError(
            f"it is not JSON: line {error.lineno}, column {error.colno}: {error.msg}"
        ) from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(value, dict):
        raise ValueError("it does not hold a JSON object")
    _events(value)
    return value
