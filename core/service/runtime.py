"""Everything that answers events and tool calls, in the daemon and without one."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from hookwright.hookspecs import Answer, Decision, FlushReport

from ..clock import Clock
from ..errors import ConfigError, UnknownNameError
from ..host import PluginHost
from ..paths import Paths
from ..redaction import Redactor, load_key, project_secrets
from ..settings import LoadedSettings, Settings
from ..store import Store
from ..worktree import locate_project
from . import deciding, opening, quarantine
from .complaints import line
from .deliveries import Reader, Received
from .echoes import Echoes
from .eventlog import EventLog
from .intake import RawDelivery
from .keeping import Keeper
from .project_settings import ProjectSettings

if TYPE_CHECKING:
    from ..store import Stage

_log = logging.getLogger(__name__)
#: Answers that are remembered, so that a delivery that is sent again gets the same.
_ANSWERS = 1024


class Runtime:
    """Settings, redactor, store and plugins, put together.

    Methods may be called from many threads at once. An event takes three steps:
    `receive` (redacted and kept), `decide` (what the agent waits for), `finish`
    (what happens after it has its answer).
    """

    def __init__(
        self,
        paths: Paths,
        *,
        project: Path | None = None,
        overrides: Sequence[str] = (),
    ) -> None:
        self.paths = paths
        #: What a person should know though it works, for status and doctor.
        self.notes: list[str] = []
        self._project = project
        self._overrides = tuple(overrides)
        self._key = load_key(paths.data)
        self.clock = Clock()
        self.loaded: LoadedSettings = opening.read_settings(
            paths, project, overrides, self.notes
        )
        self._opened_with = self.settings
        self.redactor = opening.make_redactor(self._key, self.settings)
        self._projects = ProjectSettings(paths, overrides, self._key)
        self.store: Store | None
        #: Why nothing is kept at all, for people; "" when the store can be written.
        self.unrecorded: str
        self.store, self.unrecorded = opening.open_store(
            paths, self.settings, self.clock, self.notes
        )
        self.host: PluginHost = opening.make_host(
            paths,
            self.loaded,
            self.store,
            self.clock,
            self.redact,
            self._tables_in,
        )
        self.events = EventLog(paths.logs, kept=self.settings.service.events_kept)
        self._reader = Reader(paths, self.host, self.clock, self._redactor_in)
        self._keeper = Keeper(
            None if self.unrecorded else self.store,
            self.host,
            self.settings.store.flush_seconds,
            self.unrecorded,
        )
        self._echoes = Echoes()
        self._answers: OrderedDict[str, Answer] = OrderedDict()
        self._lock = threading.Lock()

    @classmethod
    def open(
        cls,
        paths: Paths,
        *,
        project: Path | None = None,
        overrides: Sequence[str] = (),
        entry_points: bool = True,
        plugins: Iterable[opening.Extra] = (),
    ) -> Self:
        """Return a runtime with its plugins loaded.

        Settings that are not usable and a store that cannot be opened are noted and
        gone without: an agent is waiting.

        :param project: directory of the project file to read, None for none.
        :param overrides: settings from the command line, `section.key=value`.
        :param entry_points: whether installed plugins are loaded.
        :param plugins: more plugins, each with its name.
        """
        runtime = cls(paths, project=project, overrides=overrides)
        runtime.host.load(entry_points=entry_points)
        for plugin, name in plugins:
            runtime.host.register(plugin, name)
        runtime._check_settings()
        opening.leave_cold_rules(paths, runtime.settings, runtime.host)
        runtime._keeper.keep(runtime.host.startup())
        for note in runtime.notes:
            _log.warning("%s", note)
        return runtime

    @property
    def settings(self) -> Settings:
        """Return the settings in force."""
        return self.loaded.settings

    def redact(self, text: str) -> str:
        """Return text with every secret replaced, by the rules in force."""
        return self.redactor.text(text)

    def answer(self, raw: RawDelivery) -> tuple[Answer, Received]:
        """Return the answer to one event, and what `finish` is to be called with.

        :raises UnknownNameError: nobody adapts this agent host.
        """
        received = self.receive(raw)
        return self.decide(received), received

    def receive(self, raw: RawDelivery) -> Received:
        """Redact, understand and keep one event; it is durable when this returns.

        :raises UnknownNameError: nobody adapts this agent host.
        """
        received = self._reader.read(raw)
        if not received.events:
            return received
        return replace(received, fresh=self._keeper.accept(received.delivery))

    def decide(self, received: Received) -> Answer:
        """Return what the agent host is told."""
        delivery = received.delivery
        with self._lock:
            known = self._answers.get(delivery.id)
        if known is not None:
            return known
        if received.problem:
            unread = received.refusable
            decision = deciding.unread(self.host) if unread else Decision()
        else:
            decision, stages = deciding.decide(
                self.host, received.events, self.settings.service.briefing_tokens
            )
            self._keeper.keep(stages)
        answer = self._render(received, decision)
        with self._lock:
            self._answers[delivery.id] = answer
            while len(self._answers) > _ANSWERS:
                self._answers.popitem(last=False)
        return answer

    def late(self, received: Received) -> Answer:
        """Return the answer when the plugins took longer than an agent waits."""
        refusable = received.refusable
        decision = deciding.unread(self.host) if refusable else Decision()
        return self._render(received, decision)

    def finish(self, received: Received) -> FlushReport | None:
        """Observe the events, keep what plugins wrote, flush when it is time."""
        if not received.fresh:
            return None
        if self._echoes.repeats(received.delivery.id, received.events):
            self._keeper.keep([], received.delivery.id)
            return None
        events = self._reader.complete(received)
        stages: list[Stage] = []
        for event in events:
            stages += self.host.observe(event)
            try:
                self.events.append(event)
            except OSError as error:
                where = self.paths.logs
                self._keeper.tell_once(f"{where}: events are not logged: {error}")
        self._keeper.keep(stages, received.delivery.id)
        flusher = self._keeper.flusher
        return None if flusher is None else flusher.after(events)

    def recover(self) -> list[Received]:
        """Take over what other processes left; `finish` is to be called with each."""
        left = self._keeper.left_by_others()
        return [found for item in left if (found := self._revive(*item)) is not None]

    def tick(self) -> FlushReport | None:
        """Flush when what waits is old enough; to be called every second or so."""
        flusher = self._keeper.flusher
        return None if flusher is None else flusher.tick()

    def flush(self, reason: str) -> FlushReport | None:
        """Flush now; None when it failed (see `problem`) or there is no store."""
        return self._keeper.flush(reason)

    def must_flush(self, reason: str) -> FlushReport:
        """Flush now.

        :raises StoreError: it failed, or there is no store.
        """
        return self._keeper.must_flush(reason)

    @property
    def problem(self) -> str:
        """Return why nothing reaches the store at the moment, or ""."""
        return self._keeper.problem

    def call_tool(
        self, name: str, arguments: Mapping[str, Any], *, from_agent: bool
    ) -> Any:
        """Call a tool; return its result as a JSON value.

        What it wrote is durable when this returns.

        :raises UnknownNameError: there is no such tool.
        :raises ToolError: the call is not allowed, does not fit, or failed.
        :raises StoreError: what it wrote could not be kept.
        """
        result, stages = self.host.call_tool(name, arguments, from_agent=from_agent)
        self._keeper.keep_for_good(stages)
        return result

    def reload(self, loaded: LoadedSettings | ConfigError | None = None) -> list[str]:
        """Take changed settings; return what is wrong with them, for people.

        What is wrong keeps its old value. `[plugins]` and most of `[store]` need
        another runtime: `outdated` says so.

        :param loaded: what a watcher read; read here when None.
        """
        if isinstance(loaded, ConfigError):
            return [str(loaded)]
        try:
            found = opening.reread_settings(
                self.paths, self._project, self._overrides, self.host
            )
        except ConfigError as error:
            return [str(error)]
        problems = self.host.reconfigure(found.settings.tables)
        self._projects.forget()
        self.loaded = found
        self.redactor = opening.make_redactor(self._key, found.settings)
        if self._keeper.flusher is not None:
            self._keeper.flusher.seconds = found.settings.store.flush_seconds
        opening.leave_cold_rules(self.paths, found.settings, self.host)
        return problems

    @property
    def outdated(self) -> bool:
        """Return whether the settings now ask for another store or other plugins."""
        loose = {"flush_seconds"}
        now, then = self.settings, self._opened_with
        return (
            now.store.model_dump(exclude=loose) != then.store.model_dump(exclude=loose)
            or now.plugins.off != then.plugins.off
        )

    def close(self, reason: str = "stop") -> None:
        """Tell the plugins, flush, and let go of the store.

        :param reason: why it flushes; "" leaves the spool to the next process.
        """
        self._keeper.keep(self.host.shutdown())
        if reason:
            self.flush(reason)
        self.events.close()
        if self.store is not None:
            self.store.close()

    def _tables_in(self, worktree: str) -> Mapping[str, Mapping[str, Any]] | None:
        found = self._projects.find(worktree, self.host)
        return None if found is None else found.settings.tables

    def _redactor_in(self, cwd: str) -> Redactor:
        """Return the redactor for what happens in a directory."""
        worktree = locate_project(cwd).worktree
        found = self._projects.find(worktree, self.host)
        settings, redactor = found or (self.settings, self.redactor)
        if not settings.redaction.project_env_files:
            return redactor
        return redactor.with_values(project_secrets(worktree))

    def _revive(self, delivery_id: str, payload: bytes) -> Received | None:
        try:
            return self._reader.revive(payload)
        except UnknownNameError as error:
            # It waits in the inbox until that plugin is back.
            self._keeper.tell_once(str(error))
        except ValueError as error:
            _log.warning("a kept event is set aside: %s", error)
            raw = RawDelivery(delivery_id, "recovered", (), "", {}, payload)
            quarantine.keep(self.paths.quarantine, self.redact, raw, str(error))
            self._keeper.keep([], delivery_id)
        return None

    def _render(self, received: Received, decision: Decision) -> Answer:
        try:
            answer = received.adapter.render(
                received.delivery, deciding.restored(decision, received.redaction)
            )
        except Exception as error:  # noqa: BLE001 - an adapter is a plugin
            host = received.delivery.agent_host
            _log.exception("adapter %s: render failed", host)
            said = self.redact(f"adapter {host} failed to answer: {error!r}")
            return Answer(stderr=line(said))
        said = received.problem or received.note
        if not said:
            return answer
        stderr = answer.stderr + line(said)
        return Answer(answer.stdout, stderr, answer.exit_code)

    def _check_settings(self) -> None:
        try:
            found = opening.reread_settings(
                self.paths, self._project, self._overrides, self.host
            )
        except ConfigError as error:
            note = f"part of the configuration does not hold: {error}"
            if not any(str(error) in known for known in self.notes):
                self.notes.append(note)
            return
        if found.settings.tables != self.settings.tables:
            self.notes.extend(self.host.reconfigure(found.settings.tables))
        self.loaded = found
