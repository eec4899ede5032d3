"""Change a JSON text in one place and leave every other byte as it is.

The text was parsed before: it is well-formed, and no object has one key twice. It may
have comments and trailing commas (`json_comments`); they stay.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from .json_comments import after_comments, plain_json, without_comments

_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()
_DEFAULT_INDENT = "  "


@dataclass(frozen=True)
class Item:
    """One member of an object or one element of a list, by its place in the text.

    `start` is where the key begins (or the value, in a list), `end` is after the value.
    """

    key: str
    start: int
    value: int
    end: int


@dataclass(frozen=True)
class Container:
    """An object or a list, from its opening to after its closing bracket."""

    start: int
    end: int
    items: tuple[Item, ...]

    def find(self, key: str) -> Item | None:
        """Return the member of that name, or None."""
        return next((item for item in self.items if item.key == key), None)


def read_container(text: str, start: int = 0) -> Container:
    """Return the object or list that begins at start, or after white space."""
    text = plain_json(text)
    start = _skip(text, start)
    items = tuple(_items(text, start))
    last = items[-1].end if items else start + 1
    return Container(start, _skip(text, last) + 1, items)


def insert(text: str, container: Container, key: str | None, value: object) -> str:
    """Return text with a new last member (or element, without key) in the container."""
    base = _indent_of_line(text, container.start)
    indent = _inner_indent(text, container)
    prefix = "" if key is None else f"{json.dumps(key)}: "
    if indent is None:
        lead, addition = " ", prefix + json.dumps(value, ensure_ascii=False)
    else:
        newline = "\r\n" if "\r\n" in text else "\n"
        step = indent[len(base) :] or _DEFAULT_INDENT
        lines = json.dumps(value, ensure_ascii=False, indent=step).split("\n")
        lead = newline + indent
        addition = prefix + lead.join(lines)
    if container.items:
        return _append(text, container, lead, addition)
    inside = text[container.start + 1 : container.end - 1].rstrip()
    if inside:
        at = container.start + 1 + len(inside)
        return f"{text[:at]}{lead}{addition}{text[at:]}"
    closing = "" if indent is None else newline + base
    opening = "" if indent is None else lead
    head, tail = text[: container.start + 1], text[container.end - 1 :]
    return head + opening + addition + closing + tail


def _append(text: str, container: Container, lead: str, addition: str) -> str:
    """Return text with the addition after the last item and its comments."""
    end = container.items[-1].end
    comma = _comma(text, end, container.end)
    start = end if comma is None else comma + 1
    # On one line it goes before the comments: the last may be a `//`.
    at = after_comments(text, start) if lead.strip(" ") else start
    if comma is None:
        return f"{text[:end]},{text[end:at]}{lead}{addition}{text[at:]}"
    return f"{text[:at]}{lead}{addition},{text[at:]}"


def remove(text: str, container: Container, item: Item) -> str:
    """Return text without one member or element and without the comma it needed."""
    inside = text[container.start : container.end]
    if plain_json(inside) != inside:
        return _remove_beside_comments(text, container, item)
    place = container.items.index(item)
    if len(container.items) == 1:
        return text[: container.start + 1] + text[container.end - 1 :]
    if place == 0:
        return text[: item.start] + text[container.items[1].start :]
    return text[: container.items[place - 1].end] + text[item.end :]


def _remove_beside_comments(text: str, container: Container, item: Item) -> str:
    place = container.items.index(item)
    comma = _comma(text, item.end, container.end)
    end = item.end if comma is None else comma + 1
    start = len(text[: item.start].rstrip(" \t"))
    if text[end:].lstrip(" \t").startswith(("\n", "\r")):
        # It has its line alone; else what follows could end up behind a `//`.
        for newline in ("\n", "\r"):
            start -= text[:start].endswith(newline)
    if comma is not None:
        return text[:start] + text[item.end : comma] + text[end:]
    if place == 0:
        return text[:start] + text[end:]
    # It was the last one: the comma before it goes.
    before = _comma(text, container.items[place - 1].end, item.start)
    assert before is not None
    return text[:before] + text[before + 1 : start] + text[end:]


def _comma(text: str, start: int, end: int) -> int | None:
    """Return where the comma after an item is, None when there is none."""
    at = _skip(without_comments(text), start)
    return at if at < end and text[at] == "," else None


def _items(text: str, start: int) -> Iterator[Item]:
    is_object = text[start] == "{"
    at = _skip(text, start + 1)
    while text[at] not in "]}":
        key, begin = "", at
        if is_object:
            key, at = _DECODER.raw_decode(text, at)
            at = _skip(text, _skip(text, at) + 1)
        _, end = _DECODER.raw_decode(text, at)
        yield Item(key, begin, at, end)
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    assert found is not None
    return found.end()


def _indent_of_line(text: str, at: int) -> str:
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _inner_indent(text: str, container: Container) -> str | None:
    """Return the items' indentation, or None when they stand on one line."""
    if not container.items:
        # An empty `{}` opens up unless the whole text is one line.
        if "\n" in text.strip() or container.start == read_container(text).start:
            base = _indent_of_line(text, container.start)
            return base + _step(text)
        return None
    first = container.items[0].start
    if "\n" not in text[container.start : first]:
        return None
    return _indent_of_line(text, first)


def _step(text: str) -> str:
    """Return one step of the text's own indentation."""
    root = read_container(text)
    if root.items and "\n" in text[root.start : root.items[0].start]:
        return _indent_of_line(text, root.items[0].start) or _DEFAULT_INDENT
    return _DEFAULT_INDENT
