"""Our part of Codex's `config.toml`: the hashes of our hooks, and our MCP server.

Tables: `[hooks.state."NAME"]` with `trusted_hash` (and `enabled`, which is the
person's), and `[mcp_servers.hookwright]` with `command`, `args` and `env_vars`, the
variables that Codex hands on to the server. Everything that is not ours stays as it
stands in the text, comments too.
"""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Callable, Collection, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .names import SERVER

_STATE = ("hooks", "state")
_SERVERS = ("mcp_servers",)
_HASH = "trusted_hash"
_VARIABLES = "env_vars"
_OURS = "HOOKWRIGHT_"
#: Makes a table; whether it is one that holds only tables.
MakeTable = Callable[[bool], Any]


@dataclass(frozen=True)
class Edit:
    """What is to become of the file.

    :param hashes: hashes to be trusted, by the hooks' names.
    :param removed: hooks whose state goes.
    :param moved: places of other people's hooks that changed.
    :param server: the MCP server; {} removes it, None leaves it.
    """

    hashes: Mapping[str, str] = field(default_factory=dict)
    removed: Collection[str] = ()
    moved: Mapping[str, str] = field(default_factory=dict)
    server: Mapping[str, Any] | None = None


def server_entry(
    command: Sequence[str], environment: Mapping[str, str]
) -> dict[str, Any]:
    """Return the server as Codex runs it, {} for no command.

    A daemon that it starts is to have the settings that hooks have from variables.
    """
    if not command:
        return {}
    names = sorted(name for name in environment if name.startswith(_OURS))
    entry: dict[str, Any] = {"command": command[0], "args": list(command[1:])}
    return entry | ({_VARIABLES: names} if names else {})


def read_config(content: bytes | None) -> dict[str, Any]:
    """Return the file's tables.

    :raises ValueError: it is not TOML; the text says where.
    """
    if content is None:
        return {}
    try:
        return tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8: byte {error.start}") from error
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"it is not TOML: {error}") from error


def states_of(config: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """Return what Codex remembers of each hook, by its name."""
    found = _inner(config, _STATE)
    return {name: state for name, state in found.items() if isinstance(state, dict)}


def server_of(config: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return our MCP server, None when it is not there."""
    server = _inner(config, _SERVERS).get(SERVER)
    return server if isinstance(server, dict) else None


def edited(content: bytes | None, edit: Edit) -> bytes | None:
    """Return the file with the edit made; None when nothing is in it or left.

    :raises ValueError: it is not TOML, or what is ours cannot be put into it.
    """
    before = read_config(content)
    after = copy.deepcopy(before)
    _apply(after, edit, lambda _only_tables: {})
    if after == before:
        return content
    if not after and not _has_comments(content):
        return None
    return _written(content, edit, after)


def _written(content: bytes | None, edit: Edit, expected: dict[str, Any]) -> bytes:
    # Late: nothing but an install needs it.
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse((content or b"").decode())
        _apply(document, edit, lambda only_tables: tomlkit.table(only_tables))
        text = tomlkit.dumps(document)
    except (TOMLKitError, ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"it cannot be edited: {error}") from error
    if read_config(text.encode()) != expected:
        raise ValueError("it cannot be edited without changing something else in it")
    return text.encode()


def _apply(tree: MutableMapping[str, Any], edit: Edit, table: MakeTable) -> None:
    """Make the edit in the file's tables, as plain ones or with their text."""
    states = _inner(tree, _STATE)
    kept = {
        name: states.pop(name)
        for name in list(states)
        if name in edit.removed or _place(name) in edit.moved
    }
    moved = {
        edit.moved[_place(name)] + name[len(_place(name)) :]: state
        for name, state in kept.items()
        if name not in edit.removed
    }
    if edit.hashes or moved:
        states = _made(tree, _STATE, table)
    for name, state in moved.items():
        states[name] = state
    for name, value in edit.hashes.items():
        if name not in states:
            states[name] = table(False)
        if states[name].get(_HASH) != value:
            states[name][_HASH] = value
    if edit.server is not None:
        _serve(tree, edit.server, table)
    _drop_empty(tree, _STATE)
    _drop_empty(tree, _SERVERS)


def _serve(
    tree: MutableMapping[str, Any], wanted: Mapping[str, Any], table: MakeTable
) -> None:
    servers = _inner(tree, _SERVERS)
    if not wanted:
        servers.pop(SERVER, None)
        return
    servers = _made(tree, _SERVERS, table)
    if SERVER not in servers:
        servers[SERVER] = table(False)
    server = servers[SERVER]
    for key, value in wanted.items():
        if key == _VARIABLES:
            value = [*dict.fromkeys([*server.get(key, ()), *value])]
        if server.get(key) != value:
            server[key] = value


def _place(name: str) -> str:
    return name.rpartition(":")[0]


def _inner(tree: Mapping[str, Any], path: Sequence[str]) -> MutableMapping[str, Any]:
    """Return the table at a path; an empty one where there is none."""
    found: Any = tree
    for key in path:
        found = found.get(key, {})
        if not isinstance(found, MutableMapping):
            raise ValueError(f"{key!r} is no table")
    table: MutableMapping[str, Any] = found
    return table


def _made(
    tree: MutableMapping[str, Any], path: Sequence[str], table: MakeTable
) -> MutableMapping[str, Any]:
    for key in path:
        if key not in tree:
            tree[key] = table(True)
        tree = tree[key]
    return tree


def _drop_empty(tree: MutableMapping[str, Any], path: Sequence[str]) -> None:
    for end in range(len(path), 0, -1):
        holder = _inner(tree, path[: end - 1])
        if path[end - 1] in holder and not holder[path[end - 1]]:
            del holder[path[end - 1]]


def _has_comments(content: bytes | None) -> bool:
    return any(line.lstrip().startswith(b"#") for line in (content or b"").splitlines())
