"""Take changes of the configuration files into effect while the daemon runs."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ConfigError
from ..paths import PROJECT_CONFIG_FILE, Paths
from .loading import LoadedSettings, load_settings
from .trust import TRUST_FILE

if TYPE_CHECKING:
    from watchdog.events import FileSystemEvent, FileSystemEventHandler
    from watchdog.observers.api import BaseObserver, ObservedWatch

_log = logging.getLogger(__name__)

#: Editors write a file in several steps; wait until nothing has moved this long.
QUIET_SECONDS = 0.1
_POLL_SECONDS = 1.0


class SettingsWatcher:
    """Call `on_change` with new settings, or with the error of a broken edit.

    The directories need not exist: the nearest one that does is watched until they
    appear. A change that alters no setting is not reported; a broken edit is, once,
    and what was loaded before stays in force because nothing else is handed over.

    :param on_change: called in the watcher's thread.
    :param load: loads the settings; `load_settings` of paths and project when None.
    """

    def __init__(
        self,
        paths: Paths,
        project: Path | None,
        on_change: Callable[[LoadedSettings | ConfigError], None],
        *,
        load: Callable[[], LoadedSettings] | None = None,
    ) -> None:
        self._on_change = on_change
        self._load = load or (lambda: load_settings(paths, project=project))
        self._files = [paths.config_file, paths.data / TRUST_FILE]
        if project is not None:
            self._files.append(project / PROJECT_CONFIG_FILE)
        self._condition = threading.Condition()
        self._changes = 0
        self._stopping = False
        self._observer: BaseObserver | None = None
        self._watches: dict[str, ObservedWatch] = {}
        self._gone: set[str] = set()
        self._relevant: set[str] = set()
        self._thread: threading.Thread | None = None
        self._last: LoadedSettings | str | None = None

    @property
    def has_files(self) -> bool:
        """Return whether any of the files is there."""
        return any(os.path.lexists(file) for file in self._files)

    def start(self) -> None:
        """Begin to watch; returns when every change from now on will be seen."""
        if self._thread is not None:
            return
        self._stopping = False
        self._observer = self._started_observer()
        self._last = self._current()
        self._thread = threading.Thread(
            target=self._run, name="hookwright-settings", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop watching; returns when both threads have ended."""
        thread, observer = self._thread, self._observer
        self._thread = self._observer = None
        with self._condition:
            self._stopping = True
            self._condition.notify_all()
        if thread is not None and thread is not threading.current_thread():
            thread.join()
        if observer is not None:
            observer.stop()
            observer.join()
        self._watches.clear()

    def _started_observer(self) -> BaseObserver:
        from watchdog.observers import Observer
        from watchdog.observers.polling import PollingObserver

        observer: BaseObserver = Observer()
        try:
            observer.start()
            self._watch(observer)
        except OSError as error:
            # The user's inotify watches are used up: slower, but it works.
            _log.warning("settings are polled for changes: %s", error)
            observer.stop()
            self._watches.clear()
            observer = PollingObserver(timeout=_POLL_SECONDS)
            observer.start()
            self._watch(observer)
        return observer

    def _watch(self, observer: BaseObserver) -> None:
        """Watch the directories that now are the nearest ones to the files."""
        from watchdog.events import FileSystemEventHandler

        handler = FileSystemEventHandler()
        handler.on_any_event = self._on_event  # type: ignore[method-assign]
        for directory in self._gone & self._watches.keys():
            observer.unschedule(self._watches.pop(directory))
        self._gone.clear()
        wanted = self._wanted()
        while missing := wanted - self._watches.keys():
            for directory in missing:
                watch = self._scheduled(observer, handler, directory)
                if watch is not None:
                    self._watches[directory] = watch
            # One that was made while we looked had nobody to see it.
            wanted = self._wanted()
        for directory in self._watches.keys() - wanted:
            observer.unschedule(self._watches.pop(directory))

    def _wanted(self) -> set[str]:
        places = {str(file) for file in self._files}
        places |= {os.path.realpath(file) for file in self._files}
        self._relevant = {part for place in places for part in _with_parents(place)}
        return {_nearest_directory(place) for place in places}

    @staticmethod
    def _scheduled(
        observer: BaseObserver, handler: FileSystemEventHandler, directory: str
    ) -> ObservedWatch | None:
        try:
            return observer.schedule(handler, directory)
        except FileNotFoundError:
            # It has just gone: the next look finds the one above it.
            return None

    def _on_event(self, event: FileSystemEvent) -> None:
        if event.event_type in ("opened", "closed_no_write"):
            return
        source, target = os.fsdecode(event.src_path), os.fsdecode(event.dest_path)
        if not {source, target} & self._relevant:
            return
        with self._condition:
            if event.event_type in ("deleted", "moved"):
                self._gone.add(source)
            self._changes += 1
            self._condition.notify_all()

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._changes or self._stopping)
                while not self._stopping and self._changes:
                    self._changes = 0
                    self._condition.wait(QUIET_SECONDS)
                if self._stopping:
                    return
            self._take_change()

    def _take_change(self) -> None:
        observer = self._observer
        if observer is not None:
            try:
                self._watch(observer)
            except OSError as error:
                _log.warning("settings are not watched any more: %s", error)
        result = self._current()
        if _same(result, self._last):
            return
        self._last = result
        self._on_change(ConfigError(result) if isinstance(result, str) else result)

    def _current(self) -> LoadedSettings | str:
        try:
            return self._load()
        except ConfigError as error:
            return str(error)


def _same(new: LoadedSettings | str, old: LoadedSettings | str | None) -> bool:
    """Return whether nothing changed but the lines that the keys stand on."""
    if isinstance(new, str) or old is None or isinstance(old, str):
        return new == old
    refused = [{ignored.key for ignored in one.ignored} for one in (new, old)]
    return new.settings == old.settings and refused[0] == refused[1]


def _with_parents(place: str) -> list[str]:
    return [place, *map(str, Path(place).parents)]


def _nearest_directory(place: str) -> str:
    directory = os.path.dirname(place)
    while not os.path.isdir(directory):
        directory = os.path.dirname(directory)
    return directory
