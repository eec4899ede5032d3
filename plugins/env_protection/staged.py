"""What a commit would take in: protected files by their names, secrets in texts.

Looked at is what is new or has changed: objects that git has written since `HEAD` moved
last, and files that differ from the index. What was found clean once is not read again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from hookwright.core.api import Finding, git_dir_of, project_secrets, scan_bytes

from .disk import Disk, TooMuchError
from .git_index import (
    Entry,
    IndexUnreadableError,
    Repository,
    read_blob,
    read_index,
)

#: Blobs whose text holds no secret, and whether they are older than the last commit:
#: then their names are in it already.
_clean: dict[str, bool] = {}
_MOST_CLEAN = 100_000
_LARGEST = 2**20
_MOST_FINDS = 5
#: Seconds of processor time that reading texts may take.
SCAN_SECONDS = 0.25
#: Texts whose long values are sums of packages, and too long to be read each time.
_LOCKS = (
    "cargo.lock",
    "composer.lock",
    "flake.lock",
    "gemfile.lock",
    "go.sum",
    "package-lock.json",
    "pipfile.lock",
    "pnpm-lock.yaml",
    "poetry.lock",
    "uv.lock",
    "yarn.lock",
)


class Leak(NamedTuple):
    """A secret that a commit would take in.

    :param path: below the top of the work tree.
    :param rule: the path's rule, or the kind of secret in the text.
    :param line: where in the text, 0 for a file that is protected by its name.
    """

    path: str
    rule: str
    line: int = 0


class Staging:
    """Finds leaks in one work tree.

    :param rule_of: judges an absolute path by its name.
    :param seconds: processor time for reading texts.
    """

    def __init__(
        self,
        disk: Disk,
        worktree: str,
        rule_of: Callable[[str], str | None],
        seconds: float = SCAN_SECONDS,
    ) -> None:
        self._disk = disk
        self._worktree = worktree
        self._rule_of = rule_of
        self._ends_at = time.thread_time() + seconds
        git_dir = git_dir_of(worktree)
        self._repository = None if git_dir is None else Repository.at(disk, git_dir)
        self._values: Mapping[str, str] | None = None

    @property
    def repository(self) -> Repository | None:
        """Where git keeps the work tree's files; None outside git."""
        return self._repository

    def entries(self, index: str = "") -> tuple[Entry, ...]:
        """Return what is staged.

        :param index: another index than the work tree's own.
        :raises TooMuchError: it cannot be told.
        """
        if self._repository is None:
            return ()
        path = index or os.path.join(self._repository.git_dir, "index")
        try:
            return read_index(path)
        except IndexUnreadableError as error:
            raise TooMuchError(str(error)) from error

    def leaks(self, index: str = "") -> Iterator[Leak]:
        """Yield what a commit of the index would let out.

        :raises TooMuchError: there is too much to be read.
        """
        repository = self._repository
        if repository is None:
            return
        moved = _last_move(repository)
        fresh = []
        for entry in self.entries(index):
            if _clean.get(entry.blob):
                continue
            if _written(repository.loose(entry.blob)) < moved:
                _remember(entry.blob, is_old=True)
            else:
                fresh.append(entry)
        # Names first: they cost nothing.
        for entry in fresh:
            rule = self._rule_of(os.path.join(self._worktree, entry.path))
            if rule is not None:
                yield Leak(entry.path, rule)
        for entry in fresh:
            if entry.blob in _clean:
                continue
            content = read_blob(repository.loose(entry.blob))
            found = list(self._in_text(entry.path, content))
            yield from found
            if not found:
                _remember(entry.blob, is_old=False)

    def is_fresh(self, entry: Entry) -> bool:
        """Return whether the file was staged, changed, since the last commit."""
        repository = self._repository
        if repository is None:
            return False
        return _written(repository.loose(entry.blob)) >= _last_move(repository)

    def in_file(self, path: str) -> Iterator[Leak]:
        """Yield the secrets in a file of the work tree that is about to be added.

        :raises TooMuchError: there is too much to be read.
        """
        shown = os.path.relpath(path, self._worktree)
        yield from self._in_text(shown, self._disk.read(path, _LARGEST))

    def _in_text(self, path: str, content: bytes | None) -> Iterator[Leak]:
        if not content or path.rpartition("/")[2].casefold() in _LOCKS:
            return
        if time.thread_time() > self._ends_at:
            raise TooMuchError("there is more to commit than can be read in time")
        for find in self._finds(content):
            yield Leak(path, find.rule, find.line)

    def _finds(self, content: bytes) -> list[Finding]:
        if self._values is None:
            self._values = project_secrets(self._worktree)
        return scan_bytes(content, known=self._values)[:_MOST_FINDS]


def _last_move(repository: Repository) -> float:
    """Return when HEAD moved last, in seconds since 1970; 0 for never."""
    try:
        return os.stat(os.path.join(repository.git_dir, "logs", "HEAD")).st_mtime
    except OSError:
        return 0.0


def _written(path: str) -> float:
    """Return when git last wrote an object, or -1 for one that is not loose."""
    try:
        return os.stat(path).st_mtime
    except OSError:
        return -1.0


def _remember(blob: str, *, is_old: bool) -> None:
    if len(_clean) >= _MOST_CLEAN:
        _clean.clear()
    _clean[blob] = is_old
