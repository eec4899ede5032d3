"""Take one file back to what it was before install."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from .change import text_diff
from .disk import Found, digest, find, write
from .manifest import InstalledFile
from .ours import Strip


@dataclass(frozen=True)
class Restoration:
    """What uninstall does with one file.

    :param after: the file as it will be, None when it goes.
    :param from_moved: the moved original takes its place again.
    :param drops_moved: the moved original is a mere copy of the file and goes.
    :param note: what a person should know, or "".
    """

    path: Path
    before: Found | None
    after: Found | None
    moved_to: Path | None = None
    from_moved: bool = False
    drops_moved: bool = False
    note: str = ""

    @property
    def is_change(self) -> bool:
        """Return whether there is anything to do."""
        return self.from_moved or self.drops_moved or self.before != self.after

    def apply(self) -> None:
        """Do it; doing it again after a crash does what is left."""
        if self.moved_to is not None and self.from_moved:
            os.replace(self.moved_to, self.path)
        elif self.after is None:
            self.path.unlink(missing_ok=True)
        elif self.before != self.after:
            self._write(self.after)
        if self.moved_to is not None and self.drops_moved:
            self.moved_to.unlink(missing_ok=True)

    def _write(self, after: Found) -> None:
        if after.link is None or (self.before is not None and self.before.link):
            write(self.path, after.content, after.mode)
            return
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(after.link)

    def diff(self) -> str:
        """Return the change as a unified diff, for people."""
        if not self.is_change:
            return ""
        moved = f"move {self.moved_to} to {self.path}\n" if self.from_moved else ""
        before = None if self.before is None else self.before.content
        after = None if self.after is None else self.after.content
        return moved + text_diff(self.path, before, after)


def prepare(strip: Strip, record: InstalledFile) -> Restoration:
    """Return what to do with a file that install wrote.

    :param strip: takes our part out of a file.
    """
    path = Path(record.path)
    present = find(path)
    moved_to = Path(record.moved_to) if record.moved_to else None
    kept = find(moved_to) if moved_to else None
    if present is None:
        if kept is not None:
            return Restoration(path, None, kept, moved_to, from_moved=True)
        # Removed by install itself, or by a person since: theirs to decide.
        original = record.original_file() if record.sha256 is None else None
        return Restoration(path, None, original)
    rest: bytes | None = None
    if digest(present.content) != record.sha256:
        rest = strip(path, present.content)
    if rest is None:
        return _original(record, path, present, moved_to, kept)
    return _changed_since(path, present, rest, moved_to, kept)


def _original(
    record: InstalledFile,
    path: Path,
    present: Found,
    moved_to: Path | None,
    kept: Found | None,
) -> Restoration:
    if kept is not None:
        return Restoration(path, present, kept, moved_to, from_moved=True)
    original = record.original_file()
    if original is not None and moved_to is None:
        # Modes that a person changed since stay; the link, if any, is still there.
        mode = original.mode if present.mode == record.mode else present.mode
        original = Found(original.content, mode, present.link)
    return Restoration(path, present, original)


def _changed_since(
    path: Path,
    present: Found,
    rest: bytes,
    moved_to: Path | None,
    kept: Found | None,
) -> Restoration:
    after = Found(rest, present.mode, present.link)
    if kept is None:
        return Restoration(path, present, after)
    if kept.content == present.content:
        return Restoration(path, present, after, moved_to, drops_moved=True)
    note = f"{path} was changed since; what it was before is kept at {moved_to}."
    return Restoration(path, present, after, moved_to, note=note)
