"""Which project files the user has trusted: exactly the content they looked at.

`trust.json` in the data directory maps each file's real path to the SHA-256 of the
content that was trusted. One changed byte ends the trust, and so does another path:
the same text can mean something else in another repository.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from ..errors import ConfigError
from .files import read_file

TRUST_FILE = "trust.json"


class Trust:
    """The trusted project files of one data directory."""

    def __init__(self, data_dir: Path) -> None:
        self._file = data_dir / TRUST_FILE

    @property
    def file(self) -> Path:
        """Return the file that holds the list."""
        return self._file

    def add(self, file: Path) -> str:
        """Trust the file as it is now; return the SHA-256 of its content.

        :raises ConfigError: there is no such file, or the list cannot be written.
        """
        content = read_file(file)
        if content is None:
            raise ConfigError(f"{file} does not exist; there is nothing to trust")
        known = self._read()
        digest = hashlib.sha256(content).hexdigest()
        known[os.path.realpath(file)] = digest
        self._write(known)
        return digest

    def revoke(self, file: Path) -> bool:
        """End the trust in file; return whether there was any.

        :raises ConfigError: the list cannot be written.
        """
        known = self._read()
        if known.pop(os.path.realpath(file), None) is None:
            return False
        self._write(known)
        return True

    def is_trusted(self, file: Path, content: bytes | None = None) -> bool:
        """Return whether file, with the content that was read from it, is trusted.

        :param content: pass what was parsed, so that nobody can change the file in
            between; it is read when None.
        """
        if content is None:
            content = read_file(file)
        if content is None:
            return False
        known = self._read().get(os.path.realpath(file))
        return known == hashlib.sha256(content).hexdigest()

    def files(self) -> list[Path]:
        """Return the files that were trusted, changed or not."""
        return [Path(path) for path in sorted(self._read())]

    def _read(self) -> dict[str, str]:
        """Return path to digest; a list that cannot be read trusts nothing."""
        try:
            stored: Any = json.loads(self._file.read_bytes())
        except (OSError, ValueError):
            return {}
        files = stored.get("files") if isinstance(stored, dict) else None
        if not isinstance(files, dict):
            return {}
        return {path: digest for path, digest in files.items() if _is_text(digest)}

    def _write(self, files: dict[str, str]) -> None:
        text = json.dumps({"version": 1, "files": files}, indent=2, sort_keys=True)
        draft = self._file.with_name(f"{TRUST_FILE}.{os.getpid()}.new")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft.unlink(missing_ok=True)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
                opened.write(text + "\n")
            os.replace(draft, self._file)
        except OSError as error:
            raise ConfigError(
                f"{self._file} cannot be written: {error.strerror}"
            ) from error


def _is_text(value: object) -> bool:
    return isinstance(value, str)
