"""What an agent host is told when no plugin can be asked.

Standard library only and light: it is read where everything else has failed. The file
`run/unanswered.json` holds, for each message that can be refused, the answer that the
guards' failure policies give, in that agent host's own words, and the policies
themselves. An old file is better than none, so it is never out of date.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple
from zlib import crc32

from ..paths import Paths, make_private
from .client import VERSION

_NAME = "unanswered"
#: Settings in variables decide which plugins there are, so each such choice has a
#: file of its own.
_CHOICE = "HOOKWRIGHT__PLUGINS"
#: By plugin: its failure policy, and the gate hooks it implements; `host.Policies`.
Policies = Mapping[str, tuple[Literal["allow", "ask", "deny"], tuple[str, ...]]]


class Unanswered(NamedTuple):
    """What to print and how to exit; `hookspecs.Answer` costs too much here."""

    stdout: str = ""
    stderr: str = ""
    exit_code: int = 0


#: By agent host and by the client's first argument.
Answers = Mapping[str, Mapping[str, Unanswered]]


def file_of(paths: Paths, environment: Mapping[str, str]) -> Path:
    """Return where the answers for processes with these variables are."""
    chosen = sorted(f"{k}={v}" for k, v in environment.items() if k.startswith(_CHOICE))
    mark = f"-{crc32(chr(0).join(chosen).encode()):08x}" if chosen else ""
    return paths.run / f"{_NAME}{mark}.json"


def save(file: Path, answers: Answers, policies: Policies) -> None:
    """Write the file, whole or not at all; not when it holds the same already.

    :raises OSError: the run directory cannot be written.
    """
    found = {"version": VERSION, "answers": answers, "policies": policies}
    content = json.dumps(found, sort_keys=True, indent=1).encode()
    try:
        if file.read_bytes() == content:
            return
    except OSError:
        make_private(file.parent)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(draft, flags, 0o600), "wb") as out:
        out.write(content)
    os.replace(draft, file)


def find(file: Path, agent_host: str, arguments: tuple[str, ...]) -> Unanswered:
    """Return the answer to a message; silence when nobody left one."""
    words = [word for word in arguments if not word.startswith("-")]
    try:
        found = _read(file)["answers"][agent_host][words[0]]
        stdout, stderr, exit_code = found
        return Unanswered(str(stdout), str(stderr), int(exit_code))
    except (IndexError, KeyError, OSError, TypeError, ValueError):
        return Unanswered()


def policies(paths: Paths, environment: Mapping[str, str]) -> Policies:
    """Return what the guards declared when they were last loaded."""
    try:
        found = _read(file_of(paths, environment))["policies"]
        return {
            str(name): (policy, tuple(str(hook) for hook in hooks))
            for name, (policy, hooks) in found.items()
            if policy in ("ask", "deny")
        }
    except (AttributeError, KeyError, OSError, TypeError, ValueError):
        return {}


def _read(file: Path) -> dict[str, Any]:
    """Return the file's content.

    :raises OSError: there is none, or others than its user may write it.
    :raises ValueError: it is no JSON object.
    """
    # A refusal that somebody else wrote would be no worse than any that they can make
    # by removing the file; an allow would be.
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with open(descriptor, "rb") as opened:
        state = os.fstat(descriptor)
        if state.st_uid not in (0, os.geteuid()) or state.st_mode & 0o022:
            raise PermissionError(f"{file} is not its user's alone")
        found = json.loads(opened.read())
    if not isinstance(found, dict):
        raise ValueError(f"{file} holds no object")
    return found
