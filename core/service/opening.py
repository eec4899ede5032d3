"""Bring up what a runtime is made of; what fails is noted and gone without."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from ..clock import Clock
from ..errors import ConfigError, StoreError
from ..host import PluginHost, TablesIn
from ..paths import Paths
from ..redaction import Redactor
from ..settings import LoadedSettings, Settings, load_settings
from ..store import Store, StoreOptions
from . import cold_rules, unanswered
from .outputs import output_events
from .prepared import leave_answers
from .unstored import Unstored

_log = logging.getLogger(__name__)

#: Only the command line installs; it has plugins of its own.
_LEFT_OUT: tuple[Literal["installers"]] = ("installers",)
#: A plugin that is not installed, and its name: tests and `hookwright demo`.
Extra = tuple[object, str]


def read_settings(
    paths: Paths, project: Path | None, overrides: Sequence[str], notes: list[str]
) -> LoadedSettings:
    """Return the settings; the defaults, and a note, when they are not usable."""
    try:
        return load_settings(paths, project=project, overrides=overrides)
    except ConfigError as error:
        notes.append(f"the configuration is not usable, the defaults hold: {error}")
        return LoadedSettings(Settings(), {})


def make_redactor(key: bytes, settings: Settings) -> Redactor:
    """Return the redactor with the user's own rules."""
    return Redactor(
        key,
        extra=[(item.name, item.pattern) for item in settings.redaction.extra],
        allow=settings.redaction.allow,
    )


def open_store(
    paths: Paths, settings: Settings, clock: Clock, notes: list[str]
) -> tuple[Store | None, str]:
    """Return the store, one that is only read, or None; and why nothing is kept."""
    wanted = settings.store
    try:
        options = StoreOptions(
            max_size=wanted.max_size,
            durability=wanted.durability,
            flush_operations=wanted.flush_operations,
            flush_bytes=wanted.flush_bytes,
            lock_timeout=wanted.lock_timeout,
        )
        store = Store.open(paths, options, clock=clock)
    except (StoreError, ConfigError, OSError) as error:
        problem = f"nothing is recorded, the store cannot be opened: {error}"
        notes.append(problem)
        return None, problem
    problem = ""
    if store.read_only:
        problem = (
            f"{paths.data} cannot be written ({store.read_only}): nothing is recorded; "
            "make it writable or set HOOKWRIGHT_DATA_DIR"
        )
        notes.append(problem)
    notes.extend(note for note in store.notes if note not in notes)
    return store, problem


def make_host(
    paths: Paths,
    loaded: LoadedSettings,
    store: Store | None,
    clock: Clock,
    redact: Callable[[str], str],
    tables_in: TablesIn,
    unread: str = "",
    isolate: bool = False,
) -> PluginHost:
    """Return a plugin host without plugins.

    :param unread: why the settings could not be read, or "".
    :param isolate: whether plugins that could end this process run in others.
    """
    origins = loaded.origins

    def origin_of(key: str) -> str:
        return origins[key].where if key in origins else ""

    return PluginHost(
        store=Unstored() if store is None else store,
        clock=clock,
        paths=paths,
        tables=loaded.settings.tables,
        disabled=loaded.settings.plugins.off,
        redact=redact,
        origins_of=origin_of,
        tables_in=tables_in,
        policies=unanswered.policies(paths, os.environ),
        unread=unread,
        isolate=isolate,
        leave_out=_LEFT_OUT,
    )


def reread_settings(
    paths: Paths,
    project: Path | None,
    overrides: Sequence[str],
    host: PluginHost,
) -> LoadedSettings:
    """Return the settings checked against what the loaded plugins accept.

    :raises ConfigError: something in them is not accepted.
    """
    return load_settings(
        paths,
        project=project,
        overrides=overrides,
        plugin_models=host.plugin_models,
        project_may_set=host.project_may_set,
    )


def leave_cold_rules(paths: Paths, settings: Settings, host: PluginHost) -> None:
    """Write down what the path without a daemon needs to know."""
    if not host.adapters:
        return  # every plugin is switched off, which is for this process only
    rules = cold_rules.ColdRules(
        hosts={
            name: cold_rules.HostRules(
                adapter.input_format, tuple(adapter.environment), output_events(adapter)
            )
            for name, adapter in host.adapters.items()
        },
        extra=tuple((item.name, item.pattern) for item in settings.redaction.extra),
        allow=settings.redaction.allow,
        env_files=settings.redaction.project_env_files,
        output=settings.redaction.redact_output,
        stamp=cold_rules.stamp_of(paths),
        plugins=_all_sound(host),
        answering=host.answering,
    )
    try:
        cold_rules.save(paths, rules)
    except OSError as error:
        _log.debug("%s cannot be written: %s", paths.run, error)
    leave_answers(paths, host)


def _all_sound(host: PluginHost) -> dict[str, str]:
    """Return the plugins' versions; none when one could not be loaded."""
    report = host.report()
    if any(name.startswith("HOOKWRIGHT__") for name in os.environ):
        # What is switched off here need not be for who comes next.
        return {}
    if any(status.state == "failed" for status in report):
        # What its gates would say is for the whole program to find out.
        return {}
    return {status.name: status.version for status in report}
