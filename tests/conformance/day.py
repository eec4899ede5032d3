"""One day's work that every agent host does, and what must be recorded of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from .scripted_model import SUBAGENT

if TYPE_CHECKING:
    from .conftest import Workplace

NOTES = "notes.txt"
SUBAGENT_PROMPT = f"{SUBAGENT} run one command, then say that you are done"
_COMMIT = f"git add {NOTES} && git commit -q -m 'scripted' && git push -q origin HEAD"


@dataclass(frozen=True)
class Act:
    """One thing that the agent does; each host has its own tool for it."""

    does: Literal["shell", "write", "read", "edit", "agent"]
    #: The command, the path, or the subagent's prompt.
    what: str
    #: What is written; in an edit what is there and what replaces it.
    old: str = ""
    new: str = ""


def acts_of_a_day(repository: Path) -> list[Act]:
    """Return shell, file, failing, commit, push and subagent work, in order.

    The last one waits, so that what a host does beside its turn can end.
    """
    notes = str(repository / NOTES)
    return [
        Act("shell", "echo hi"),
        Act("write", notes, new="alpha\nbeta\n"),
        Act("read", notes),
        Act("edit", notes, old="beta", new="gamma"),
        Act("shell", "false"),
        Act("shell", _COMMIT),
        Act("agent", SUBAGENT_PROMPT),
        Act("shell", "sleep 2"),
    ]


#: What every host must have recorded of the day, and how often. The words are those
#: of `words_of`. Calls of a subagent stand under "subagent:".
COMMON: Mapping[str, int] = {
    "session_start": 1,
    "prompt_submit": 1,
    "tool_before shell": 4,
    "tool_after shell": 3,
    "tool_after shell failed": 1,
    "tool_before write": 1,
    "tool_after write": 1,
    "tool_before read": 1,
    "tool_after read": 1,
    "tool_before edit": 1,
    "tool_after edit": 1,
    "file_changed created": 1,
    "file_changed modified": 1,
    "commit": 1,
    "push": 1,
    "tool_before agent": 1,
    "tool_after agent": 1,
    "subagent_start": 1,
    "subagent: tool_before shell": 1,
    "subagent: tool_after shell": 1,
    "subagent_stop": 1,
    "turn_end": 1,
    "session_end": 1,
}
#: Told by some hosts, in numbers that say nothing: only whether they came is compared.
ANY_NUMBER = frozenset({"usage_reported", "compaction", "prompt_submit of the host"})


def words_of(event: Mapping[str, Any]) -> str:
    """Return what an event is in the words of the table."""
    kind = str(event["kind"])
    words = [kind]
    if kind in ("tool_before", "tool_after"):
        words.append(str(event["call"]["tool"]))
    if kind == "tool_after" and not event["succeeded"]:
        words.append("failed")
    if kind == "prompt_submit" and event["source"] != "user":
        words.append("of the host")
    if kind == "file_changed":
        words.append(str(event["change"]))
    inside = event["agent"].get("instance") and kind.startswith("tool_")
    return ("subagent: " if inside else "") + " ".join(words)


def recorded(workplace: Workplace) -> Counter[str]:
    """Return what the event log holds, counted."""
    said = workplace.hookwright("events", "--count", "10000", "--json")
    events = [json.loads(line) for line in said.splitlines()]
    # That git asks before a commit is told by no agent host.
    told = (event for event in events if event["host_event"] != "pre-commit")
    found = Counter(words_of(event) for event in told)
    for word in ANY_NUMBER & found.keys():
        found[word] = 1
    return found


def differences(
    found: Mapping[str, int], lacking: Mapping[str, int] | None = None
) -> Iterator[str]:
    """Return what differs from the common day, a line each.

    :param lacking: how often this host tells less (or more, when negative) of a word.
    """
    for word, count in COMMON.items():
        due = count - (lacking or {}).get(word, 0)
        if found.get(word, 0) != due:
            yield f"{word}: {found.get(word, 0)}, expected {due}"
    for word in found.keys() - COMMON.keys() - ANY_NUMBER:
        if found[word] != -(lacking or {}).get(word, 0):
            yield f"{word}: {found[word]}, expected none"


def calls_of_two_ids(events: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield each of the day's calls that has not one id before and after, as told."""
    told: dict[str, list[Mapping[str, Any]]] = {}
    for event in events:
        call = event.get("call")
        # That git asks before a commit is a call of its own.
        if call and event["host_event"] != "pre-commit":
            what = f"{call['tool']} {json.dumps(call['input'], sort_keys=True)}"
            told.setdefault(what, []).append(event)
    for what, found in told.items():
        if len({event["call"]["id"] for event in found}) > 1:
            when = [
                f"{event['kind']} {event['call']['id']} at {event['time']}"
                for event in found
            ]
            yield f"{what}: {when}"
