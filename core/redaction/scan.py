"""Tell where secrets are in texts, files and directories, and never what they are.

Files are read in windows of fixed size, so memory does not grow with them. What is no
text (an LMDB environment, a log with control characters) is read as bytes: runs of
printable ASCII characters are looked at, everything else ends them.
"""

from __future__ import annotations

import codecs
import os
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from io import BytesIO
from typing import BinaryIO, NamedTuple, Protocol

from .redactor import Redactor

#: Directories of installed packages and of caches: large, and not the project's.
EXCLUDED = frozenset(
    (
        *(".git", ".hg", ".svn", ".jj", "node_modules", ".venv", "venv", ".tox"),
        *(".nox", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"),
        *("site-packages", ".gradle", ".terraform"),
    )
)
#: The store's and the daemon's lock files, which hold no text of anybody's. A process
#: that closes one loses its lock on it, however it came to open it (fcntl(2)), and a
#: scan may run in the daemon.
_LOCK_FILES = frozenset({"lock.mdb", "daemon.lock", "start.lock"})
_LARGEST = 256 * 2**20
_BLOCK = 128 * 1024
#: Longer than any secret, in characters; the longest is a private key, 32 KB.
_OVERLAP = 40 * 1024
_KEY = "private-key"
_SAMPLE = 8 * 1024
#: Everything but printable ASCII ends what a secret can be part of.
_PRINTABLE = bytes(
    byte if 32 <= byte < 127 or byte in b"\t\n" else 13 for byte in range(256)
)


class Finding(NamedTuple):
    """One place of a secret."""

    #: The rule's name, as in the token that would stand for it.
    rule: str
    #: The line where it begins, from 1.
    line: int
    #: The file's path below the root that was scanned; "" for a text.
    file: str = ""


class _Reader(Protocol):
    def decode(self, data: bytes, final: bool, /) -> str:
        """Return more text."""
        ...


def scan_text(text: str, *, known: Mapping[str, str] | None = None) -> list[Finding]:
    """Return where a text of any length has secrets.

    :param known: values that are secret wherever they occur, with their names; see
        `project_secrets`.
    """
    blocks = (text[at : at + _BLOCK] for at in range(0, len(text), _BLOCK))
    return list(_merged(_in_blocks(blocks, _finder(known), "")))


def scan_bytes(data: bytes, *, known: Mapping[str, str] | None = None) -> list[Finding]:
    """Return where a file's content, text or not, has secrets.

    :param known: values that are secret wherever they occur, with their names.
    """
    return list(_in_stream(BytesIO(data), _finder(known), ""))


def scan_tree(
    root: str | os.PathLike[str],
    *,
    known: Mapping[str, str] | None = None,
    exclude: Collection[str] = EXCLUDED,
    largest: int = _LARGEST,
    skipped: Callable[[str, str], object] | None = None,
) -> Iterator[Finding]:
    """Yield where the files below root have secrets, in the order of their paths.

    Symbolic links are not followed, and only regular files are read.

    :param root: a directory, or one file.
    :param known: values that are secret wherever they occur, with their names.
    :param exclude: names of directories that are left out.
    :param largest: a longer file, in bytes, is left out.
    :param skipped: is told path and reason of what could not be read or is too long.
    """
    finder = _finder(known)
    tell = skipped or _ignore
    top = os.fspath(root)
    if not os.path.isdir(top):
        yield from _in_file(top, os.path.basename(top), finder, largest, tell)
        return

    def unread(error: OSError) -> None:
        tell(os.path.relpath(error.filename, top), error.strerror or "cannot be read")

    for directory, names, files in os.walk(top, onerror=unread):
        names[:] = sorted(name for name in names if name not in exclude)
        for name in sorted(files):
            path = os.path.join(directory, name)
            if name not in _LOCK_FILES:
                shown = os.path.relpath(path, top)
                yield from _in_file(path, shown, finder, largest, tell)


def _ignore(path: str, reason: str) -> None:
    """Take note of nothing: the caller did not ask what was left out."""


def _finder(known: Mapping[str, str] | None) -> Redactor:
    # No token leaves this module, so the key does not matter.
    return Redactor(b"scan", values=known)


def _in_file(
    path: str,
    shown: str,
    finder: Redactor,
    largest: int,
    tell: Callable[[str, str], object],
) -> Iterator[Finding]:
    # Should it become a named pipe or a link meanwhile: not to wait for the other end
    # of the one, and not through the other.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
    try:
        # A socket cannot be opened at all.
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return
        descriptor = os.open(path, flags)
        with os.fdopen(descriptor, "rb") as stream:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                return
            if status.st_size > largest:
                tell(shown, f"{status.st_size} bytes; read are up to {largest}")
                return
            yield from _in_stream(stream, finder, shown)
    except OSError as error:
        tell(shown, error.strerror or "cannot be read")


def _in_stream(stream: BinaryIO, finder: Redactor, file: str) -> Iterator[Finding]:
    first = stream.read(_BLOCK)
    return _merged(_in_blocks(_decoded(first, stream), finder, file))


def _decoded(first: bytes, stream: BinaryIO) -> Iterator[str]:
    reader = _reader_for(first[:_SAMPLE])
    block = first
    while block:
        yield reader.decode(block, False)
        block = stream.read(_BLOCK)
    yield reader.decode(b"", True)


def _reader_for(sample: bytes) -> _Reader:
    """Return what makes text of a file that begins with sample."""
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return codecs.getincrementaldecoder("utf-16")("replace")
    if b"\0" not in sample:
        return codecs.getincrementaldecoder("utf-8")("replace")
    # In UTF-16, every second byte of most texts is zero, and no other.
    most, few = len(sample) * 2 // 5, len(sample) // 20
    for encoding, zeros, others in (
        ("utf-16-le", sample[1::2], sample[::2]),
        ("utf-16-be", sample[::2], sample[1::2]),
    ):
        if zeros.count(0) > most and others.count(0) <= few:
            return codecs.getincrementaldecoder(encoding)("replace")
    return _Printable()


class _Printable:
    """Reads what is no text; every byte becomes one character."""

    def decode(self, data: bytes, _final: bool) -> str:
        return data.translate(_PRINTABLE).decode("ascii")


def _in_blocks(blocks: Iterable[str], finder: Redactor, file: str) -> Iterator[Finding]:
    """Yield the finds in a text that comes in blocks.

    What is kept of a window for the next one is longer than any secret, so one that
    begins before is seen whole.
    """
    window = ""
    line = 1
    for block in blocks:
        window += block
        if len(window) < _BLOCK + _OVERLAP:
            continue
        cut = _line_start(window, len(window) - _OVERLAP)
        found = [each for each in finder.find(window) if each[0] < cut]
        cut = max(cut, found[-1][1] if found else 0)
        yield from _named(found, window, line, file)
        line += window.count("\n", 0, cut)
        window = window[cut:]
    yield from _named(finder.find(window), window, line, file)


def _line_start(window: str, limit: int) -> int:
    """Return where the line that holds `limit` begins, or limit in a long line."""
    start = window.rfind("\n", limit - _SAMPLE, limit)
    return start + 1 if start >= 0 else limit


def _named(
    found: list[tuple[int, int, str]], window: str, line: int, file: str
) -> Iterator[Finding]:
    last = 0
    for begin, _, rule in found:
        line += window.count("\n", last, begin)
        last = begin
        yield Finding(rule, line, file)


def _merged(found: Iterable[Finding]) -> Iterator[Finding]:
    """Yield each private key, which is found line by line, once."""
    last = -1
    for each in found:
        if each.rule != _KEY:
            yield each
            continue
        if not 0 <= each.line - last <= 1:
            yield each
        last = each.line
