"""The pytest plugin as a plugin author's test run sees it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from hookwright.core.host import PluginHost
from hookwright.core.store import Store
from hookwright.core.testing.factory import EventFactory
from hookwright.hookspecs import (
    Event,
    PluginContext,
    Record,
    RecordType,
    hookimpl,
)

AUTHORS_TEST = """
from hookwright.core.testing.outcomes import assert_denied, assert_healthy
from hookwright.hookspecs import Deny, hookimpl

class Guard:
    @hookimpl
    def hookwright_tool_before(self, event):
        if "rm" in event.call.command:
            return Deny(reason="no rm")

def test_it_refuses(plugin_host, make_event):
    plugin_host.register(Guard(), "guard")
    event = make_event("tool_before", command="rm x")
    assert_denied(plugin_host.decide(event)[0], "no rm")
    assert_healthy(plugin_host)
"""


class Visit(Record):
    session: str


VISITS = RecordType(name="visits", model=Visit, key=lambda visit: (visit.session,))


class Visits:
    @hookimpl
    def hookwright_register_records(self) -> list[RecordType[Visit]]:
        return [VISITS]

    @hookimpl
    def hookwright_event(self, event: Event, context: PluginContext) -> None:
        context.store.put(VISITS, Visit(session=event.session_id))


def run_pytest(directory: Path, *options: str) -> subprocess.CompletedProcess[str]:
    (directory / "test_guard.py").write_text(AUTHORS_TEST)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def test_importing_it_loads_nothing_of_the_engine() -> None:
    program = (
        "import sys, hookwright.core.testing\n"
        "heavy = {'pydantic', 'lmdb', 'hookwright.hookspecs', 'hookwright.core.host',"
        " 'hookwright.core.store', 'typer', 'rich', 'orjson'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout.strip() == "[]"


def test_pluggy_comes_with_pytest_alone() -> None:
    # A stand-in for pytest shows what the plugin itself would import.
    program = (
        "import sys, types\n"
        "fake = types.ModuleType('pytest')\n"
        "fake.fixture = lambda function: function\n"
        "sys.modules['pytest'] = fake\n"
        "import hookwright.core.testing\n"
        "print('pluggy' in sys.modules)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout.strip() == "False"


def test_an_author_needs_no_set_up(tmp_path: Path) -> None:
    done = run_pytest(tmp_path)

    assert "1 passed" in done.stdout, done.stdout


def test_it_can_be_switched_off(tmp_path: Path) -> None:
    done = run_pytest(tmp_path, "-p", "no:hookwright")

    assert "fixture 'plugin_host' not found" in done.stdout, done.stdout


def test_the_host_writes_to_a_real_store_and_loads_no_installed_plugin(
    plugin_host: PluginHost, plugin_store: Store, make_event: EventFactory
) -> None:
    assert plugin_host.report() == []
    plugin_host.register(Visits(), "visits")

    plugin_store.commit(plugin_host.observe(make_event("turn_end")))
    plugin_store.flush("command")

    assert plugin_store.stage().get(VISITS, "session-1") == Visit(session="session-1")
