"""Our MCP server in `.claude.json`, the file in which Claude Code keeps its state.

Shape: `{"projects": {PATH: {"mcpServers": {NAME: SERVER}}}}`, what `claude mcp add`
writes for its scope `local`: for one person, in one repository, worktrees included, and
started without a question. PATH is the top of the repository's main work tree, without
symbolic links. Everything that is not ours stays as it stands in the text.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..wire.hook_file import has_twins, parse_file
from ..wire.json_text import Container, Item, insert, read_container, remove
from .names import SERVER

FILE = ".claude.json"
_PROJECTS, _SERVERS = "projects", "mcpServers"


def server_entry(command: Sequence[str]) -> dict[str, Any]:
    """Return the server as `claude mcp add` writes it."""
    return {"type": "stdio", "command": command[0], "args": list(command[1:])}


def project_key(directory: Path) -> str:
    """Return the name that a project goes by, whichever of its worktrees is meant."""
    # Late: the daemon loads installers, and only an install needs this.
    from hookwright.core.api import locate_project

    return str(Path(locate_project(str(directory)).path).resolve())


def server_of(content: bytes, project: str) -> dict[str, Any] | None:
    """Return our server in a project, None when it is not there.

    :raises ValueError: the file is not what Claude Code would read.
    """
    found: Any = parse_file(content)
    for key in (_PROJECTS, project, _SERVERS):
        found = found.get(key, {})
        if not isinstance(found, dict):
            raise ValueError(f'"{key}" is not an object')
    server = found.get(SERVER)
    return server if isinstance(server, dict) else None


def add_server(content: bytes | None, project: str, command: Sequence[str]) -> bytes:
    """Return the file with our server in a project, in place of an older one.

    :raises ValueError: the file is not what Claude Code would read.
    """
    server = server_entry(command)
    made = {_PROJECTS: {project: {_SERVERS: {SERVER: server}}}}
    if content is None or not content.strip():
        return (json.dumps(made, indent=2, ensure_ascii=False) + "\n").encode()
    if server_of(content, project) == server:
        return content
    text = _editable(content)
    chain = _chain(text, project)
    if len(chain) == 4:
        text = remove(text, *chain.pop())
    # The deepest object that is there takes what is below it.
    missing: Any = server
    for key in (SERVER, _SERVERS, project, _PROJECTS)[: 4 - len(chain)]:
        name, value, missing = key, missing, {key: missing}
    at = chain[-1][1].value if chain else 0
    return insert(text, read_container(text, at), name, value).encode()


def strip_server(content: bytes, project: str) -> bytes | None:
    """Return the file without our server in a project; None when nothing is left.

    A project that holds nothing else goes with it; beside other things of a project, an
    empty object stays, as Claude Code itself writes it. A file that cannot be read
    starts nothing: as it is.
    """
    try:
        if server_of(content, project) is None:
            return content
        text = _editable(content)
    except ValueError:
        return content
    chain = _chain(text, project)
    (_, _, (project_object, _), (servers, _)) = chain
    if len(servers.items) == len(project_object.items) == 1:
        del chain[2:]
        while len(chain) > 1 and len(chain[-1][0].items) == 1:
            chain.pop()
    rest = remove(text, *chain[-1])
    return rest.encode() if json.loads(rest) else None


def _editable(content: bytes) -> str:
    text = content.decode("utf-8")
    if has_twins(text):
        raise ValueError("it names a key twice; remove one of them")
    return text


def _chain(text: str, project: str) -> list[tuple[Container, Item]]:
    """Return the members that lead to our server, as far as they are there.

    Each with the object that holds it.
    """
    chain: list[tuple[Container, Item]] = []
    holder = read_container(text)
    for key in (_PROJECTS, project, _SERVERS, SERVER):
        item = holder.find(key)
        if item is None:
            break
        chain.append((holder, item))
        if key != SERVER:
            holder = read_container(text, item.value)
    return chain
