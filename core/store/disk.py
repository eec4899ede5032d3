"""What the store asks of a disk beside plain writes."""

from __future__ import annotations

import errno
import os
from pathlib import Path


def sync_data(descriptor: int) -> None:
    """Bring a file's data to the disk."""
    # macOS has no fdatasync.
    getattr(os, "fdatasync", os.fsync)(descriptor)


def sync_folder(folder: Path) -> None:
    """Bring a folder's list of names to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folders(folder: Path) -> None:
    """Make a folder (0700) and those above it, each with its name on the disk."""
    made = []
    while not folder.exists():
        made.append(folder)
        folder = folder.parent
    for each in reversed(made):
        each.mkdir(mode=0o700, exist_ok=True)
        sync_folder(each.parent)


def is_full(error: OSError) -> bool:
    """Return whether an error says that the disk or a quota is full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def fault_of(folder: Path) -> str:
    """Return why a folder is no place for private files, for people, or "".

    A link is followed: what counts is where the files lie.
    """
    state = folder.stat()
    mine = os.geteuid()
    # Root is let in everywhere: a container often runs as root on a user's folder.
    if mine and state.st_uid != mine:
        return f"it belongs to user {state.st_uid}"
    if state.st_mode & 0o002:
        return f"every user can write to it (run `chmod o-w {folder}`)"
    return ""
