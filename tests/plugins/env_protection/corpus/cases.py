"""The cases in the TOML files beside this module.

A case is one call of a tool in a scratch project, and what must come of it:

- `want`: `deny`; `stop` (denied, or a person is asked); `allow` (or no opinion)
- `why`: the reason, in words
- `command`, or `tool` with `input` (or `text`, for a tool that takes no object)
- `host`: whose form the call has, Claude Code's where it does not say
- `place`: which scratch project (`places.py`), `cwd`: a folder in it
- `earlier`: calls of the same session before it, which are carried out
- `attempt`: written as an attempt to get around the guard
- `pad`, `nest`: a line that is put before the command so many times; so many shells
  around it

`@PROJECT@` and `@HOME@` stand for the scratch project and the home directory.
"""

from __future__ import annotations

import json
import shlex
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

HERE = Path(__file__).parent

Want = Literal["deny", "stop", "allow"]
#: What each agent host calls its shell.
SHELLS = {
    "claude-code": "Bash",
    "codex": "Bash",
    "copilot": "bash",
    "cursor": "Shell",
    "gemini": "run_shell_command",
    "opencode": "bash",
}


@dataclass(frozen=True)
class Call:
    """One call of a tool, as the agent host `host` would make it.

    :param given: its arguments; a text where the tool takes no object.
    """

    host: str
    tool: str
    given: Any
    cwd: str = ""

    @property
    def command(self) -> str:
        """Return the command line, "" where it has none."""
        value = self.given.get("command") if isinstance(self.given, dict) else None
        return value if isinstance(value, str) else ""

    def put(self, project: Path, home: Path) -> Call:
        """Return the call in a real project."""
        text = json.dumps(self.given)
        for mark, path in (("@PROJECT@", project), ("@HOME@", home)):
            text = text.replace(mark, json.dumps(str(path))[1:-1])
        return Call(self.host, self.tool, json.loads(text), str(project / self.cwd))

    def with_command(self, command: str) -> Call:
        """Return the call with another command line."""
        return Call(self.host, self.tool, {**self.given, "command": command}, self.cwd)


@dataclass(frozen=True)
class Case:
    """One call and what must come of it."""

    id: str
    topic: str
    want: Want
    why: str
    call: Call
    attempt: bool = False
    place: str = "project"
    earlier: tuple[Call, ...] = field(default=())


def load_cases() -> list[Case]:
    """Return every case of every file.

    :raises ValueError: two have the same id, or one says something unknown.
    """
    found: dict[str, Case] = {}
    for path in sorted(HERE.glob("*.toml")):
        for case in _cases_in(path):
            if case.id in found:
                raise ValueError(f"{path.name}: {case.id} is there twice")
            found[case.id] = case
    return list(found.values())


def _cases_in(path: Path) -> Iterator[Case]:
    for table in tomllib.loads(path.read_text("utf-8"))["case"]:
        left = dict(table)
        name, want, why = left.pop("id"), left.pop("want"), left.pop("why")
        attempt, place = left.pop("attempt", False), left.pop("place", "project")
        host = left.pop("host", "claude-code")
        earlier = tuple([_call(dict(each), host) for each in left.pop("earlier", ())])
        call = _call(left, host)
        if left or want not in ("deny", "stop", "allow") or not why:
            raise ValueError(f"{path.name}: {name}: what is {left or want!r}?")
        yield Case(name, path.stem, want, why, call, attempt, place, earlier)


def _call(table: dict[str, Any], host: str) -> Call:
    cwd = table.pop("cwd", "")
    if "command" in table:
        return Call(host, SHELLS[host], {"command": _command(table)}, cwd)
    tool = table.pop("tool")
    given: Mapping[str, Any] | str | None = table.pop("text", None)
    return Call(host, tool, table.pop("input") if given is None else given, cwd)


def _command(table: dict[str, Any]) -> str:
    command: str = table.pop("command")
    line: str
    times: int
    line, times = table.pop("pad", ("", 0))
    for _ in range(table.pop("nest", 0)):
        command = f"sh -c {shlex.quote(command)}" if len(command) < 4000 else command
    return f"{line}\n" * times + command
