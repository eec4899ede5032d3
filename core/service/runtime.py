"""Everything that answers events and tool calls, in the daemon and without one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from hookwright.hookspecs import (
    Answer,
    Decision,
    FlushReport,
    PromptSubmit,
    StatusQuery,
    ToolBefore,
    kind_of,
)

from ..clock import Clock
from ..errors import ConfigError, ToolError, UnknownNameError
from ..host import GATE_HOOKS, Judged, PluginHost
from ..paths import Paths
from ..redaction import Redactor, load_key, project_secrets
from ..settings import LoadedSettings, Settings
from ..store import Store
from ..worktree import locate_project
from . import deciding, opening, quarantine
from .answers import RecentAnswers
from .complaints import line
from .deliveries import Reader, Received
from .echoes import Echoes
from .eventlog import EventLog
from .found_events import FoundEvents
from .intake import RawDelivery
from .keeping import Keeper
from .outputs import may_hold_secret, with_output
from .project_settings import InProject, ProjectSettings
from .status_line import Refusals, line_of

if TYPE_CHECKING:
    from ..store import Stage

_log = logging.getLogger(__name__)


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
        isolate: bool = False,
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
        #: So far, nothing else can have gone wrong.
        unread = "; ".join(self.notes)
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
            unread,
            isolate,
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
        self._found = FoundEvents(None if self.unrecorded else self.store)
        self._answers = RecentAnswers()
        self._refusals = Refusals(self.redact)

    @classmethod
    def open(
        cls,
        paths: Paths,
        *,
        project: Path | None = None,
        overrides: Sequence[str] = (),
        entry_points: bool = True,
        plugins: Iterable[opening.Extra] = (),
        isolate: bool = False,
        recover: bool = False,
    ) -> Self:
        """Return a runtime with its plugins loaded.

        Settings that are not usable and a store that cannot be opened are noted and
        gone without: an agent is waiting.

        :param project: directory of the project file to read, None for none.
        :param overrides: settings from the command line, `section.key=value`.
        :param entry_points: whether installed plugins are loaded.
        :param plugins: more plugins, each with its name.
        :param isolate: whether this process is to outlive plugins that end theirs.
        :param recover: whether plugins, when they start, find what those of processes
            that ended wrote: who takes over events needs that, and who answers one
            has no time for it.
        """
        runtime = cls(paths, project=project, overrides=overrides, isolate=isolate)
        runtime.host.load(entry_points=entry_points)
        for plugin, name in plugins:
            runtime.host.register(plugin, name)
        runtime._check_settings()
        if not overrides:
            # Options of one command hold for that command.
            opening.leave_cold_rules(paths, runtime.settings, runtime.host)
        if recover:
            runtime._keeper.recover()
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
        fresh, warning = self._keeper.accept(received.delivery, received.lane)
        return replace(received, fresh=fresh, note=received.note or warning)

    def set_aside(self, received: Received) -> Received:
        """Put an event in the spool while there is no store to take it.

        Who can open the store again finds it there, and lets the observers see it.
        """
        if not received.events:
            return received
        warning = self._keeper.set_aside(
            received.delivery, received.lane, self.paths.spool
        )
        return replace(received, fresh=False, note=received.note or warning)

    def decide(self, received: Received, deadline: float | None = None) -> Answer:
        """Return what the agent host is told.

        :param deadline: monotonic seconds; failure policies answer for the plugins
            that have not by then.
        """
        known = self._answers.find(received.delivery.id)
        if known is not None:
            return known
        if received.query is not None:
            line = Decision(contexts=(self.status_line(received.query),))
            return deciding.render(received, line, self.redact)
        if received.problem:
            unread = received.refusable
            decision = deciding.unread(self.host) if unread else Decision()
            return self._answered(received, decision, [])
        decision, stages = deciding.decide(
            self.host, received.events, self.settings.service.briefing_tokens, deadline
        )
        return self._answered(received, self._with_output(decision, received), stages)

    def answer_record(self, received: Received) -> Answer:
        """Return what the agent host is told of what is only recorded.

        Nothing as a rule; a tool's output, where it holds what the model must not read.
        """
        decision = self._with_output(Decision(), received)
        if decision.output is not None:
            return deciding.render(received, decision, self.redact)
        said = received.problem or received.note
        return Answer(stderr=line(said) if said else "")

    def decide_here(
        self,
        received: Received,
        deadline: float | None,
        hand_on: Callable[[Callable[[], Answer]], None],
    ) -> None:
        """Do what `decide` does without a second thread, which costs a wake-up.

        A plugin that hangs keeps this thread; another one goes on with the rest.

        :param deadline: as for `decide`.
        :param hand_on: called once, in whichever thread comes to the end, with a
            function that returns the answer or raises.
        """
        known = self._answers.find(received.delivery.id)
        if known is not None or received.problem or len(received.events) != 1:
            hand_on(lambda: self.decide(received, deadline))
            return
        (event,) = received.events
        if not isinstance(event, ToolBefore | PromptSubmit):
            hand_on(lambda: self.decide(received, deadline))
            return

        def judged(outcome: Callable[[], Judged]) -> None:
            hand_on(lambda: self._answered(received, *outcome()))

        self.host.decide_here(event, deadline, judged)

    def status_line(self, query: StatusQuery) -> str:
        """Return the line that shows how things stand in a session."""
        refusal = self._refusals.last(query.agent_host, query.session_id)
        asked = query.model_copy(update={"refusal": refusal})
        return self.redact(line_of(self.host.status_line(asked)))

    def late(self, received: Received) -> Answer:
        """Return the answer when the plugins took longer than an agent waits."""
        kinds = [kind_of(event) for event in received.events]
        decision = deciding.unread(self.host, kinds or GATE_HOOKS)
        if not received.refusable:
            decision = self._with_output(Decision(), received)
        return deciding.render(received, decision, self.redact)

    def finish(self, received: Received) -> FlushReport | None:
        """Observe the events, keep what plugins wrote, flush when it is time."""
        if not received.fresh:
            return None
        if self._echoes.repeats(received.delivery.id, received.events):
            self._keeper.keep([], received.delivery.id)
            return None
        completed = self._reader.complete(received)
        events, stages = self._found.fresh(received.delivery.id, completed)
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

    def recover(self, most: int | None = None) -> list[Received]:
        """Take over what other processes left; `finish` is to be called with each.

        :param most: how many at once; `is_behind` tells whether there are more.
        """
        left = self._keeper.left_by_others(most)
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
    def is_behind(self) -> bool:
        """Return whether others left more than was taken over at the last look."""
        return self._keeper.is_behind

    @property
    def is_writing(self) -> bool:
        """Return whether a flush is just writing to the store."""
        flusher = self._keeper.flusher
        return flusher is not None and flusher.is_writing

    @property
    def problem(self) -> str:
        """Return why nothing reaches the store at the moment, or ""."""
        return self._keeper.problem

    def call_tool(
        self,
        name: str,
        arguments: Mapping[str, Any],
        *,
        from_agent: bool,
        cwd: str = "",
    ) -> Any:
        """Call a tool; return its result as a JSON value.

        What it wrote is durable when this returns. An agent is given the result
        redacted: a tool may have read what no event ever told.

        :param cwd: the caller's working directory, from which its paths start and whose
            project's secrets are redacted too; "" where it did not say.
        :raises UnknownNameError: there is no such tool.
        :raises ToolError: the call is not allowed, does not fit, or failed.
        :raises StoreError: what it wrote could not be kept.
        """
        if cwd and (tool := self.host.tools.get(name)) is not None:
            # Imported late, as below.
            from .tool_list import at_home

            arguments = at_home(tool, arguments, cwd)
        result, stages = self.host.call_tool(name, arguments, from_agent=from_agent)
        self._keeper.keep_for_good(stages)
        if not from_agent:
            return result
        redactor = self._redactor_in(cwd) if cwd else self.redactor
        try:
            return redactor.value(result)
        except ValueError as error:
            raise ToolError(f"{name} cannot be shown: its result is {error}") from error

    def tools(self) -> list[dict[str, Any]]:
        """Return the tools that an agent may call, as JSON values."""
        # Imported late: few ask, and it costs a model for each tool.
        from .tool_list import offered

        return offered(self.host.tools.values())

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
        self.host.close()
        self.events.close()
        if self.store is not None:
            self.store.close()

    def _answered(
        self, received: Received, decision: Decision, stages: list[Stage]
    ) -> Answer:
        """Keep what the gates wrote; return the decision in the host's words."""
        self._keeper.keep(stages)
        if decision.refuses:
            self._refusals.note(received.events, decision, self.clock.now())
        answer = deciding.render(received, decision, self.redact)
        self._answers.remember(received.delivery.id, answer)
        return answer

    def _with_output(self, decision: Decision, received: Received) -> Decision:
        if not may_hold_secret(received):
            return decision
        settings, _ = self._in_project(locate_project(received.delivery.cwd).worktree)
        return with_output(decision, received, settings.redaction.redact_output)

    def _in_project(self, worktree: str) -> InProject:
        found = self._projects.find(worktree, self.host)
        return found or InProject(self.settings, self.redactor)

    def _tables_in(self, worktree: str) -> Mapping[str, Mapping[str, Any]] | None:
        found = self._projects.find(worktree, self.host)
        return None if found is None else found.settings.tables

    def _redactor_in(self, cwd: str) -> Redactor:
        """Return the redactor for what happens in a directory."""
        worktree = locate_project(cwd).worktree
        settings, redactor = self._in_project(worktree)
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
