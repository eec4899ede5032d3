"""The truth table of docs/agent-hosts.md, from what conformance tests observed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

OBSERVED = Path(__file__).parent / "observed"
#: Rows in the order of a day; what is not here comes after them.
_ORDER = (
    "session_start",
    "prompt_submit",
    "tool_before",
    "tool_after",
    "file_changed",
    "commit",
    "push",
    "subagent",
    "compaction",
    "usage_reported",
    "turn_end",
    "session_end",
)
_SOME = frozenset({"usage_reported", "compaction", "prompt_submit of the host"})


def events_table() -> str:
    """Return how often each host's events of the common day were recorded."""
    hosts = _hosts()
    words = {word for host in hosts for word in host["events"]}
    rows = [
        [f"`{word}`", *(_count(host["events"], word) for host in hosts)]
        for word in sorted(words, key=_place)
    ]
    return _table(["recorded", *map(_title, hosts)], rows)


def answers_table() -> str:
    """Return what each host did with each answer."""
    hosts = _hosts()
    questions = dict.fromkeys(word for host in hosts for word in host["answers"])
    rows = [
        [word, *(host["answers"].get(word, "not tried") for host in hosts)]
        for word in questions
    ]
    return _table(["answer", *map(_title, hosts)], rows)


def _hosts() -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted(OBSERVED.glob("*.json"))]


def _title(host: dict[str, Any]) -> str:
    return f"{host['agent_host']} {host['version']}".strip()


def _count(events: dict[str, int], word: str) -> str:
    if word in _SOME and events.get(word):
        return "yes"
    return str(events.get(word, 0) or "-")


def _place(word: str) -> tuple[int, str]:
    inside = word.startswith("subagent")
    for place, start in enumerate(_ORDER):
        if word.startswith(start) and (not inside or start == "subagent"):
            return place, word
    return len(_ORDER), word


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
