"""Whether Copilot CLI runs a project's hooks.

`config.json` in its home has `trustedFolders`, folders with all that is in them; the
file begins with comments. `COPILOT_ALLOW_ALL` counts only as the word `true` (both
tried in 1.0.102).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..wire.hook_file import parse_file
from ..wire.programs import read_settings

_NAMES = ("trustedFolders", "trusted_folders")


def is_trusted(directory: Path, home: Path, environment: Mapping[str, str]) -> bool:
    """Return whether a person has said so, for the folder or for one above it.

    :param home: where Copilot CLI keeps its files.
    :raises ValueError: its file cannot be read.
    """
    if environment.get("COPILOT_ALLOW_ALL") == "true":
        return True
    path = home / "config.json"
    content = read_settings(path)
    if content is None:
        return False
    try:
        found = parse_file(content, comments=True)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    folders: object = next((found[name] for name in _NAMES if name in found), None)
    here = directory.resolve()
    return any(
        here.is_relative_to(Path(folder).resolve())
        for folder in (folders if isinstance(folders, list) else [])
        if isinstance(folder, str) and folder and "\0" not in folder
    )
