"""One member of ours in a JSON file that also holds other things.

Such as the MCP server in an agent host's configuration. Everything that is not ours
stays as it stands in the text, comments too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .hook_file import has_twins, parse_file
from .json_comments import has_comments, plain_json
from .json_text import insert, read_container, remove

_BOM = "\ufeff"


@dataclass(frozen=True)
class JsonMember:
    """How to put a member there and take it out.

    :param group: the object that holds it, at the top of the file: `mcpServers`.
    :param name: the member's name; whatever has this name is ours.
    :param root: members that a new file needs besides.
    :param comments: whether the agent host reads comments and trailing commas.
    """

    group: str
    name: str
    root: Mapping[str, Any] = field(default_factory=dict)
    comments: bool = False

    def read(self, content: bytes | None) -> object:
        """Return the member's value, None when it is not there.

        :raises ValueError: the file is not what the agent host would read.
        """
        return None if content is None else self._group(content).get(self.name)

    def add(self, content: bytes | None, value: Mapping[str, Any]) -> bytes:
        """Return the file with the member in place of an older one.

        :raises ValueError: the file is not what the agent host would read.
        """
        if content is None or not content.decode("utf-8", "replace").strip(
            f"{_BOM} \t\r\n"
        ):
            made = {**self.root, self.group: {self.name: value}}
            return (json.dumps(made, indent=2) + "\n").encode()
        found = self._group(content)
        if found.get(self.name) == value:
            return content
        text = content.decode("utf-8-sig")
        if self.name in found:
            text = self._without(text, keep_group=True)
        return _encoded(self._with(text, value), content)

    def strip(self, content: bytes) -> bytes | None:
        """Return the file without the member; None when nothing else is in it.

        A file that cannot be read holds nothing that would be run: as it is.
        """
        try:
            found = self._group(content)
            if self.name not in found:
                return content
            before = content.decode("utf-8-sig")
            text = self._without(before, keep_group=False)
            rest = json.loads(plain_json(text))
            if (not rest or rest == dict(self.root)) and not has_comments(before):
                return None
            return _encoded(text, content)
        except ValueError:
            return content

    def _group(self, content: bytes) -> dict[str, Any]:
        found = parse_file(content, comments=self.comments).get(self.group, {})
        if has_twins(content.decode("utf-8-sig")):
            raise ValueError("it names a key twice; remove one of them")
        if not isinstance(found, dict):
            raise ValueError(f'"{self.group}" is not an object')
        return found

    def _with(self, text: str, value: Mapping[str, Any]) -> str:
        root = read_container(text)
        group = root.find(self.group)
        if group is None:
            return insert(text, root, self.group, {self.name: value})
        return insert(text, read_container(text, group.value), self.name, value)

    def _without(self, text: str, *, keep_group: bool) -> str:
        root = read_container(text)
        group = root.find(self.group)
        assert group is not None
        members = read_container(text, group.value)
        member = members.find(self.name)
        assert member is not None
        inside = text[group.start : group.end]
        if keep_group or len(members.items) > 1 or has_comments(inside):
            return remove(text, members, member)
        return remove(text, root, group)


def _encoded(text: str, before: bytes) -> bytes:
    content = text.encode()
    return _BOM.encode() + content if before.startswith(_BOM.encode()) else content
