"""A plugin host over a real store, and a plugin call that hangs until the test ends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.clock import Clock
from hookwright.core.host import PluginHost
from hookwright.core.paths import Paths
from hookwright.core.store import Store, StoreOptions
from hookwright.hookspecs import Record, RecordType


class Note(Record):
    author: str
    text: str = ""


NOTES = RecordType(name="notes", model=Note, key=lambda note: (note.author,))


@pytest.fixture
def store(plugin_store: Store) -> Store:
    plugin_store.register(NOTES)
    return plugin_store


@pytest.fixture
def make_host(store: Store, paths: Paths) -> Callable[..., PluginHost]:
    """Return `make_host(plugins, tables, ...)`; plugins by name are registered."""

    def make(
        plugins: Mapping[str, object] | None = None,
        tables: Mapping[str, Mapping[str, Any]] | None = None,
        disabled: Sequence[str] = (),
        redact: Callable[[str], str] = lambda text: text,
        **options: Any,
    ) -> PluginHost:
        host = PluginHost(
            store=store,
            clock=Clock(),
            paths=paths,
            tables=tables or {},
            disabled=disabled,
            redact=redact,
            **options,
        )
        for name, plugin in (plugins or {}).items():
            host.register(plugin, name)
        return host

    return make


class Hang:
    """Holds calls up until the test lets them go."""

    def __init__(self) -> None:
        self._free = threading.Event()
        self._lock = threading.Lock()
        self.begun = 0
        self.returned = threading.Semaphore(0)

    def __call__(self) -> None:
        """Hang; to be called by a plugin."""
        with self._lock:
            self.begun += 1
        assert self._free.wait(60)

    def came_back(self) -> None:
        """To be called by the plugin as the last thing it does."""
        self.returned.release()

    def let_go(self, calls: int = 0) -> None:
        """Let every call go on; wait until so many came back."""
        self._free.set()
        for _ in range(calls):
            assert self.returned.acquire(timeout=60)


@pytest.fixture
def hang() -> Iterator[Hang]:
    held = Hang()
    yield held
    held.let_go()


@pytest.fixture
def outside(
    tmp_path: Path, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., PluginHost]]:
    """Return `outside(*names)`: a host that runs installed samples in workers.

    The samples are installed as far as a plugin host can tell: there are modules and
    entry points of a distribution on `sys.path`.
    """
    metadata = tmp_path / "site" / "samples-6.6.6.dist-info"
    metadata.mkdir(parents=True)
    entries = {
        "kinds": "kinds_plugin",
        "faulty_fatal": "faulty_plugins.fatal",
        "faulty_inside": "faulty_plugins.fatal_inside",
    }
    lines = "".join(f"{name} = {value}\n" for name, value in entries.items())
    (metadata / "entry_points.txt").write_text(f"[hookwright]\n{lines}")
    (metadata / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: samples\nVersion: 6.6.6\n"
    )
    samples = Path(__file__).parents[2] / "sample_plugins"
    for folder in (samples / "kinds", samples / "faulty" / "src", metadata.parent):
        monkeypatch.syspath_prepend(str(folder))
    made: list[tuple[PluginHost, Store]] = []

    def make(
        *names: str, isolate: bool = True, wait: bool = True, **options: Any
    ) -> PluginHost:
        within = Paths(paths.data / str(len(made)), paths.config)
        store = Store.open(within, StoreOptions(max_size=64 * 2**20))
        host = PluginHost(
            **{
                "store": store,
                "clock": Clock(),
                "paths": within,
                "tables": {},
                "redact": lambda text: text,
                "isolate": isolate,
                **options,
            }
        )
        made.append((host, store))
        host.load(only=set(names))
        store.commit(host.startup())
        host.start_workers()
        for name in names:
            worker = host._active[name].outside if name in host._active else None
            if worker is not None and wait:
                worker.await_up(60)
        return host

    yield make
    for host, store in made:
        host.close()
        store.close()
