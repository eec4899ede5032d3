"""What install and doctor ask of an agent host: its version, its files."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

_SECONDS = 10.0
#: Bytes; a settings file with more is none.
MOST = 4 * 2**20


def version_of(
    name: str, environment: Mapping[str, str], extra: Mapping[str, str] | None = None
) -> str | None:
    """Return the first word with a digit that `NAME --version` says.

    "" when it fails, None without such a program.

    :param extra: variables for this one run, so that it does nothing else.
    """
    program = shutil.which(name, path=environment.get("PATH"))
    if program is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603 - the agent host's own program
            [program, "--version"],
            env={**environment, **(extra or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    if done.returncode:
        return ""
    words = done.stdout.decode("utf-8", "replace").split()
    return next((word for word in words if any(map(str.isdigit, word))), "")


def read_settings(path: Path) -> bytes | None:
    """Return a file's content, None when it is not there.

    :raises ValueError: it cannot be read, or is too large for what it should be.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    if len(content) > MOST:
        raise ValueError(f"{path} is over {MOST >> 20} MB; that is no settings file")
    return content
