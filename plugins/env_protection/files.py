"""What a file or search tool of an agent host would do, as accesses."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence

from hookwright.hookspecs import ToolBefore, ToolCall

from .access import Access, Mode, Reading
from .globs import name_matches
from .words import UNKNOWN

_MODES: Mapping[str, Mode] = {"read": "read", "write": "write", "edit": "write"}
#: Arguments that hold a path, or several, in the tools of all agent hosts.
_PATHS = frozenset(
    {
        "absolute_path",
        "dest",
        "destination",
        "dir",
        "dir_path",
        "directory",
        "file",
        "file_path",
        "file_paths",
        "filename",
        "filepath",
        "files",
        "folder",
        "input_path",
        "new_path",
        "notebook_path",
        "old_path",
        "output_path",
        "path",
        "paths",
        "relative_path",
        "source",
        "src",
        "target_file",
        "uri",
        "url",
    }
)
#: Arguments that hold file patterns.
_GLOBS = frozenset({"glob", "include", "include_pattern", "globs"})
#: Search tools that only list names.
_LISTERS = frozenset(
    {"glob", "ls", "list", "list_dir", "list_directory", "list_files", "find_files"}
)
#: Arguments that hold a patch, and the files that its headers name: `apply_patch`'s own
#: form, and unified diffs (`a/` and `b/` are git's).
_PATCHES = frozenset({"diff", "input", "patch", "patch_text"})
_PATCHED = re.compile(
    r"^(?:\*\*\* (?:(?:Add|Update|Delete) File|Move to): *|(?:---|\+\+\+) (?:[ab]/)?)"
    r"([^\t\n]+)",
    re.MULTILINE,
)
#: Stands where redaction took something out of what we are given.
_TOKEN = re.compile(r"\[REDACTED:[a-z0-9-]{1,60}:[0-9a-f]{8}\]")
#: Switches that have a tool leave out hidden and ignored files, in Gemini CLI's words.
_LEFT_OUT = frozenset(
    {"use_default_excludes", "respect_git_ignore", "respect_gemini_ignore"}
)
_WILD = "*?[{"
_MOST = 400
_DEEPEST = 6


def read_file_call(event: ToolBefore) -> Reading:
    """Return what a call of a file or search tool would do."""
    call = event.call
    if call.tool == "search":
        return Reading(tuple(_search(call, event.cwd)))
    return Reading(tuple(_files(call, event.cwd)))


def _files(call: ToolCall, cwd: str) -> Iterator[Access]:
    mode = _MODES.get(call.tool, "read")
    if call.native_name in ("Delete", "delete", "delete_file"):
        mode = "remove"
    how = f"`{call.native_name}` {_VERBS[mode]} it"
    for path in named_paths(call, cwd):
        if any(mark in path for mark in _WILD):
            yield from _matching("/", path, mode, how)
        else:
            yield Access(path, mode, how)
    globs = [text for _, text in _texts(call.input, _GLOBS)]
    for glob in globs:
        yield from _matching(cwd, glob, mode, how)
    if globs and _takes_all(call.input):
        yield Access(cwd, mode, how, below=True)


def _takes_all(arguments: Mapping[str, object]) -> bool:
    """Return whether a tool that reads many files is told to leave none out."""
    switches = [value for _, value in _values(arguments, _LEFT_OUT)]
    return any(value is False for value in switches)


_VERBS: Mapping[Mode, str] = {
    "read": "reads",
    "write": "writes",
    "remove": "removes",
    "look": "names",
    "run": "runs",
    "copy": "copies",
    "send": "sends",
    "load": "loads",
    "commit": "commits",
}


def _search(call: ToolCall, cwd: str) -> Iterator[Access]:
    lists = call.native_name.casefold() in _LISTERS
    mode: Mode = "look" if lists else "read"
    how = f"`{call.native_name}` {'lists' if lists else 'searches'} it"
    globs = [text for _, text in _texts(call.input, _GLOBS)]
    # Without an argument it searches the working directory. The agent hosts' own
    # search leaves out hidden and ignored files, so a directory is no access; a file
    # or a pattern that is named is.
    for path in named_paths(call, cwd) or (cwd,):
        yield Access(path, mode, how)
        for glob in globs:
            yield from _matching(path, glob, mode, how)


def _matching(directory: str, glob: str, mode: Mode, how: str) -> Iterator[Access]:
    """Yield what a pattern names: itself, and the protected names that it matches."""
    for pattern in _alternatives(glob):
        last = pattern.rpartition("/")[2]
        place = os.path.normpath(os.path.join(directory, pattern))
        if not any(mark in last for mark in _WILD):
            yield Access(place, mode, how)
            continue
        # `*` and `*.py` are for what is not hidden; `.env*` and `*.pem` are not.
        for name in (".env", ".env.local", ".envrc", "id_rsa", "key.pem", "a.key"):
            if last.strip("*") and name_matches(last.casefold(), name):
                yield Access(os.path.join(os.path.dirname(place), name), mode, how)


def _alternatives(glob: str) -> Sequence[str]:
    """Return a pattern's alternatives: `{a,b}` outermost only, `a,b` too."""
    head, brace, rest = glob.partition("{")
    inside, end, tail = rest.partition("}")
    if not brace or not end:
        return [part.strip() for part in glob.split(",") if part.strip()][:_MOST]
    return [f"{head}{part}{tail}" for part in inside.split(",")][:_MOST]


def named_paths(call: ToolCall, cwd: str) -> tuple[str, ...]:
    """Return the paths that a call names, absolute, each once."""
    told = [_TOKEN.sub(UNKNOWN, path) for path in call.paths]
    for _, patch in _texts(call.input, _PATCHES):
        told += [absolute(name, cwd) for name in _PATCHED.findall(patch)[:_MOST]]
    found = [path for path in [*told, *paths_in(call.input, cwd)] if path]
    # Some tools take the blanks around a path away.
    bare = [path.strip() for path in found if path != path.strip()]
    return tuple(dict.fromkeys([*found, *bare]))


def paths_in(arguments: Mapping[str, object], cwd: str) -> list[str]:
    """Return the paths that a tool's arguments name, absolute."""
    found = (absolute(text, cwd) for _, text in _texts(arguments, _PATHS))
    return [path for path in found if path]


def absolute(text: str, cwd: str) -> str:
    """Return an argument as an absolute path; "" for one that is none."""
    if text[:7].lower() == "file://":
        from urllib.parse import unquote

        text = unquote(text[7:])
        text = text.removeprefix("localhost")
    elif "://" in text[:16]:
        return ""
    text = _TOKEN.sub(UNKNOWN, text)
    if "\0" in text or not text or len(text) > 4096:
        return ""
    if text[0] == "~":
        text = os.path.expanduser(text)
    # What begins with an unknown stretch may be absolute.
    joined = text if text[0] == UNKNOWN else os.path.join(cwd, text)
    return os.path.normpath(joined)


def _texts(value: object, names: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield the texts of the arguments with these names, however deep they are."""
    for name, found in _values(value, names):
        if isinstance(found, str):
            yield name, found


def _values(
    value: object, names: frozenset[str], name: str = "", depth: int = 0
) -> Iterator[tuple[str, object]]:
    if depth > _DEEPEST:
        return
    if isinstance(value, Mapping):
        for key, each in list(value.items())[:_MOST]:
            yield from _values(each, names, _plain(str(key)), depth + 1)
    elif isinstance(value, list | tuple):
        for each in value[:_MOST]:
            yield from _values(each, names, name, depth + 1)
    elif name in names:
        yield name, value


def _plain(name: str) -> str:
    """Return an argument's name as `snake_case`: `filePath`, `file-path`."""
    made = "".join(
        f"_{letter.lower()}" if letter.isupper() and place else letter.lower()
        for place, letter in enumerate(name)
    )
    return made.replace("-", "_")
