from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from watchdog.observers import Observer

from hookwright.core.errors import ConfigError
from hookwright.core.paths import Paths
from hookwright.core.settings import LoadedSettings, SettingsWatcher, Trust

Change = LoadedSettings | ConfigError
#: Far more than a change takes; a test that waits this long has failed.
PATIENCE = 30.0


@contextmanager
def watching(
    paths: Paths, project: Path | None = None
) -> Iterator[queue.Queue[Change]]:
    changes: queue.Queue[Change] = queue.Queue()
    watcher = SettingsWatcher(paths, project, changes.put)
    watcher.start()
    try:
        yield changes
    finally:
        watcher.stop()


def size_after(changes: queue.Queue[Change]) -> int:
    """Return the store's size, in MB, that the next change brings."""
    change = changes.get(timeout=PATIENCE)
    assert isinstance(change, LoadedSettings), change
    return change.settings.store.max_size // 2**20


def write(file: Path, megabytes: int) -> None:
    file.write_text(f"[store]\nmax_size = '{megabytes} MB'\n")


def test_a_change_of_the_file_takes_effect(paths: Paths) -> None:
    paths.config.mkdir()
    write(paths.config_file, 10)

    with watching(paths) as changes:
        write(paths.config_file, 11)
        assert size_after(changes) == 11
        draft = paths.config / "draft"
        write(draft, 12)
        os.replace(draft, paths.config_file)
        assert size_after(changes) == 12
        paths.config_file.unlink()
        assert size_after(changes) == 512


def test_the_directories_need_not_exist_yet(paths: Paths, tmp_path: Path) -> None:
    deep = Paths(paths.data, tmp_path / "not" / "yet" / "there")
    project = tmp_path / "nor" / "here"

    with watching(deep, project) as changes:
        deep.config.mkdir(parents=True)
        write(deep.config_file, 13)
        assert size_after(changes) == 13
        deep.config_file.unlink()
        deep.config.rmdir()
        assert size_after(changes) == 512
        deep.config.mkdir()
        write(deep.config_file, 14)
        assert size_after(changes) == 14


def test_a_broken_edit_is_reported_once_and_its_repair_too(paths: Paths) -> None:
    paths.config.mkdir()
    write(paths.config_file, 10)

    with watching(paths) as changes:
        paths.config_file.write_text("[store\n")
        broken = changes.get(timeout=PATIENCE)
        assert isinstance(broken, ConfigError)
        assert "not valid TOML" in str(broken)
        paths.config_file.write_text("[store\n")
        write(paths.config_file, 10)
        assert size_after(changes) == 10
    assert changes.empty()


def test_what_changes_no_setting_is_not_reported(paths: Paths) -> None:
    paths.config.mkdir()
    write(paths.config_file, 10)

    with watching(paths) as changes:
        paths.config_file.write_text("# comment\n\n[store]\nmax_size = '10 MB'\n")
        (paths.config / "other.toml").write_text("[store]\nmax_size = 1\n")
        write(paths.config_file, 15)
        assert size_after(changes) == 15
    assert changes.empty()


def test_a_linked_file_is_watched_where_it_really_is(
    paths: Paths, tmp_path: Path
) -> None:
    real = tmp_path / "dotfiles" / "hookwright.toml"
    real.parent.mkdir()
    write(real, 10)
    paths.config.mkdir()
    paths.config_file.symlink_to(real)

    with watching(paths) as changes:
        write(real, 16)
        assert size_after(changes) == 16


def test_trusting_a_project_file_takes_effect(paths: Paths, project: Path) -> None:
    file = project / ".hookwright.toml"

    with watching(paths, project) as changes:
        write(file, 17)
        refused = changes.get(timeout=PATIENCE)
        assert isinstance(refused, LoadedSettings)
        assert [ignored.key for ignored in refused.ignored] == ["store.max_size"]
        Trust(paths.data).add(file)
        assert size_after(changes) == 17


def test_stopping_leaves_no_thread_and_can_be_repeated(paths: Paths) -> None:
    before = set(threading.enumerate())
    watcher = SettingsWatcher(paths, None, lambda change: None)
    watcher.stop()
    for _ in range(3):
        watcher.start()
        watcher.start()
        watcher.stop()
        watcher.stop()

    assert set(threading.enumerate()) <= before


def test_the_watcher_may_be_stopped_by_what_it_calls(paths: Paths) -> None:
    stopped = threading.Event()

    def stop(change: Change) -> None:
        watcher.stop()
        stopped.set()

    paths.config.mkdir()
    watcher = SettingsWatcher(paths, None, stop)
    watcher.start()
    write(paths.config_file, 18)

    assert stopped.wait(PATIENCE)


def test_without_file_system_events_the_files_are_polled(
    paths: Paths, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def used_up(*_: object, **__: object) -> None:
        raise OSError("inotify watch limit reached")

    monkeypatch.setattr(Observer, "schedule", used_up)
    paths.config.mkdir()
    write(paths.config_file, 10)

    with watching(paths) as changes:
        assert "polled for changes: inotify watch limit reached" in caplog.text
        write(paths.config_file, 11)
        assert size_after(changes) == 11


def test_the_settings_load_without_watchdog_and_pydantic_settings() -> None:
    code = "import sys, hookwright.core.settings; print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    heavy = {"watchdog", "pydantic_settings", "typer", "rich", "lmdb"}
    assert not heavy & set(ran.stdout.split())
