"""What a tool of an MCP server, or one that is not known, would do, as accesses.

Nobody knows what such a tool does. Its arguments are taken for paths by their names,
and, whatever they are called, where they are spelled like one. What is a path is taken
to be read; a command is followed as the shell's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hookwright.hookspecs import ToolBefore

from .access import Access, Mode, Reading
from .files import absolute, named_paths

_LOOKS = ("exists", "file_info", "get_info", "list_", "metadata", "stat_", "tree")
_REMOVES = ("delete", "remove", "unlink")
_WRITES = ("write", "create", "edit", "append", "save", "move", "rename")
_MOST = 400
_DEEPEST = 6
_LONGEST = 1_024
#: Arguments that hold a text, which may well speak of paths.
_PROSE = frozenset(
    {
        "body",
        "comment",
        "content",
        "description",
        "message",
        "new_string",
        "old_string",
        "prompt",
        "query",
        "question",
        "text",
        "title",
    }
)


def read_other_call(event: ToolBefore) -> Reading:
    """Return what a call of a tool that is not known would do."""
    call = event.call
    name = call.native_name
    low = name.rpartition("__")[2].casefold()
    mode = _mode(low)
    how = f"`{name}` is given it"
    paths = dict.fromkeys(named_paths(call, event.cwd))
    if call.tool in ("mcp", "other"):
        paths |= dict.fromkeys(_spelled(call.input, event.cwd))
    return Reading(tuple(Access(path, mode, how) for path in paths))


def _mode(name: str) -> Mode:
    """Return what a tool of that name does with the files it is given."""
    kinds: tuple[tuple[tuple[str, ...], Mode], ...] = (
        (_WRITES, "write"),
        (_LOOKS, "look"),
        (_REMOVES, "remove"),
    )
    for words, mode in kinds:
        if any(word in name for word in words):
            return mode
    return "read"


def _spelled(value: object, cwd: str, name: str = "", depth: int = 0) -> Iterator[str]:
    """Yield the arguments that are spelled like a path."""
    if depth > _DEEPEST or name.casefold() in _PROSE:
        return
    if isinstance(value, str):
        if _is_path(value) and (path := absolute(value, cwd)):
            yield path
    elif isinstance(value, Mapping):
        for key, each in list(value.items())[:_MOST]:
            yield from _spelled(each, cwd, str(key), depth + 1)
    elif isinstance(value, list | tuple):
        for each in value[:_MOST]:
            yield from _spelled(each, cwd, name, depth + 1)


def _is_path(text: str) -> bool:
    """Return whether a text is one name or path, not a sentence."""
    if not text or len(text) > _LONGEST or text[0] == "-" or "\n" in text:
        return False
    return not any(mark in text.strip() for mark in " \t<>|")
