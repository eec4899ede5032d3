from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.host import (
    EVENT_HOOKS,
    GATE_HOOKS,
    OBSERVE_HOOKS,
    PluginHost,
    PluginStatus,
)
from hookwright.core.store import Store
from hookwright.hookspecs import EVENT_KINDS, Event, PluginContext, hookimpl

from .conftest import NOTES, Note

MakeHost = Callable[..., PluginHost]
MakeEvent = Callable[..., Any]

#: What each entry point's module holds.
MODULES = {
    "good": "from hookwright.hookspecs import hookimpl\n"
    "@hookimpl\ndef hookwright_turn_end(event): pass\n",
    "raises": "raise ValueError('at import')\n",
    "exits": "import sys\nsys.exit(3)\n",
    "later": "from hookwright.hookspecs import hookspec, hookimpl\n"
    "class Specs:\n"
    "    @hookspec\n    def hookwright_later_word(self, word): ...\n"
    "@hookimpl\ndef hookwright_register_hookspecs(): return [Specs]\n",
    "early": "from hookwright.hookspecs import hookimpl\n"
    "@hookimpl\ndef hookwright_later_word(word): return word\n",
    "bad_specs": "from hookwright.hookspecs import hookimpl\n"
    "@hookimpl\ndef hookwright_register_hookspecs(): return 7\n",
}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an installed distribution `many 1.5` with a module for each plugin."""
    folder = tmp_path / "site"
    info = folder / "many-1.5.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Name: many\nVersion: 1.5\n")
    entries = "".join(f"{name} = many_{name}\n" for name in MODULES)
    (info / "entry_points.txt").write_text(f"[hookwright]\n{entries}")
    for name, text in MODULES.items():
        (folder / f"many_{name}.py").write_text(f"{text}")
    monkeypatch.setattr(sys, "path", [*sys.path, str(folder)])
    for name in MODULES:
        monkeypatch.delitem(sys.modules, f"many_{name}", raising=False)
    return folder


def statuses(host: PluginHost) -> dict[str, PluginStatus]:
    return {
        status.name: status for status in host.report() if status.distribution == "many"
    }


def test_every_kind_of_event_has_exactly_one_hook() -> None:
    assert set(EVENT_HOOKS) == set(EVENT_KINDS)
    assert not set(GATE_HOOKS) & set(OBSERVE_HOOKS)
    assert set(EVENT_HOOKS.values()) == {f"hookwright_{kind}" for kind in EVENT_KINDS}


def test_installed_plugins_are_loaded_one_by_one(
    site: Path, make_host: MakeHost, make_event: MakeEvent
) -> None:
    host = make_host()

    host.load()

    found = statuses(host)
    assert {name: status.state for name, status in found.items()} == {
        "good": "active",
        "raises": "failed",
        "exits": "failed",
        "early": "active",
        "later": "active",
        "bad_specs": "failed",
    }
    assert found["raises"].why == "importing it raised ValueError: at import"
    assert found["exits"].label == "exits (many 1.5)"
    assert found["good"].source == "installed"
    host.observe(make_event("turn_end"))
    assert statuses(host)["good"].hooks[0].calls == 1


def test_the_kill_switch_works_before_anything_is_imported(
    site: Path, make_host: MakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOKWRIGHT_NO_PLUGINS", "1")
    host = make_host()

    host.load()

    assert not [name for name in sys.modules if name.startswith("many_")]
    assert {status.state for status in host.report()} == {"blocked"}
    assert statuses(host)["good"].why == "HOOKWRIGHT_NO_PLUGINS is set"


@pytest.mark.parametrize("value", ["0", "false", "", " no "])
def test_the_kill_switch_can_be_set_to_off(
    site: Path, make_host: MakeHost, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("HOOKWRIGHT_NO_PLUGINS", value)
    host = make_host()

    host.load()

    assert statuses(host)["good"].state == "active"


def test_without_entry_points_nothing_is_loaded(
    site: Path, make_host: MakeHost
) -> None:
    host = make_host()

    host.load(entry_points=False)

    assert host.report() == []


def test_a_disabled_plugin_is_not_imported(site: Path, make_host: MakeHost) -> None:
    host = make_host(disabled=["good", "raises"])

    host.load()

    assert "many_good" not in sys.modules
    assert statuses(host)["raises"].state == "blocked"


def test_a_bundled_plugin_that_fails_and_is_disabled_is_blocked(
    site: Path, make_host: MakeHost
) -> None:
    metadata = site / "many-1.5.dist-info" / "METADATA"
    metadata.write_text("Name: hookwright\nVersion: 0\n")
    sys.path.insert(0, str(site))
    host = make_host(disabled=["raises"])

    host.load()

    found = {status.name: status.state for status in host.report()}
    assert found["raises"] == "blocked"
    assert found["exits"] == "failed"


def test_of_two_plugins_with_one_name_the_second_is_reported(
    site: Path, make_host: MakeHost
) -> None:
    info = site / "rival-2.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: rival\nVersion: 2.0\n")
    (info / "entry_points.txt").write_text("[hookwright]\ngood = many_early\n")
    host = make_host()

    host.load()

    rival = next(item for item in host.report() if item.distribution == "rival")
    assert rival.state == "failed"
    assert rival.why == "the name is taken by plugin good (many 1.5)"


def test_events_from_many_threads_at_once_are_all_counted(
    make_host: MakeHost, make_event: MakeEvent, store: Store
) -> None:
    class Writes:
        @hookimpl
        def hookwright_event(self, event: Event, context: PluginContext) -> None:
            context.store.put(NOTES, Note(author=event.id))

    class Raises:
        @hookimpl
        def hookwright_turn_end(self) -> None:
            raise ValueError

    host = make_host({"raises": Raises(), "writes": Writes()})
    events = [make_event("turn_end") for _ in range(200)]

    def observe(mine: list[Any]) -> None:
        for event in mine:
            store.commit(host.observe(event))

    threads = [
        threading.Thread(target=observe, args=(events[start::8],)) for start in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert store.stage().count(NOTES) == 200
    raises, writes = host.report()
    assert writes.hooks[0].calls == 200
    assert raises.state == "tripped"
    assert raises.hooks[0].calls == raises.hooks[0].errors


def test_a_fault_is_told_once_with_its_place_and_an_open_breaker_too(
    make_host: MakeHost, make_event: MakeEvent, caplog: pytest.LogCaptureFixture
) -> None:
    class Raises:
        @hookimpl
        def hookwright_turn_end(self) -> None:
            raise ValueError("always")

    host = make_host()
    host.register(Raises(), "raises", "bad-dist", "1.2")

    for _ in range(9):
        host.observe(make_event("turn_end"))

    told = [record.getMessage() for record in caplog.records]
    assert told == [
        "plugin raises (bad-dist 1.2): hookwright_turn_end raised ValueError: always",
        "plugin raises (bad-dist 1.2): hookwright_turn_end is left alone for 60 s "
        "after repeated faults",
    ]
    assert "in hookwright_turn_end" in caplog.text


def test_a_hook_that_works_again_is_called_again(
    make_host: MakeHost, make_event: MakeEvent, caplog: pytest.LogCaptureFixture
) -> None:
    class Mended:
        broken = True

        @hookimpl
        def hookwright_turn_end(self) -> None:
            if self.broken:
                raise ValueError

    plugin = Mended()
    host = make_host({"mended": plugin})
    for _ in range(4):
        host.observe(make_event("turn_end"))
    plugin.broken = False
    breaker = host._active["mended"].ledgers["hookwright_turn_end"].breaker
    breaker._monotonic = lambda: 1e12

    caplog.set_level(logging.INFO, "hookwright")
    host.observe(make_event("turn_end"))

    assert host.report()[0].state == "active"
    assert "works again" in caplog.text


def test_calls_are_traced_on_request(
    make_host: MakeHost,
    make_event: MakeEvent,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Quiet:
        @hookimpl
        def hookwright_turn_end(self) -> None: ...

    monkeypatch.setenv("HOOKWRIGHT_TRACE_PLUGINS", "1")
    caplog.set_level(logging.INFO, "hookwright")
    host = make_host({"quiet": Quiet()})

    host.observe(make_event("turn_end"))

    assert "trace quiet hookwright_turn_end" in caplog.text
