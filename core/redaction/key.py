"""The key that makes tokens comparable, and worthless to who has only the tokens."""

from __future__ import annotations

import os

KEY_FILE = "redaction.key"
KEY_SIZE = 32


def load_key(data_dir: str | os.PathLike[str]) -> bytes:
    """Return the data directory's redaction key, made at first use.

    The file holds 32 random bytes, mode 0600. Where it can be neither read nor made
    (a read-only directory, a full disk) the key is random and holds for this process
    only: tokens then differ from one process to the next, nothing else is lost.
    """
    file = os.path.join(data_dir, KEY_FILE)
    try:
        return _read(file) or _create(file)
    except OSError:
        return os.urandom(KEY_SIZE)


def _read(file: str) -> bytes | None:
    try:
        with open(file, "rb") as stream:
            key = stream.read()
    except FileNotFoundError:
        return None
    # A short file is not ours to trust: an empty key would make every token a
    # plain hash that can be looked up.
    return key if len(key) == KEY_SIZE else None


def _create(file: str) -> bytes:
    """Write a new key under its own name, whole or not at all; first one wins."""
    os.makedirs(os.path.dirname(file), mode=0o700, exist_ok=True)
    key = os.urandom(KEY_SIZE)
    draft = f"{file}.{os.getpid()}.{os.urandom(4).hex()}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        try:
            os.write(descriptor, key)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if not _link(draft, file) and _read(file) is None:
            # What has the name is damaged: replaced, and the race of two repairs is
            # settled by reading what is there afterwards.
            os.replace(draft, file)
    finally:
        try:  # noqa: SIM105 - contextlib takes 1 ms
            os.unlink(draft)
        except FileNotFoundError:
            pass
    return _read(file) or key


def _link(draft: str, file: str) -> bool:
    """Give draft its name; return False when another process was first."""
    try:
        os.link(draft, file)
    except FileExistsError:
        return False
    except OSError:
        # Some file systems have no hard links; a race there costs one process's
        # tokens their comparability, not their secrecy.
        os.replace(draft, file)
    return True
