"""Whether Gemini CLI trusts a folder, and so reads the settings of the project in it.

Rules stand in `~/.gemini/trustedFolders.json`, `{PATH: LEVEL}`, with comments; of those
that hold for a folder the one with the longest path counts. They are in force unless
`security.folderTrust.enabled` is false (trusted folders, docs of 0.61.0).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from ..wire.hook_file import parse_file
from ..wire.programs import read_settings
from .hook_files import setting

T = TypeVar("T")
FILE = "trustedFolders.json"
FILE_VARIABLE = "GEMINI_CLI_TRUSTED_FOLDERS_PATH"
TRUST_VARIABLE = "GEMINI_CLI_TRUST_WORKSPACE"


def is_trusted(
    folder: Path, config: Path, environment: Mapping[str, str]
) -> bool | None:
    """Return whether Gemini CLI trusts the folder; None where nobody need tell it.

    :param config: the user's `.gemini` directory.
    :param environment: the variables that Gemini CLI will have.
    :raises ValueError: a file is not what Gemini CLI would read.
    """
    enabled = _read(
        config / "settings.json",
        lambda content: setting(content, "security", "folderTrust", "enabled"),
    )
    if enabled is False:
        return None
    if (said := environment.get(TRUST_VARIABLE)) in ("true", "false"):
        return said == "true"
    path = Path(environment.get(FILE_VARIABLE) or config / FILE)
    rules = _read(path, lambda content: parse_file(content, comments=True)) or {}
    place = os.path.realpath(folder)
    found = [
        (len(path), level != "DO_NOT_TRUST")
        for path, level in rules.items()
        if _holds(_ruled(path, level), place)
    ]
    return max(found)[1] if found else False


def _read(path: Path, use: Callable[[bytes], T]) -> T | None:
    content = read_settings(path)
    try:
        return None if content is None else use(content)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _holds(top: str, place: str) -> bool:
    return place == top or place.startswith(top.rstrip(os.sep) + os.sep)


def _ruled(path: str, level: object) -> str:
    return os.path.realpath(os.path.dirname(path) if level == "TRUST_PARENT" else path)
