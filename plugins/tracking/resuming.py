"""Notice a shell command by which an agent would lift a halt.

The tool `agent_resume` is for people only, but a person's command line is within
the reach of every agent that has a shell.
"""

from __future__ import annotations

import re
import shlex

_DEEPEST = 3


def lifts_a_halt(command: str, _depth: int = 0) -> bool:
    """Return whether a command line runs `hookwright agent resume`."""
    if "resume" not in command or "hookwright" not in command:
        return False
    words = _words(command)
    for index, word in enumerate(words):
        if _is_hookwright(word) and _asks_for_resume(words[index + 1 :]):
            return True
        # `sh -c "..."` holds a command line in one word.
        nested = " " in word and words[index - 1 : index] == ["-c"]
        if nested and _depth < _DEEPEST and lifts_a_halt(word, _depth + 1):
            return True
    return False


def _words(command: str) -> list[str]:
    separated = re.sub(r"[;&|()\n`]+", " ; ", command)
    try:
        return shlex.split(separated, comments=False)
    except ValueError:
        return separated.split()


def _is_hookwright(word: str) -> bool:
    name = word.replace("\\", "/").rpartition("/")[2]
    return name in ("hookwright", "hookwright.exe") or name.startswith(
        "hookwright.core.surfaces"
    )


def _asks_for_resume(rest: list[str]) -> bool:
    own = rest[: rest.index(";")] if ";" in rest else rest
    for index, word in enumerate(own):
        if word == "agent":
            return "resume" in own[index + 1 :][:3]
    return False
