"""The commands that `hookwright install claude-code` wrote, as Claude Code reads them.

The form is that of Claude Code's settings: `hooks`, event, groups with a `matcher`,
handlers of type `command` in exec form (`args`) or as a line for the shell.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hookwright.core.api import ToolError


class Handlers:
    """What runs for which event."""

    def __init__(self, hooks: Mapping[str, list[dict[str, Any]]]) -> None:
        self._hooks = hooks

    @classmethod
    def read(cls, project: Path) -> Handlers:
        """Return the handlers of a project's settings files.

        :raises ToolError: no file there has any.
        """
        hooks: dict[str, list[dict[str, Any]]] = {}
        for name in ("settings.json", "settings.local.json"):
            path = project / ".claude" / name
            if path.is_file():
                settings = json.loads(path.read_text("utf-8"))
                for event, groups in settings.get("hooks", {}).items():
                    hooks.setdefault(event, []).extend(groups)
        if not hooks:
            raise ToolError(f"install wrote no hooks into {project / '.claude'}")
        return cls(hooks)

    def commands(self, event: str, tool: str) -> Iterator[tuple[str, ...]]:
        """Yield the commands to start for an event, of a tool where it has one."""
        for group in self._hooks.get(event, []):
            if not matches(group.get("matcher", ""), tool):
                continue
            for handler in group["hooks"]:
                if handler["type"] != "command":
                    continue
                if "args" in handler:
                    yield (handler["command"], *handler["args"])
                else:
                    yield ("sh", "-c", handler["command"])


def matches(matcher: str, tool: str) -> bool:
    """Return whether a matcher wants a tool: all, an exact list, or an expression."""
    if matcher in ("", "*"):
        return True
    if re.fullmatch(r"[\w\-,| ]+", matcher):
        return tool in re.split(r"[,| ]+", matcher)
    return re.search(matcher, tool) is not None
