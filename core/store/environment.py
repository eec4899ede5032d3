"""The open LMDB environment of one process.

Rules of LMDB held here: one environment a process and path; a new one after fork;
no write transaction without our own lock, which has a deadline; a named database is
opened only under that lock, because py-lmdb begins a write transaction for it.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import lmdb

from ..clock import Clock
from ..errors import StoreDamagedError, StoreError, StoreReadOnlyError
from .disk import fault_of, make_folders
from .explaining import explain
from .locks import FileLock
from .opening import (
    check_pages,
    check_size,
    create_store,
    data_file,
    find_store,
    finish_compaction,
    is_cut_off,
    open_lmdb,
    open_or_rescue,
)
from .reports import StoreOptions
from .usage import Usage

if TYPE_CHECKING:
    from lmdb import _Database

    Txn = lmdb.Transaction[bytes]

_log = logging.getLogger(__name__)
T = TypeVar("T")
_INDEX = ".index"
TransactionNumber = tuple[int, int]
#: Environments of a parent process that are still open in this child.
_inherited: list[lmdb.Environment] = []
_DENIED = (errno.EACCES, errno.EPERM, errno.EROFS)


class Environment:
    """Read and write transactions on the store at one path.

    Without write access it reads; where there is no store yet, and none can be made,
    every read finds nothing.
    """

    def __init__(
        self,
        path: Path,
        options: StoreOptions,
        clock: Clock,
        note: Callable[[str], None],
        *,
        read_only: bool,
    ) -> None:
        self.path = path
        self.lock = FileLock(path.with_name("store.lock"))
        self._usage = Usage(path.with_name("store.users"))
        self._options = options
        self._clock = clock
        self._note = note
        #: Why nothing can be written, or "".
        self.read_only = "the store was opened to be read only" if read_only else ""
        self._gate = threading.RLock()
        self._lmdb: lmdb.Environment | None = None
        self._databases: dict[str, _Database] = {}
        self._identity: tuple[int, int] | None = None
        self._closed = False
        #: A page made no sense: the next opening looks at all of them.
        self._suspect = False
        #: Counts openings: transaction numbers begin anew in a compacted store.
        self._generation = 0
        try:
            self._open()
        except BaseException:
            # LMDB refuses a second opening in a process while the first is there.
            self.close()
            raise

    @property
    def exists(self) -> bool:
        """Return whether there is a store to read."""
        return self._lmdb is not None

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock that every writer holds.

        :raises StoreReadOnlyError: nothing can be written here.
        :raises StoreError: another process did not let go of it in time.
        """
        if self.read_only:
            raise StoreReadOnlyError(
                f"nothing can be written to {self.path.parent}: {self.read_only}"
            )
        try:
            with self.lock.held(self._options.lock_timeout):
                yield
        except OSError as error:
            if error.errno in _DENIED:
                raise StoreReadOnlyError(
                    f"{error.filename or self.path.parent} cannot be written: "
                    f"{error.strerror}; make it writable or set HOOKWRIGHT_DATA_DIR"
                ) from error
            raise StoreError(
                f"writing to {self.path.parent} failed: {error}"
            ) from error

    @contextlib.contextmanager
    def reading(self) -> Iterator[Txn | None]:
        """Give a short read transaction, or None where there is no store.

        No code of a plugin may run inside.
        """
        with self._gate:
            environment = self._current()
            if environment is None:
                yield None
                return
            try:
                txn = self._begin(environment)
                with txn:
                    yield txn
            except lmdb.Error as error:
                raise self._explain(error) from error

    def database(self, txn: Txn, name: str) -> _Database | None:
        """Return a named database for use in a later read transaction, or None."""
        found = self._databases.get(name)
        if found is None and txn.get(name.encode()) is not None:
            raise _UnopenedError(name)
        return found

    def read(
        self, work: Callable[[Txn, Callable[[str], _Database | None]], T]
    ) -> T | None:
        """Return what work finds in one read transaction, None without a store.

        :param work: gets the transaction and a function that gives a database by
            name; it may be called a second time.
        """
        while True:
            try:
                with self.reading() as txn:
                    if txn is None:
                        return None
                    return work(txn, lambda name: self.database(txn, name))
            except _UnopenedError as error:
                self._open_database(str(error))

    def write(
        self, names: list[str], work: Callable[[Txn, Callable[[str], _Database]], T]
    ) -> T:
        """Run work in one write transaction and commit it; the lock must be held.

        :param names: databases that work uses; those that are missing are made.
        :raises StoreFullError: the store or its disk is full; nothing was written.
        :raises StoreError: it failed otherwise; nothing was written.
        """
        self.refresh()
        with self._gate:
            environment = self._current()
        if environment is None:
            raise StoreError(f"there is no store at {self.path}")
        try:
            environment.reader_check()
            while True:
                try:
                    self._make(environment, names)
                    with environment.begin(write=True) as txn:
                        return work(txn, lambda name: self._databases[name])
                except lmdb.MapResizedError:
                    with self._gate:
                        environment.set_mapsize(0)
        except lmdb.Error as error:
            explained = self._explain(error)
            self._renew_if_dead()
            raise explained from error

    def refresh(self) -> None:
        """Open again what another process replaced (`Store.compact`)."""
        with self._gate:
            if self._current() is not None and self._identity != self._look():
                self._drop()
                self._open_existing()

    def replace(self, swap: Callable[[lmdb.Environment], None]) -> None:
        """Close, let swap put another environment in place, and open that one.

        The lock must be held. No thread of this process reads meanwhile.
        """
        with self._gate:
            environment = self._current()
            if environment is None:
                raise StoreError(f"there is no store at {self.path}")
            try:
                swap(environment)
            except lmdb.Error as error:
                raise self._explain(error) from error
            finally:
                self._drop()
                self._open_existing()

    def copy(self, work: Callable[[lmdb.Environment], None]) -> None:
        """Let work copy the environment while others go on."""
        with self._gate:
            environment = self._current()
        if environment is None:
            raise StoreError(f"there is no store at {self.path}")
        try:
            work(environment)
        except lmdb.Error as error:
            raise self._explain(error) from error

    def used_bytes(self) -> int:
        """Return the bytes in use: all pages up to the last, without free ones."""
        with self._gate:
            environment = self._current()
            if environment is None:
                return 0
            size = environment.stat()["psize"]
            return (environment.info()["last_pgno"] + 1) * size

    def number(self, txn: Txn) -> TransactionNumber:
        """Return a transaction's number; later ones are greater."""
        return self._generation, txn.id()

    def version(self) -> object:
        """Return what changes whenever any process commits a transaction."""
        with self._gate:
            environment = self._current()
            last = 0 if environment is None else environment.info()["last_txnid"]
            return self._identity, last

    def close(self) -> None:
        """Close the environment; closing twice does no harm."""
        with self._gate:
            self._closed = True
            self._drop()
            if self._suspect:
                self._usage.abandon()
            else:
                self._usage.leave()

    def forget_parent(self) -> None:
        """Make this usable in a child process after a fork; it opens anew when used.

        The parent's environment is closed when the child opens one, not here: a
        thread of the parent may have been inside it.
        """
        if self._lmdb is not None:
            _inherited.append(self._lmdb)
        self._lmdb = None
        self._databases = {}
        self._gate = threading.RLock()
        self._usage.abandon()
        self.lock.abandon()
        self.lock = FileLock(self.path.with_name("store.lock"))

    def _current(self) -> lmdb.Environment | None:
        if self._closed:
            raise StoreError(f"the store {self.path} was closed")
        if self._lmdb is None and not self.read_only:
            self._open_existing()
        return self._lmdb

    def _open(self) -> None:
        _close_inherited()
        if self.read_only:
            if find_store(self.path):
                self._open_read_only()
            return
        try:
            exists = find_store(self.path)
            make_folders(self.path.parent)
            if not os.access(self.path.parent, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            self._check_owner()
            with self.lock.held(self._options.lock_timeout):
                finish_compaction(self.path)
                if not exists:
                    create_store(
                        self.path, self._options.max_size, self._clock.new_id()
                    )
                self._open_writable()
        except OSError as error:
            if error.errno not in _DENIED:
                raise StoreError(
                    f"the store cannot be opened in {self.path.parent}: {error}"
                ) from error
            self._fall_back(error)
        except lmdb.Error as error:
            raise self._explain(error) from error

    def _check_owner(self) -> None:
        fault = fault_of(self.path.parent)
        if fault:
            raise StoreError(
                f"{self.path.parent} is no place for private records: {fault}; set "
                "HOOKWRIGHT_DATA_DIR to a directory of your own"
            )

    def _fall_back(self, error: OSError) -> None:
        self.read_only = f"{error.strerror}"
        self._note(
            f"{self.path.parent} cannot be written ({error.strerror}): nothing is "
            "recorded; make it writable or set HOOKWRIGHT_DATA_DIR"
        )
        with contextlib.suppress(PermissionError):
            if find_store(self.path):
                self._open_read_only()

    def _open_writable(self) -> None:
        backups = self.path.parent / "backups"
        self._lmdb = open_or_rescue(
            self.path,
            self._options.max_size,
            self._clock,
            backups,
            self._note,
            unclean=self._usage.enter() or self._suspect,
        )
        self._suspect = False
        self._lmdb.reader_check()
        self._identity = self._look()
        with self._lmdb.begin() as txn:
            names = [bytes(name) for name in txn.cursor().iternext(values=False)]
        for name in names:
            self._databases[name.decode()] = self._lmdb.open_db(name, create=False)

    def _open_read_only(self) -> None:
        size = self._options.max_size
        check_size(self.path)
        try:
            opened = _open_readable(self.path, size)
            if is_cut_off(opened, self.path):
                opened.close()
                check_pages(self.path)
                opened = _open_readable(self.path, size)
        except lmdb.Error as error:
            raise self._explain(error) from error
        self._lmdb = opened
        self._identity = self._look()

    def _open_existing(self) -> None:
        _close_inherited()
        self._generation += 1
        try:
            if self.read_only:
                if find_store(self.path):
                    self._open_read_only()
            elif self.lock.mine:
                finish_compaction(self.path)
                self._open_writable()
            else:
                with self.held():
                    finish_compaction(self.path)
                    self._open_writable()
        except lmdb.Error as error:
            raise self._explain(error) from error

    def _renew_if_dead(self) -> None:
        # An I/O error while it commits makes an environment useless for good: every
        # transaction ends in a PanicError. The lock is held.
        with self._gate:
            if self._lmdb is None:
                return
            dead = self._suspect
            try:
                self._lmdb.begin(write=True).abort()
            except lmdb.PanicError:
                dead = True
            except lmdb.Error as error:
                _log.warning("the store %s failed: %s", self.path, error)
            if dead:
                self._drop()
                try:
                    self._open_existing()
                except StoreError as error:
                    _log.error("%s", error)

    def _drop(self) -> None:
        if self._lmdb is not None:
            self._lmdb.close()
        self._lmdb = None
        self._databases = {}

    def _look(self) -> tuple[int, int] | None:
        try:
            found = data_file(self.path).stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _begin(self, environment: lmdb.Environment) -> Txn:
        try:
            return environment.begin()
        except lmdb.MapResizedError:
            environment.set_mapsize(0)
            return environment.begin()

    def _make(self, environment: lmdb.Environment, names: list[str]) -> None:
        missing = [name for name in names if name not in self._databases]
        if not missing:
            return
        made = {}
        with environment.begin(write=True) as txn:
            for name in missing:
                dupsort = name.endswith(_INDEX)
                made[name] = environment.open_db(name.encode(), txn, dupsort=dupsort)
        self._databases.update(made)

    def _open_database(self, name: str) -> None:
        with self._gate:
            environment = self._current()
        if environment is None or name in self._databases:
            return
        if self.read_only:
            self._databases[name] = environment.open_db(name.encode(), create=False)
            return
        with self.held():
            self._databases[name] = environment.open_db(name.encode(), create=False)

    def _explain(self, error: lmdb.Error) -> StoreError:
        explained = explain(error, self.path, self._options.max_size)
        self._suspect |= isinstance(explained, StoreDamagedError)
        return explained


def _open_readable(path: Path, max_size: int) -> lmdb.Environment:
    try:
        return open_lmdb(path, max_size, read_only=True)
    except lmdb.Error:
        # Without write access to lock.mdb no reader can be entered in it.
        return open_lmdb(path, max_size, read_only=True, lock=False)


def _close_inherited() -> None:
    # LMDB refuses to open files that are open in the process already.
    while _inherited:
        _inherited.pop().close()


class _UnopenedError(Exception):
    """A database exists that another process made; it is to be opened first."""
