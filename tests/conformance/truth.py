"""What was seen of each agent host, beside what docs/agent-hosts.md says of it.

The page is made from one file for each host. A run that sees something else fails and
says how to write the file anew: HOOKWRIGHT_RECORD_TRUTH=1.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

OBSERVED = Path(__file__).parents[2] / "docs" / "generators" / "observed"
RECORD = "HOOKWRIGHT_RECORD_TRUTH"
#: Read at once: a test's own environment has no such variables.
_RECORDS = bool(os.environ.get(RECORD))

#: What is asked of every host. An answer is a short sentence, such as "kept, the
#: reason reached the model"; "cannot be said" where the host has no words for it;
#: "not tried" where nobody looked.
QUESTIONS = (
    "deny a tool call",
    "deny one of a subagent",
    "deny without a daemon",
    "ask the person",
    "rewrite a tool call",
    "refuse a prompt",
    "context at session start",
    "context with a prompt",
    "events of a time without a daemon",
)


def compare(
    agent_host: str,
    version: str,
    events: Mapping[str, int] | None = None,
    answers: Mapping[str, str] | None = None,
) -> None:
    """Compare a part of what was seen with the host's file, or write it there.

    :param version: the program's version that was run.
    :param events: how often each kind was recorded of the common day.
    :param answers: what became of each answer, by the words of `QUESTIONS`.
    """
    unknown = set(answers or {}) - set(QUESTIONS)
    assert not unknown, f"not among QUESTIONS: {unknown}"
    path = OBSERVED / f"{agent_host}.json"
    told = json.loads(path.read_text()) if path.exists() else {}
    seen = {
        "agent_host": agent_host,
        "version": version,
        "events": dict(sorted((events or told.get("events", {})).items())),
        "answers": {**told.get("answers", {}), **(answers or {})},
    }
    if _RECORDS:
        path.write_text(json.dumps(seen, indent=2, sort_keys=True) + "\n")
        return
    again = f"if that is right, run it again with {RECORD}=1, then docs/generate.py"
    assert told == seen, f"{path.name} says something else; {again}"
