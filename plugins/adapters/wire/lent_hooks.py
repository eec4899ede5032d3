"""Claude Code's hook entries, which other agent hosts run as well.

Copilot CLI reads a project's `.claude/settings*.json`, Cursor the user's too, and both
load Claude Code's plugins. They give our entries messages of their own, ignore `args`
(seen in Copilot CLI 1.0.102; @cursor/sdk 1.0.18 keeps `command` alone) and want an
answer in their own words. So an entry is one line for the shell, and the line says by a
variable whose hook it is: the client then speaks for that agent host, with the
arguments `EVENT claude-code EVENT`.

The variables are those that only a hook has: a Claude Code that was started inside
another agent host's shell tool is itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

LENDER = "claude-code"
#: Agent hosts that run Claude Code's entries, and what each sets for its hooks alone.
BORROWERS: Mapping[str, str] = {
    "copilot": "COPILOT_PROJECT_DIR",
    "cursor": "CURSOR_VERSION",
}
_OBSERVE = "--observe"


def lent_line(client: Sequence[str], event: str, *, observe: bool) -> str:
    """Return the shell's line for one of Claude Code's events.

    Each expansion is one word, so that zsh, which does not split them, agrees with sh.
    """
    # Imported late: who only asks `is_lent` needs it not.
    import shlex

    asks = [
        f"${{{variable}:+{word}}}"
        for borrower, variable in BORROWERS.items()
        for word in (borrower, event)
    ]
    # Before the agent host's name: after it the client takes options for arguments.
    flags = [_OBSERVE] if observe else []
    return " ".join(["exec", shlex.join(client), *flags, *asks, LENDER, event])


def is_lent(arguments: Sequence[str]) -> bool:
    """Return whether a borrower's message came by an entry of Claude Code's."""
    words = [word for word in arguments if not word.startswith("-")]
    return words[1:2] == [LENDER]


def program_of(line: object, event: str) -> str | None:
    """Return the program that a line of ours runs, or None where it is not ours."""
    if not isinstance(line, str):
        return None
    import shlex

    try:
        words = shlex.split(line)
    except ValueError:  # an open quotation mark
        return None
    if len(words) < 4 or words[0] != "exec" or words[-2:] != [LENDER, event]:
        return None
    return words[1]
