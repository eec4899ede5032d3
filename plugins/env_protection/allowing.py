"""Write an exemption into the user's own configuration file, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any

from hookwright.core.api import ConfigError, ToolError, find_paths

from .globs import check_pattern
from .views import AllowView

TABLE = "env_protection"
_MOST_REASON = 200


def allow(pattern: str, reason: str, file: Path | None = None) -> AllowView:
    """Add the pattern to `allow` in `[env_protection]`, with the reason beside it.

    :raises ToolError: the pattern or the reason cannot be used.
    :raises ConfigError: the file cannot be read or written.
    """
    path = file or find_paths().config_file
    said = " ".join(reason.split())
    if not said or len(said) > _MOST_REASON:
        raise ToolError(
            f"--reason has {len(said)} characters; say in 1 to {_MOST_REASON} why the "
            "file is no secret"
        )
    try:
        check_pattern(pattern)
    except ValueError as error:
        raise ToolError(str(error)) from error
    before = _read(path)
    after = _added(path, before, pattern, said)
    if after != before:
        _write(path, after)
    return AllowView(
        pattern=pattern, reason=said, file=str(path), added=after != before
    )


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error


def _added(path: Path, text: str, pattern: str, reason: str) -> str:
    # Late: nothing else of the guard writes TOML.
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text)
        table = _child(document, TABLE, tomlkit.table)
        listed = _child(table, "allow", tomlkit.array)
        if pattern in listed:
            return text
        # One a line, each with its own comment.
        listed.multiline(True)
        listed.add_line(pattern, comment=reason)
        made = tomlkit.dumps(document)
        if tomlkit.parse(made).unwrap()[TABLE]["allow"][-1] != pattern:
            raise ConfigError(f"{path} cannot be edited: add {pattern!r} by hand")
    except (TOMLKitError, AttributeError, TypeError) as error:
        raise ConfigError(f"{path} cannot be edited: {error}; mend it first") from error
    return made


def _child(parent: MutableMapping[str, Any], name: str, make: Callable[[], Any]) -> Any:
    if name not in parent:
        parent[name] = make()
    return parent[name]


def _write(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
        with open(os.open(draft, flags, mode), "w", encoding="utf-8") as out:
            out.write(text)
        # A link to a file elsewhere stays a link.
        os.replace(draft, os.path.realpath(path))
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from error
