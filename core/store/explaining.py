"""LMDB's errors in words for people."""

from __future__ import annotations

from pathlib import Path

import lmdb

from ..errors import StoreDamagedError, StoreError, StoreFullError
from .reports import format_size


def explain(error: lmdb.Error, path: Path, max_size: int) -> StoreError:
    """Return the error to raise: what happened, to what, and the cure."""
    size = format_size(max_size)
    if isinstance(error, lmdb.MapFullError):
        return StoreFullError(
            f"the store {path} is full: store.max_size is {size}. Nothing was "
            "lost: what is not written stays buffered. Raise store.max_size (up to "
            "2 GB), or run `hookwright store compact`"
        )
    if isinstance(error, lmdb.DiskError):
        return StoreFullError(
            f"the disk that holds {path} is full. Nothing was lost: what is "
            "not written stays buffered. Free some space; the next flush tries "
            "again"
        )
    if isinstance(
        error,
        lmdb.InvalidError
        | lmdb.CorruptedError
        | lmdb.PageNotFoundError
        | lmdb.VersionMismatchError
        | lmdb.PanicError,
    ):
        return StoreDamagedError(
            f"the store {path} is damaged ({error}). Run `hookwright daemon "
            "stop`: the next start, or the next flush before it, moves it aside and "
            "rebuilds it from the newest backup and the spool"
        )
    return StoreError(f"the store {path} failed: {error}")
