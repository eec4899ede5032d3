"""Find, make or rescue the LMDB environment on disk.

A new environment is made in a temporary folder, synced and renamed into place, so
that a power cut never leaves half of one. A marker file says that a folder is ours:
only such a folder is ever moved aside.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import lmdb

from ..clock import Clock
from ..errors import StoreDamagedError, StoreError
from .disk import sync_folder
from .filesystems import network_file_system

MARKER = "HOOKWRIGHT"
_MARKER_TEXT = "This directory is Hookwright's store. Format 1.\n"
_DATA = "data.mdb"
MAX_READERS = 1024
MAX_DATABASES = 128
_PAGE = 4096
#: Databases of our own; those of record types come when they are first written.
APPLIED, INBOX, META, WAITING = "_applied", "_inbox", "_meta", "_waiting"
FIXED = (APPLIED, INBOX, META, WAITING)


def open_lmdb(
    path: Path, max_size: int, *, read_only: bool = False, lock: bool = True
) -> lmdb.Environment:
    """Open the environment in a folder that exists."""
    return lmdb.open(
        os.fspath(path),
        map_size=-(-max_size // _PAGE) * _PAGE,
        max_readers=MAX_READERS,
        max_dbs=MAX_DATABASES,
        mode=0o600,
        create=False,
        readonly=read_only,
        lock=lock,
        readahead=True,
    )


def find_store(path: Path) -> bool:
    """Return whether a store of ours is at path; False when there is nothing.

    :raises StoreDamagedError: something else is there.
    :raises StoreError: it is on a network file system.
    """
    kind = network_file_system(path.parent)
    if kind is not None:
        raise StoreError(
            f"{path.parent} is on a network file system ({kind}), which LMDB cannot "
            "use safely; set HOOKWRIGHT_DATA_DIR to a local directory"
        )
    if path.parent.exists() and not path.parent.is_dir():
        raise StoreError(
            f"{path.parent} is no directory; it was left alone. Move it away, or set "
            "HOOKWRIGHT_DATA_DIR to another directory"
        )
    if not path.exists() and not path.is_symlink():
        return False
    if path.is_symlink():
        raise StoreDamagedError(
            f"{path} is a link; it was left alone. Move it away, or set "
            "HOOKWRIGHT_DATA_DIR to the directory that shall hold the store"
        )
    if not (path / MARKER).is_file():
        what = "a file" if path.is_file() else "a directory that is no store of ours"
        raise StoreDamagedError(
            f"{path} is {what}; it was left alone. Move it away, or set "
            "HOOKWRIGHT_DATA_DIR to another directory"
        )
    return True


def create_store(path: Path, max_size: int, name: str) -> None:
    """Make an empty environment and rename it into place; the lock must be held.

    :param name: makes the temporary folder's name unique.
    """
    if path.exists():
        return
    temporary = path.with_name(f"{path.name}.new-{name}")
    temporary.mkdir(mode=0o700)
    try:
        environment = lmdb.open(
            os.fspath(temporary),
            map_size=-(-max_size // _PAGE) * _PAGE,
            max_readers=MAX_READERS,
            max_dbs=MAX_DATABASES,
            mode=0o600,
        )
        with contextlib.closing(environment), environment.begin(write=True) as txn:
            for database in FIXED:
                environment.open_db(database.encode(), txn=txn)
        settle_folder(temporary)
        temporary.rename(path)
        sync_folder(path.parent)
    except BaseException:
        import shutil

        shutil.rmtree(temporary, ignore_errors=True)
        raise


def finish_compaction(path: Path) -> None:
    """Put right what a compaction that was killed left; the lock must be held."""
    if not path.exists():
        for pattern in ("compacted", "old"):
            whole = sorted(path.parent.glob(f"{path.name}.{pattern}-*"))
            if whole:
                whole[-1].rename(path)
                break
    for pattern in ("compacted", "old", "new"):
        for left in path.parent.glob(f"{path.name}.{pattern}-*"):
            import shutil

            shutil.rmtree(left, ignore_errors=True)


def open_or_rescue(
    path: Path,
    max_size: int,
    clock: Clock,
    backups: Path,
    note: Callable[[str], None],
    *,
    unclean: bool = False,
) -> lmdb.Environment:
    """Open a store of ours; move a damaged one aside and start from a backup.

    The lock must be held.

    :param unclean: whoever used it last did not close it: look at every page.
    """
    try:
        return _open_checked(path, max_size, unclean=unclean)
    except (lmdb.InvalidError, lmdb.CorruptedError, lmdb.PanicError) as error:
        reason = str(error)
    except StoreDamagedError as error:
        reason = str(error)
    name = clock.new_id()
    aside = path.with_name(f"{path.name}.damaged-{name}")
    backup = newest_backup(backups)
    # Whole before the damaged one goes: `finish_compaction` puts it in place when we
    # are killed in between, where an empty store would hide the backup.
    ready = path.with_name(f"{path.name}.compacted-{name}")
    if backup is None:
        create_store(ready, max_size, name)
    else:
        temporary = path.with_name(f"{path.name}.new-{name}")
        import shutil

        shutil.copytree(backup, temporary)
        settle_folder(temporary)
        temporary.rename(ready)
    path.rename(aside)
    ready.rename(path)
    sync_folder(path.parent)
    note(f"the store was damaged ({reason}) and is kept as {aside}")
    if backup is None:
        note("there is no backup: the store was rebuilt from the spools alone")
    else:
        note(f"the store was rebuilt from the backup {backup} and the spools")
    return _open_checked(path, max_size, unclean=False)


def newest_backup(backups: Path) -> Path | None:
    """Return the latest whole backup; its folder's name is a ULID."""
    found = [folder for folder in backups.glob("*") if (folder / MARKER).is_file()]
    return max(found, key=lambda folder: folder.stat().st_mtime_ns, default=None)


def settle_folder(folder: Path) -> None:
    """Mark a folder as a store of ours and bring it to the disk."""
    marker = folder / MARKER
    marker.write_text(_MARKER_TEXT, "utf-8")
    for file in (marker, folder / _DATA):
        with file.open("rb") as opened:
            os.fsync(opened.fileno())
    sync_folder(folder)


def data_file(path: Path) -> Path:
    """Return the file that holds the records; never open it, `stat` is allowed."""
    return path / _DATA


def _open_checked(path: Path, max_size: int, *, unclean: bool) -> lmdb.Environment:
    check_size(path)
    if unclean:
        # A process that was killed does no harm, but LMDB itself ends the process
        # (abort) at some damaged pages, and would do so again and again.
        check_pages(path)
    environment = open_lmdb(path, max_size)
    if is_cut_off(environment, path):
        environment.close()
        check_pages(path)
        environment = open_lmdb(path, max_size)
    return environment


def check_size(path: Path) -> None:
    """Raise StoreDamagedError where LMDB would take the file for a new, empty one."""
    data = data_file(path)
    if not data.exists() or data.stat().st_size < 2 * _PAGE:
        raise StoreDamagedError(f"{data} is missing or cut off")


def is_cut_off(environment: lmdb.Environment, path: Path) -> bool:
    """Return whether the file ends before its last page."""
    size = environment.stat()["psize"]
    needed = (environment.info()["last_pgno"] + 1) * size
    return data_file(path).stat().st_size < needed


def check_pages(path: Path) -> None:
    """Verify a closed environment's pages; slow.

    Reading a page behind the file's end would kill the process (SIGBUS). The last
    pages may rightly be missing when nothing uses them, so the file is read without
    LMDB to find out.

    :raises StoreDamagedError: a page that is used is missing or damaged.
    """
    from lmdb.verify import VerifyError, verify

    try:
        problems = verify(os.fspath(path))  # type: ignore[no-untyped-call]
    except VerifyError as error:
        problems = [str(error)]
    if problems:
        raise StoreDamagedError(f"{data_file(path)} is damaged: {problems[0]}")
