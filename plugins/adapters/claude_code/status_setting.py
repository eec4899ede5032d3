"""The member `statusLine` of a settings file of Claude Code: ours, or left alone.

Shape: `{"statusLine": {"type": "command", "command": SHELL_TEXT, "refreshInterval":
SECONDS}}` (settings reference, 2.1.329). Claude Code runs the text in a shell whenever
the conversation moves on, and after each interval, with a JSON object on its standard
input, and shows what it prints.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from hookwright.hookspecs import InstallRequest

from ..wire.hook_file import has_twins, parse_file
from ..wire.json_text import insert, read_container, remove
from ..wire.programs import read_settings
from .names import AGENT_HOST, STATUS

MEMBER = "statusLine"
#: Seconds after which the line is drawn again while nobody says anything: an agent may
#: be halted from elsewhere, and at the start no daemon may run yet.
REFRESH = 10
#: By its end a command is known as ours, whatever client it runs.
_TAIL = f" {AGENT_HOST} {STATUS} --if-running"
_BOM = "\ufeff"


def status_command(client: Sequence[str]) -> str:
    """Return the shell text that prints the line: a client that waits for nobody."""
    return shlex.join(client) + _TAIL


def status_in(content: bytes | None) -> Literal["none", "ours", "other"]:
    """Return whose status line a settings file has.

    :raises ValueError: the file is not what Claude Code would read.
    """
    if content is None or _is_blank(content):
        return "none"
    found = parse_file(content)
    if MEMBER not in found:
        return "none"
    return "ours" if _is_ours(found[MEMBER]) else "other"


def with_status(
    request: InstallRequest, path: Path, content: bytes | None, files: Sequence[Path]
) -> tuple[bytes | None, tuple[str, ...]]:
    """Return a settings file with what the request wants of the line, and notes.

    Ours is added only where nobody has chosen one, and goes where somebody has.

    :param path: the file.
    :param content: what it will hold apart from the line; None where there is none.
    :param files: where the user may have chosen one, this file too.
    :raises ValueError: the file is not what Claude Code would read.
    """
    without = None if content is None else strip_status(content)
    if not request.status_line:
        return without, ()
    owners = {each: _owner(each) for each in files}
    if taken := [each for each, owner in owners.items() if owner == "other"]:
        return without, (_yours(taken[0]),)
    if any(owner == "ours" and each != path for each, owner in owners.items()):
        return without, ()
    return add_status(content, request.client), ()


def _owner(path: Path) -> Literal["none", "ours", "other"]:
    try:
        return status_in(read_settings(path))
    except ValueError:
        return "other"  # who cannot tell takes nothing


def _yours(path: Path) -> str:
    return (
        f"The status line in {path} stays as it is; hookwright statusline --command "
        "prints what shows Hookwright's part in it."
    )


def add_status(content: bytes | None, client: Sequence[str]) -> bytes:
    """Return the file with our status line, in place of an older one of ours.

    A file with somebody else's is returned as it is.

    :raises ValueError: the file is not what Claude Code would read.
    """
    wanted = {
        "type": "command",
        "command": status_command(client),
        "refreshInterval": REFRESH,
    }
    match status_in(content):
        case "other":
            assert content is not None
            return content
        case "ours":
            assert content is not None
            if parse_file(content)[MEMBER] == wanted:
                return content
            content = strip_status(content)
    if content is None or _is_blank(content):
        return (json.dumps({MEMBER: wanted}, indent=2) + "\n").encode()
    text = content.decode("utf-8-sig")
    edited = insert(text, read_container(text), MEMBER, wanted)
    return _encoded(edited, content)


def strip_status(content: bytes) -> bytes | None:
    """Return the file without our status line; None when nothing else is in it.

    A file that cannot be read, or names a key twice, is left as it is.
    """
    try:
        if status_in(content) != "ours":
            return content
        text = content.decode("utf-8-sig")
        if has_twins(text):
            return content
    except ValueError:
        return content
    root = read_container(text)
    item = root.find(MEMBER)
    if item is None or len(root.items) == 1:
        return None
    return _encoded(remove(text, root, item), content)


def _is_ours(value: Any) -> bool:
    command = value.get("command") if isinstance(value, dict) else None
    return isinstance(command, str) and command.endswith(_TAIL)


def _is_blank(content: bytes) -> bool:
    return not content.decode("utf-8", "replace").strip(f"{_BOM} \t\r\n")


def _encoded(text: str, before: bytes) -> bytes:
    content = text.encode()
    return _BOM.encode() + content if before.startswith(_BOM.encode()) else content
