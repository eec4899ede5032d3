"""Methods of `pathlib` paths and of open archives: what they do with files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..access import Mode
from .python_effects import EFFECTS, Given, touch
from .python_listing import matching, names_in, walked
from .python_values import NOTHING, Archive, Nothing, PathValue, text_of

if TYPE_CHECKING:
    from .python_code import Interpreter

#: What is done to a path by its own methods: name -> mode.
_MODES: dict[str, Mode] = {
    **dict.fromkeys(("read_text", "read_bytes"), "read"),
    **dict.fromkeys(("write_text", "write_bytes", "touch"), "write"),
    **dict.fromkeys(("unlink", "rmdir"), "remove"),
    **dict.fromkeys(
        [
            "exists",
            "is_file",
            "is_dir",
            "is_symlink",
            "stat",
            "lstat",
            "chmod",
            "owner",
            "group",
        ],
        "look",
    ),
    **dict.fromkeys(
        ["rename", "replace", "copy", "copy_into", "move", "move_into", "link_to"],
        "copy",
    ),
}


def path_method(code: Interpreter, path: PathValue, name: str, given: Given) -> object:
    """Return what a method of a path gives, and report what it does."""
    if name == "open":
        return EFFECTS["open"](code, Given([path, *given.positional], given.named))
    mode = _MODES.get(name)
    if mode is not None:
        target = given.get(0, "target")
        goes = "" if mode != "copy" or isinstance(target, Nothing) else text_of(target)
        code.call.access(mode, path.text, target=goes)
        return text_of(NOTHING) if mode == "read" else NOTHING
    if name in ("glob", "rglob"):
        pattern = text_of(given.get(0, "pattern"))
        start = "" if path.text == "." else path.text
        found = matching(code.call, start, pattern, hidden=True, deep=name == "rglob")
        return [PathValue(each) for each in found]
    if name == "iterdir":
        base = "" if path.text == "." else path.text.rstrip("/") + "/"
        return [PathValue(base + each) for each in names_in(code.call, path.text)]
    if name == "walk":
        rows = [row for row in walked(code.call, path.text) if isinstance(row, list)]
        return [[PathValue(text_of(row[0])), *row[1:]] for row in rows]
    return _computed(code, path, name, given)


def _computed(code: Interpreter, path: PathValue, name: str, given: Given) -> object:
    argument = text_of(given.get(0))
    head, _, last = path.text.rpartition("/")
    if name in ("joinpath", "__truediv__"):
        return EFFECTS["pathlib.Path"](code, Given([path, *given.positional], {}))
    if name in ("resolve", "absolute"):
        return PathValue(code.call.path(path.text))
    if name == "expanduser":
        expand = EFFECTS["os.path.expanduser"]
        return PathValue(text_of(expand(code, Given([path.text], {}))))
    if name == "with_name":
        return PathValue(f"{head or '.'}/{argument}")
    if name == "with_suffix":
        stem = last.rpartition(".")[0] or last
        return PathValue(f"{head}/{stem}{argument}" if head else f"{stem}{argument}")
    if name == "with_stem":
        ending = last[last.rfind(".") :] if "." in last[1:] else ""
        return PathValue(f"{head or '.'}/{argument}{ending}")
    if name in ("as_posix", "__str__", "__fspath__"):
        return path.text
    if name in ("symlink_to", "hardlink_to"):
        code.call.access(
            "copy", argument, "makes another name for it", target=path.text
        )
    return NOTHING


def archive_method(
    code: Interpreter, archive: Archive, name: str, given: Given
) -> object:
    """Report what a method of an archive takes in."""
    if name in ("write", "add", "writepy"):
        path = given.get(0, "name", "filename")
        below = code.call.world.is_directory(code.call.path(text_of(path)))
        touch(code, "copy", path, f"puts it into {archive.path}", below=below)
    return NOTHING
