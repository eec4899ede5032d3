"""How the fields of a message are called: as Copilot CLI calls them, or Claude Code.

A hook that is named as Claude Code names it (`PreToolUse`) is given Claude Code's
spelling, with Copilot CLI's own arguments and results under it, and now and then a
field in its own spelling among them (`SubagentStart`). Both were compared field by
field in 1.0.102.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from ..wire.payload import Payload

_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
#: Where it is not merely written otherwise.
_OTHERWISE: Mapping[str, str] = {
    "toolArgs": "tool_input",
    "response": "last_assistant_message",
}
#: Claude Code's tools to Copilot CLI's; `Edit` stands for `apply_patch` too, and `Grep`
#: for `rg`.
_TOOLS: Mapping[str, str] = {
    "Bash": "bash",
    "Read": "view",
    "Write": "create",
    "Edit": "edit",
    "Grep": "grep",
    "Glob": "glob",
    "Agent": "task",
    "Task": "task",
    "WebFetch": "web_fetch",
}
PATCH = "apply_patch"


class Spelling:
    """The names in one message, or in an object in it.

    :param lent: whether they are Claude Code's as a rule.
    """

    def __init__(self, payload: Payload, *, lent: bool) -> None:
        self._fields = payload.fields
        self._lent = lent

    def __call__(self, name: str) -> str:
        """Return what the field is called that Copilot CLI calls so."""
        if not self._lent:
            return name
        theirs = _OTHERWISE.get(name) or _HUMP.sub("_", name).lower()
        return name if name in self._fields and theirs not in self._fields else theirs

    def within(self, payload: Payload) -> Spelling:
        """Return the names in an object of the message."""
        return Spelling(payload, lent=self._lent)

    def tool(self, payload: Payload) -> str:
        """Return Copilot CLI's own name of the tool.

        :raises ValueError: it is missing, or no string.
        """
        told = payload.identifier(self("toolName"))
        if not self._lent:
            return told
        if told == "Edit" and isinstance(payload.fields.get("tool_input"), str):
            return PATCH
        return _TOOLS.get(told, told)

    def stamp(self, payload: Payload) -> str:
        """Return when Copilot CLI told it, the same to each of its hooks; "" unknown.

        In milliseconds since 1970, whichever way it is written.
        """
        told = payload.fields.get("timestamp")
        if isinstance(told, int) and not isinstance(told, bool):
            return str(told)
        if not isinstance(told, str):
            return ""
        try:
            return str(round(datetime.fromisoformat(told).timestamp() * 1000))
        except (ValueError, OverflowError):
            return ""
