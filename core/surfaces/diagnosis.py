"""What `hookwright doctor` finds out; nothing here changes anything."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from ..errors import ConfigError, HookwrightError
from ..host import PluginStatus
from ..service import lifetime
from ..service.native import copy_of
from ..store import StoreStats
from .clients import clients_of, inspect
from .engine import daemon_details, looking, plugin_statuses
from .hosts import HostState
from .invocation import Invocation, own_version
from .output import size

#: Of `store.max_size`; above it doctor says so.
_NEARLY_FULL = 0.9


@dataclass(frozen=True)
class Finding:
    """One line of the diagnosis.

    :param subject: what was looked at.
    :param cure: what a person can do; "" when there is nothing to do.
    """

    subject: str
    state: Literal["ok", "note", "broken"]
    text: str
    cure: str = ""


def diagnose(invocation: Invocation) -> list[Finding]:
    """Return all findings; a look that fails is a finding itself."""
    looks = (
        programs,
        directories,
        settings,
        store,
        daemon,
        clients,
        plugins,
        agent_hosts,
    )
    return [finding for look in looks for finding in _safely(look, invocation)]


def programs(_: Invocation) -> Iterator[Finding]:
    """Look at the versions."""
    text = f"{own_version()} with Python {platform.python_version()}"
    yield Finding("hookwright", "ok", f"{text} on {platform.system()}")


def directories(invocation: Invocation) -> Iterator[Finding]:
    """Look at the directories: can they be written, by us alone?"""
    data = invocation.paths.data
    if not data.exists():
        yield Finding("data", "ok", f"{data} (made by the first event)")
        return
    state = data.stat()
    if not os.access(data, os.W_OK | os.X_OK):
        cure = "Make it writable, or set HOOKWRIGHT_DATA_DIR to another directory."
        yield Finding("data", "broken", f"{data} cannot be written", cure)
    elif state.st_mode & 0o022:
        cure = f"Run chmod go-w {data}"
        yield Finding("data", "note", f"{data} can be written by others", cure)
    else:
        yield Finding("data", "ok", str(data))


def settings(invocation: Invocation) -> Iterator[Finding]:
    """Look at the configuration."""
    loaded = invocation.full_settings
    files = ", ".join(map(str, loaded.files)) or "defaults only"
    yield Finding("settings", "ok", files)
    for ignored in loaded.ignored:
        cure = "Read the file; if you trust it, run hookwright trust"
        yield Finding("settings", "note", str(ignored), cure)


def store(invocation: Invocation) -> Iterator[Finding]:
    """Look at every record of the store, and at what waits beside it."""
    paths = invocation.paths
    if not paths.store.exists():
        yield Finding("store", "ok", f"{paths.store} (made by the first event)")
        return
    with looking(invocation) as opened:
        report, stats = opened.check(), opened.stats()
    count = sum(report.records.values())
    text = f"{count} records, {size(stats.used)} used of {size(stats.max_size)}"
    if report.ok:
        yield Finding("store", "ok", f"{text}, checked")
    for problem in report.problems:
        cure = "Save what can be read: hookwright store export FILE"
        yield Finding("store", "broken", problem, cure)
    yield from _store_notes(stats)


def daemon(invocation: Invocation) -> Iterator[Finding]:
    """Look whether a daemon runs, and which."""
    holder = lifetime.holder(invocation.paths)
    if holder is None:
        text = "none runs; the next event of an agent starts one"
        yield Finding("daemon", "ok", text)
        return
    text = f"process {holder.get('pid', '?')}, version {holder.get('version', '?')}"
    if not lifetime.is_listening(invocation.paths):
        cure = "Run hookwright daemon stop; see hookwright daemon logs."
        yield Finding("daemon", "broken", f"{text}, does not answer", cure)
    elif holder.get("version") != own_version():
        text += f"; this is {own_version()}, the next event replaces it"
        yield Finding("daemon", "note", text)
    else:
        yield Finding("daemon", "ok", text)
        yield from _of_daemon(daemon_details(invocation))


def clients(invocation: Invocation) -> Iterator[Finding]:
    """Look which client hooks run, and whether the native one works."""
    state, text = inspect(invocation.paths)
    cure = "Mend that, then install Hookwright again: hooks start much faster."
    if state == "native":
        yield Finding("client", "ok", text)
    else:
        yield Finding("client", "note", text, cure if state == "python" else "")
    if gone := not copy_of(invocation.paths).exists():
        text = f"{copy_of(invocation.paths)} is gone"
    for manifest, kind in clients_of(invocation.paths):
        subject = f"{manifest.agent_host} in {manifest.directory}"
        again = f"Run hookwright install {manifest.agent_host} there again"
        if kind == "native" and (gone or state == "broken"):
            yield Finding(subject, "broken", f"its hooks do nothing: {text}", again)
        elif kind == "native":
            yield Finding(subject, "ok", "its hooks run the native client")
        else:
            better = f"{again} for the native one." if state == "native" else ""
            yield Finding(subject, "ok", "its hooks run the client in Python", better)


def plugins(invocation: Invocation) -> Iterator[Finding]:
    """Look at each plugin."""
    for status in plugin_statuses(invocation):
        yield _of_plugin(status)
        for note in status.notes:
            yield Finding(f"plugin {status.name}", "note", note)


def agent_hosts(invocation: Invocation) -> Iterator[Finding]:
    """Look which agent hosts are here and whether Hookwright is in them."""
    for state in invocation.agent_hosts:
        yield from _of_agent_host(state)


def _safely(
    look: Callable[[Invocation], Iterator[Finding]], invocation: Invocation
) -> list[Finding]:
    found: list[Finding] = []
    subject = look.__name__.replace("_", " ")
    try:
        found.extend(look(invocation))
    except ConfigError as error:
        # Said once, where the settings themselves are looked at.
        told = look is not settings
        text = "not looked at while the settings are broken" if told else str(error)
        found.append(Finding(subject, "note" if told else "broken", text))
    except (HookwrightError, OSError) as error:
        found.append(Finding(subject, "broken", str(error)))
    except Exception as error:  # noqa: BLE001 - plugins' installers run in here
        text = f"cannot be looked at: {type(error).__name__}: {error}"
        found.append(Finding(subject, "broken", text))
    return found


def _store_notes(stats: StoreStats) -> Iterator[Finding]:
    if stats.used > stats.max_size * _NEARLY_FULL:
        cure = "Raise store.max_size (up to 2 GB), or run hookwright store compact."
        yield Finding("store", "note", "is nearly full", cure)
    if stats.read_only and not os.access(stats.path, os.W_OK):
        yield Finding("store", "note", f"{stats.path} can only be read")
    if stats.dead_letters:
        text = f"{stats.dead_letters} records could not be stored and are set aside"
        cure = "See quarantine/dead-letters.jsonl in the data directory."
        yield Finding("store", "note", text, cure)
    if stats.waiting:
        text = f"{stats.waiting} operations wait for a plugin that is not loaded"
        yield Finding("store", "note", text)
    for note in stats.notes:
        yield Finding("store", "note", note)


def _of_daemon(details: dict[str, Any]) -> Iterator[Finding]:
    if problem := details.get("problem"):
        yield Finding("daemon", "broken", str(problem), "See hookwright daemon logs.")
    for note in details.get("notes", ()):
        yield Finding("daemon", "note", str(note))
    if (http := details.get("http")) is None:
        return
    if http["problem"]:
        yield Finding("http", "broken", f"the door is closed: {http['problem']}")
    elif http["url"]:
        yield Finding("http", "ok", f"open at {http['url']}")


def _of_plugin(status: PluginStatus) -> Finding:
    subject = f"plugin {status.name}"
    if status.state == "active":
        text = f"{status.version} ({status.source})".strip()
        return Finding(subject, "ok", f"{text} {status.summary}".strip())
    if status.state == "blocked":
        return Finding(subject, "note", f"is switched off: {status.why}")
    if status.state == "tripped":
        cure = "See hookwright daemon logs."
        return Finding(subject, "broken", status.why, cure)
    cure = "Mend it, uninstall it, or disable it: [plugins] disabled = "
    return Finding(
        subject, "broken", f"is not loaded: {status.why}", f'{cure}["{status.name}"]'
    )


def _of_agent_host(host: HostState) -> Iterator[Finding]:
    name = host.agent_host
    installed = f"installed: {', '.join(host.installed)}"
    version = host.version or "of unknown version"
    if not host.found:
        # Its program may be where PATH does not lead, so what is installed counts.
        text = "its program is not on PATH"
        text = f"{text}; {installed}" if host.installed else text
        yield Finding(name, "note", text, host.next_step)
    elif host.installed:
        yield Finding(name, "ok", f"{version}; {installed}", host.next_step)
    else:
        yield Finding(name, "note", f"{version}; not installed", host.next_step)
    for problem in host.problems:
        yield Finding(name, "broken", problem)
    for text in host.gone:
        cure = f"Run hookwright install {name} again, or uninstall."
        yield Finding(name, "note", text, cure)
