"""Append a delivery to the spool without a daemon.

Standard library only and light. Several processes share one file a session: each
takes the file's lock, looks whether the path still names the file it opened (a
folder may have renamed it), appends one frame and leaves.
"""

from __future__ import annotations

import errno
import fcntl
import os
import time
import zlib

from .frames import (
    DELIVERY,
    HEADER_SIZE,
    NAME_SIZE,
    decode_header,
    encode_delivery,
    encode_frame,
    encode_header,
    read_frames,
)

PREFIX = "cold-"
SUFFIX = ".spool"
#: A shared file is closed at this size, so that looking for a torn tail stays cheap.
SEAL_SIZE = 256 * 1024
#: A file of this name asks for a sync of each append, see `mark_synced`.
SYNCED = "sync"
_SEALED = "-sealed-"
_NAME_LENGTH = 40
#: Nobody else knows who owns a cold segment: it belongs to whoever folds it.
_OWNER = "0" * NAME_SIZE


def append_cold(
    spool_dir: str | os.PathLike[str],
    session_key: str,
    delivery_id: str,
    payload: bytes,
) -> None:
    """Append one delivery, redacted already, to its session's shared file.

    :raises OSError: it could not be written, and nothing of it is left in the file,
        or not be synced where `mark_synced` asks for it; or others can read there.
    """
    os.makedirs(spool_dir, mode=0o700, exist_ok=True)
    _check_owner(spool_dir)
    path = os.path.join(spool_dir, cold_name(session_key))
    now_ms = time.time_ns() // 1_000_000
    frame = encode_frame(DELIVERY, encode_delivery(now_ms, delivery_id, payload))
    synced = os.path.exists(os.path.join(spool_dir, SYNCED))
    while not _append(path, frame, synced):
        pass  # the file was folded or sealed while we waited for its lock


def mark_synced(spool_dir: str | os.PathLike[str], wanted: bool) -> None:
    """Say whether cold appends are to survive a power cut; raises OSError.

    Whoever appends without a daemon knows no settings but this file.
    """
    mark = os.path.join(spool_dir, SYNCED)
    if wanted and not os.path.exists(mark):
        os.makedirs(spool_dir, mode=0o700, exist_ok=True)
        os.close(os.open(mark, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
        _sync(spool_dir)
        _sync(os.path.dirname(spool_dir))
    elif not wanted and os.path.exists(mark):
        os.unlink(mark)


def cold_name(session_key: str) -> str:
    """Return the shared file's name: a readable head and a checksum of the key."""
    readable = "".join(
        letter if letter.isascii() and letter.isalnum() else "_"
        for letter in session_key[:_NAME_LENGTH]
    )
    checksum = zlib.crc32(session_key.encode("utf-8", "replace"))
    return f"{PREFIX}{readable}-{checksum:08x}{SUFFIX}"


def is_shared(name: str) -> bool:
    """Return whether a spool file may still be appended to by other processes."""
    return name.startswith(PREFIX) and _SEALED not in name


def seal(path: str) -> str:
    """Give a shared file a name of its own; its lock must be held."""
    stem = path.removesuffix(SUFFIX)
    sealed = f"{stem}{_SEALED}{os.urandom(6).hex()}{SUFFIX}"
    os.rename(path, sealed)
    return sealed


def still_named(descriptor: int, path: str) -> bool:
    """Return whether path names the open file."""
    try:
        named = os.stat(path)
    except FileNotFoundError:
        return False
    return os.path.samestat(named, os.fstat(descriptor))


def _check_owner(spool_dir: str | os.PathLike[str]) -> None:
    state = os.stat(spool_dir)
    mine = os.geteuid()
    if (mine and state.st_uid != mine) or state.st_mode & 0o002:
        raise PermissionError(
            errno.EPERM, "it is not yours alone", os.fspath(spool_dir)
        )


def _sync(folder: str | os.PathLike[str]) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _append(path: str, frame: bytes, synced: bool) -> bool:
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(path, flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if not still_named(descriptor, path):
            return False
        size = os.fstat(descriptor).st_size
        if size and (size > SEAL_SIZE or not _is_whole(descriptor, size)):
            seal(path)
            return False
        if not size:
            frame = encode_header(os.urandom(13).hex(), _OWNER) + frame
        write_whole(descriptor, frame, size)
        if synced:
            os.fsync(descriptor)
            if not size:
                _sync(os.path.dirname(path))
    finally:
        os.close(descriptor)
    return True


def _is_whole(descriptor: int, size: int) -> bool:
    # A writer that was killed inside its write leaves a torn tail, a power cut a hole,
    # and what is appended behind either can never be read.
    data = os.pread(descriptor, size, 0)
    end = HEADER_SIZE
    for frame in read_frames(data):
        end = frame.end
    return decode_header(data[:HEADER_SIZE]) is not None and end == size


def write_whole(descriptor: int, data: bytes, size: int) -> None:
    """Append data to a file of that size, all of it or nothing.

    :raises OSError: it could not be written; the file has its old size again.
    """
    try:
        written = os.write(descriptor, data)
        if written != len(data):
            # What stopped it shows its own error number when it is asked again.
            written += os.write(descriptor, data[written:])
        if written != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    except OSError:
        os.ftruncate(descriptor, size)
        raise
