"""Our hook entries in a JSON file that also holds other things.

Shape: `{"hooks": {EVENT: [ENTRY, ...]}}`; what an entry is differs from one agent host
to the next. Everything that is not ours stays as it stands in the text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .json_comments import has_comments, plain_json
from .json_text import Container, Item, insert, read_container, remove

_BOM = "\ufeff"
HOOKS = "hooks"
Entries = Mapping[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class HookFile:
    """How to find our entries in such a file, put them there and take them out.

    :param is_ours: says of an entry, and the event it stands under, whether it is.
    :param root: members that the file needs besides, such as `{"version": 1}`.
    :param comments: whether the agent host reads comments and trailing commas.
    """

    is_ours: Callable[[object, str], bool]
    root: Mapping[str, Any] = field(default_factory=dict)
    comments: bool = False

    def add(self, content: bytes | None, entries: Entries) -> bytes:
        """Return the file with our entries in place of older ones of ours.

        :raises ValueError: the file is not what the agent host would read.
        """
        added = {event: list(found) for event, found in entries.items()}
        if content is None or not content.decode("utf-8", "replace").strip(
            f"{_BOM} \t\r\n"
        ):
            text = json.dumps({**self.root, HOOKS: added}, indent=2) + "\n"
            return text.encode()
        before = self._parse(content)
        if self._found(before) == added and not self._missing(before):
            return content
        return _edited(
            content,
            lambda text: self._with_ours(text, added),
            self._merged(before, added),
        )

    def strip(self, content: bytes) -> bytes | None:
        """Return the file without our entries; None when nothing else is in it.

        A file that cannot be read holds nothing that would be run: as it is.
        """
        try:
            before = self._parse(content)
            if not self._found(before):
                return content
            rest = self._pruned(before)
            bare = not has_comments(content.decode("utf-8-sig"))
            if bare and (not rest or rest == dict(self.root)):
                return None
            return _edited(content, self._without_ours, rest)
        except ValueError:
            return content

    def ours(self, content: bytes) -> dict[str, list[Any]]:
        """Return our entries by event.

        :raises ValueError: the file is not what the agent host would read.
        """
        return self._found(self._parse(content))

    def _parse(self, content: bytes) -> dict[str, Any]:
        return parse_file(content, comments=self.comments)

    def _found(self, settings: dict[str, Any]) -> dict[str, list[Any]]:
        found = {
            event: [entry for entry in entries if self.is_ours(entry, event)]
            for event, entries in _events(settings).items()
        }
        return {event: entries for event, entries in found.items() if entries}

    def _missing(self, settings: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in self.root.items() if key not in settings}

    def _pruned(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Return the settings without our entries and without what held only them."""
        left: dict[str, list[Any]] = {}
        for event, entries in _events(settings).items():
            kept = [entry for entry in entries if not self.is_ours(entry, event)]
            if kept or not entries:
                left[event] = kept
        rest = {key: value for key, value in settings.items() if key != HOOKS}
        return settings | {HOOKS: left} if left else rest

    def _merged(
        self, settings: dict[str, Any], added: dict[str, list[dict[str, Any]]]
    ) -> dict[str, Any]:
        rest = self._pruned(settings)
        hooks = {event: list(entries) for event, entries in _events(rest).items()}
        for event, entries in added.items():
            hooks[event] = [*hooks.get(event, []), *entries]
        return rest | self._missing(settings) | {HOOKS: hooks}

    def _with_ours(self, text: str, added: dict[str, list[dict[str, Any]]]) -> str:
        text = self._without_ours(text)
        for key, value in self._missing(json.loads(plain_json(text))).items():
            text = insert(text, read_container(text), key, value)
        for event, entries in added.items():
            for entry in entries:
                text = _insert_entry(text, event, entry)
        return text

    def _without_ours(self, text: str) -> str:
        """Remove one of our entries after another, then what held only them."""
        while (found := self._first_of_ours(text)) is not None:
            text = remove(text, *found)
        return text

    def _first_of_ours(self, text: str) -> tuple[Container, Item] | None:
        root = read_container(text)
        hooks = root.find(HOOKS)
        if hooks is None:
            return None
        events = read_container(text, hooks.value)
        for event in events.items:
            entries = read_container(text, event.value)
            for entry in entries.items:
                value = json.loads(plain_json(text[entry.value : entry.end]))
                if self.is_ours(value, event.key):
                    if len(entries.items) > 1:
                        return entries, entry
                    return (events, event) if len(events.items) > 1 else (root, hooks)
        return None


def parse_file(content: bytes, *, comments: bool = False) -> dict[str, Any]:
    """Return the file's object.

    :param comments: whether comments and trailing commas are let pass.
    :raises ValueError: it is not UTF-8, not JSON, or of another shape.
    """
    try:
        text = content.decode("utf-8-sig")
        value = json.loads(plain_json(text) if comments else text)
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


def _events(settings: dict[str, Any]) -> dict[str, list[Any]]:
    hooks = settings.get(HOOKS, {})
    if not isinstance(hooks, dict):
        raise ValueError(f'"{HOOKS}" is not an object')
    for event, entries in hooks.items():
        if not isinstance(entries, list):
            raise ValueError(f'"{HOOKS}.{event}" is not a list')
    return hooks


def _insert_entry(text: str, event: str, entry: dict[str, Any]) -> str:
    root = read_container(text)
    hooks = root.find(HOOKS)
    if hooks is None:
        return insert(text, root, HOOKS, {event: [entry]})
    events = read_container(text, hooks.value)
    entries = events.find(event)
    if entries is None:
        return insert(text, events, event, [entry])
    return insert(text, read_container(text, entries.value), None, entry)


def _edited(
    content: bytes, edit: Callable[[str], str], expected: dict[str, Any]
) -> bytes:
    """Return the edited text, or plainly written JSON where it cannot be edited."""
    before = content.decode("utf-8-sig")
    # Of two keys of one name the last counts, until an edit removes it.
    text = "" if has_twins(before) else edit(before)
    if not text or json.loads(plain_json(text)) != expected:
        if has_comments(before):
            raise ValueError("it names a key twice, which is why its comments would go")
        text = json.dumps(expected, indent=2, ensure_ascii=False) + "\n"
    return (_BOM + text if content.startswith(_BOM.encode()) else text).encode()


def has_twins(text: str) -> bool:
    """Return whether an object in a well-formed text names a key twice."""
    twins: list[str] = []

    def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            twins.extend(found)
        return found

    json.loads(plain_json(text), object_pairs_hook=note)
    return bool(twins)
