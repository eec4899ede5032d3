"""What one planned edit means for the file as it is now."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

from hookwright.hookspecs import FileEdit

from .disk import Found, digest, find, missing_directories, move_aside, write
from .manifest import InstalledFile, encode
from .ours import Strip


@dataclass(frozen=True)
class Change:
    """One file before and after.

    :param before: the file as it is, None when there is none.
    :param after: the content it gets, None when it goes.
    :param moves: whether the file is kept at `record.moved_to` first.
    :param record: what the manifest says of it.
    """

    path: Path
    before: Found | None
    after: bytes | None
    moves: bool
    record: InstalledFile

    @property
    def is_change(self) -> bool:
        """Return whether there is anything to do."""
        if self.before is None or self.after is None:
            return (self.before is None) != (self.after is None)
        return (self.before.content, self.before.mode) != (self.after, self.record.mode)

    def apply(self) -> None:
        """Do it. The manifest must be on the disk by then."""
        if self.after is None:
            self.path.unlink(missing_ok=True)
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.moves and self.record.moved_to is not None:
            move_aside(self.path, Path(self.record.moved_to))
        write(self.path, self.after, self.record.mode)

    def diff(self) -> str:
        """Return the change as a unified diff, for people."""
        if not self.is_change:
            return ""
        moved = f"move {self.path} to {self.record.moved_to}\n" if self.moves else ""
        before = None if self.moves or self.before is None else self.before.content
        return moved + text_diff(self.path, before, self.after)


def prepare(strip: Strip, edit: FileEdit, known: InstalledFile | None) -> Change:
    """Return what the edit changes.

    :param strip: takes our part out of a file.
    :param known: what an earlier install recorded of the file: the true original.
    """
    present = find(edit.path)
    original = _original(strip, edit, present, known)
    is_foreign = present is not None and _is_foreign(strip, edit.path, present)
    moves = edit.moved_to is not None and is_foreign
    keeps_mode = present is not None and original is not None and not edit.moved_to
    content = edit.content
    record = InstalledFile(
        path=str(edit.path),
        original=None if original is None else encode(original.content),
        original_mode=None if original is None else original.mode,
        original_link=original.link if original and edit.moved_to else None,
        sha256=None if content is None else digest(content),
        mode=(present.mode if present and keeps_mode else edit.mode)
        & (0o700 if edit.private else 0o7777),
        moved_to=None if edit.moved_to is None else str(edit.moved_to),
        made_directories=_directories(edit.path, known),
    )
    return Change(edit.path, present, content, moves, record)


def text_diff(path: Path, before: bytes | None, after: bytes | None) -> str:
    """Return a unified diff of two contents; None stands for no file."""
    lines = difflib.unified_diff(
        _lines(before),
        _lines(after),
        "/dev/null" if before is None else str(path),
        "/dev/null" if after is None else str(path),
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def _original(
    strip: Strip,
    edit: FileEdit,
    present: Found | None,
    known: InstalledFile | None,
) -> Found | None:
    """Return the file without us: recorded, or found by taking our part out."""
    recorded = known.original_file() if known else None
    kept = find(edit.moved_to) if edit.moved_to else None
    if present is None:
        return recorded or kept if kept else None
    if known and digest(present.content) == known.sha256:
        return recorded
    rest = strip(edit.path, present.content)
    if rest is None:
        return recorded or kept
    return Found(rest, present.mode, present.link)


def _is_foreign(strip: Strip, path: Path, present: Found) -> bool:
    return strip(path, present.content) == present.content


def _directories(path: Path, known: InstalledFile | None) -> tuple[str, ...]:
    earlier = known.made_directories if known else ()
    missing = (str(folder) for folder in missing_directories(path))
    return tuple(dict.fromkeys((*earlier, *missing)))


def _lines(content: bytes | None) -> list[str]:
    return (content or b"").decode("utf-8", "replace").splitlines(keepends=True)
