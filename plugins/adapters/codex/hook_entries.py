"""Our entries in Codex's `hooks.json`, and the hash by which Codex trusts each.

File: `{"hooks": {EVENT: [{"matcher"?, "hooks": [{"type": "command", "command": TEXT,
"timeout": SECONDS}]}]}}`; the text is run by the person's login shell.

Trust: Codex runs a hook when its user configuration holds the hook's hash under the
hook's name, `FILE:EVENT:GROUP:HANDLER`, the places counted from 0. The hash is SHA-256
over the hook as JSON with sorted keys and no blanks: its event, and its handler with
every default filled in (found in Codex's sources, and held against what `hooks/list`
of the app server of 0.169.0 says in the conformance test).
"""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..wire.hook_file import HOOKS, Entries, HookFile, parse_file
from .names import AGENT_HOST, ANSWERED, OBSERVE, TIMEOUTS

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


def hook_entries(client: Sequence[str]) -> Entries:
    """Return the entry for each event: the client's command, quoted for a shell."""
    return {event: [{HOOKS: [_handler(client, event)]}] for event in TIMEOUTS}


def add_hooks(content: bytes | None, client: Sequence[str]) -> bytes:
    """Return the file with our entries in place of older ones of ours.

    :raises ValueError: the file is not what Codex would read.
    """
    return _FILE.add(content, hook_entries(client))


def strip_hooks(content: bytes) -> bytes | None:
    """Return the file without our entries; None when nothing is left.

    A file that cannot be read holds nothing that Codex would run: as it is.
    """
    return _FILE.strip(content)


def commands_of(content: bytes) -> list[str]:
    """Return the programs that our entries run.

    :raises ValueError: the file is not what Codex would read.
    """
    return sorted(
        {
            shlex.split(group[HOOKS][0]["command"])[0]
            for groups in _FILE.ours(content).values()
            for group in groups
        }
    )


def trusted_hashes(source: str, content: bytes | None) -> dict[str, str]:
    """Return the hash of each of our hooks by its name.

    :param source: how Codex names the file.
    :raises ValueError: the file is not what Codex would read.
    """
    if content is None:
        return {}
    return {
        f"{place}:0": _hash(event, group[HOOKS][0])
        for place, event, group in _groups(source, content)
        if _is_ours(group, event)
    }


def moved_places(
    source: str, before: bytes | None, after: bytes | None
) -> Mapping[str, str]:
    """Return where each group that is not ours stood, and where it stands now.

    :raises ValueError: a file is not what Codex would read.
    """
    old, new = _foreign(source, before), _foreign(source, after)
    return {place: now for place, now in zip(old, new, strict=False) if place != now}


def _foreign(source: str, content: bytes | None) -> list[str]:
    if content is None:
        return []
    return [
        place
        for place, event, group in _groups(source, content)
        if not _is_ours(group, event)
    ]


def _groups(source: str, content: bytes) -> Iterator[tuple[str, str, Any]]:
    for event, groups in sorted(parse_file(content).get(HOOKS, {}).items()):
        label = _CAPITAL.sub("_", event).lower()
        for number, group in enumerate(groups):
            yield f"{source}:{label}:{number}", event, group


def _hash(event: str, handler: Mapping[str, Any]) -> str:
    identity = {
        "event_name": _CAPITAL.sub("_", event).lower(),
        HOOKS: [{"async": False, **handler}],
    }
    text = json.dumps(
        identity, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _handler(client: Sequence[str], event: str) -> dict[str, Any]:
    tail = [AGENT_HOST, event, *([] if event in ANSWERED else [OBSERVE])]
    return {
        "type": "command",
        "command": shlex.join([*client, *tail]),
        "timeout": TIMEOUTS[event],
    }


def _is_ours(group: object, event: str) -> bool:
    """Know a group by what its command ends with, and by its having nothing else."""
    match group:
        case {"hooks": [{"type": "command", "command": str(command), **rest}], **more}:
            if more or rest.keys() - {"timeout"}:
                return False
        case _:
            return False
    try:
        words = shlex.split(command)
    except ValueError:
        return False
    tail = words[:-1] if words[-1:] == [OBSERVE] else words
    return len(tail) > 2 and tail[-2:] == [AGENT_HOST, event]


_FILE = HookFile(_is_ours)
