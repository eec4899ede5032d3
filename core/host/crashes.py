"""How often each plugin was under way when the daemon went down, and what follows.

Three times within a day, by one version: from then on that version runs in a worker
process, or is not loaded when it was its loading that ended the daemon. A new version
starts from zero, and so does what `hookwright plugins retry NAME` forgets. Who ends
the daemon with `kill -9` while a plugin runs counts too; it takes three.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..paths import make_private

if TYPE_CHECKING:
    from .flight import Flight

FILE = "plugin-crashes.json"
THRESHOLD = 3
WINDOW = timedelta(hours=24)
#: What the flight recorder notes instead of a hook while a plugin is loaded.
IMPORTING = "importing it"
REGISTERING = "registering it"
_LOADING = frozenset((IMPORTING, REGISTERING))
_MAX_FILE = 2**20
_KEPT = 20


class Crashes:
    """The counts, as they are kept in the data directory.

    A file that cannot be read counts as none: it only ever takes something away.
    """

    def __init__(self, data: Path) -> None:
        self._file = data / FILE
        self._plugins = _read(self._file)

    def count(self, flights: Iterable[Flight], now: datetime) -> None:
        """Count a daemon that went down while these calls were under way.

        :raises OSError: the count cannot be kept.
        """
        flying = {flight.plugin: flight for flight in flights}
        for name, flight in flying.items():
            entry = self._plugins.get(name)
            if entry is None or entry["version"] != flight.version:
                entry = {"version": flight.version, "crashes": [], "measure": ""}
            since = (now - WINDOW).isoformat()
            crash = {"time": now.isoformat(timespec="seconds"), "hook": flight.hook}
            # What led to a measure stays, so that it can be told.
            kept = [
                each
                for each in entry["crashes"][-_KEPT:]
                if entry["measure"] or each["time"] > since
            ]
            crashes = [*kept, crash]
            loading = [each for each in crashes if each["hook"] in _LOADING]
            if len(loading) >= THRESHOLD:
                entry["measure"] = "unloaded"
            elif len(crashes) >= THRESHOLD:
                entry["measure"] = entry["measure"] or "outside"
            self._plugins[name] = {**entry, "crashes": crashes}
        if flying:
            self._save()

    def why_unloaded(self, name: str, version: str) -> str:
        """Return why that version is not to be loaded any more, or ""."""
        return self._why(name, version, "unloaded", "it ended the daemon")

    def why_outside(self, name: str, version: str) -> str:
        """Return why that version is to run in a worker process, or ""."""
        return self._why(
            name, version, "outside", "it runs in a worker process: it ended the daemon"
        )

    def forget(self, name: str) -> bool:
        """Start from zero with a plugin; return whether there was anything.

        :raises OSError: that cannot be kept.
        """
        if self._plugins.pop(name, None) is None:
            return False
        self._save()
        return True

    def _why(self, name: str, version: str, measure: str, what: str) -> str:
        entry = self._plugins.get(name)
        if not entry or (entry["version"], entry["measure"]) != (version, measure):
            return ""
        crashes = entry["crashes"]
        last = crashes[-1]
        return (
            f"{what} {len(crashes)} times, last {_during(last['hook'])} at "
            f"{last['time']}; another version is tried again, and so is this one after "
            f"`hookwright plugins retry {name}`"
        )

    def _save(self) -> None:
        make_private(self._file.parent)
        aside = self._file.with_name(f"{FILE}.{os.getpid()}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            with os.fdopen(os.open(aside, flags, 0o600), "w", encoding="utf-8") as file:
                json.dump({"format": 1, "plugins": self._plugins}, file, indent=1)
            os.replace(aside, self._file)
        except OSError:
            with suppress(OSError):
                aside.unlink(missing_ok=True)
            raise


def _during(hook: str) -> str:
    return f"while {hook}" if hook in _LOADING else f"in {hook}"


def _read(file: Path) -> dict[str, dict[str, Any]]:
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as opened:
            content = json.loads(opened.read(_MAX_FILE))
        if content["format"] != 1:
            return {}
        plugins = content["plugins"].items()
        return {str(name): _entry(entry) for name, entry in plugins}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _entry(entry: dict[str, Any]) -> dict[str, Any]:
    """Return one plugin's entry with what is needed of it.

    :raises KeyError: it lacks something.
    """
    crashes = [
        {"time": str(crash["time"]), "hook": str(crash["hook"])}
        for crash in entry["crashes"]
    ]
    measure = str(entry["measure"]) if crashes else ""
    return {"version": str(entry["version"]), "crashes": crashes, "measure": measure}
