"""Answer one event without a daemon, with no more of the program than that takes.

An agent waits, and loading every plugin, the settings and the store is most of the
time. The answer needs only the agent host's adapter and the plugins that have a say
in this kind of event. The event goes into the spool as on the cold path, and whoever
runs next (the daemon that was just started) lets the observers see it.

It is the way for the common case. Where anything is out of the ordinary, `answer`
returns None and the whole program answers (`direct.py`): settings in a file or a
variable, plugins that changed or failed since `cold_rules` were left.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from hookwright.hookspecs import Answer, Decision, RecordType

from ..clock import Clock
from ..errors import StoreError
from ..host import PluginHost, discover
from ..paths import PROJECT_CONFIG_FILE, Paths
from ..redaction import Redactor, load_key, project_secrets
from ..store.cold_spool import append_cold
from ..worktree import locate_project
from . import cold_rules, deciding, unanswered
from .complaints import line
from .deliveries import Reader, Received
from .intake import RawDelivery
from .outputs import may_hold_secret, with_output
from .unstored import Unstored

if TYPE_CHECKING:
    from ..store import Stage, Store

_SETTING = "HOOKWRIGHT__"
_NO_PLUGINS = "HOOKWRIGHT_NO_PLUGINS"
#: How an adapter is named among what answers, before its agent host's name.
_ADAPTER = "adapter "
#: The defaults of `service.briefing_tokens` and `redaction.redact_output`; a test
#: compares.
BRIEFING_TOKENS = 800
REDACT_OUTPUT: Literal["project"] = "project"


def answer(
    raw: RawDelivery,
    paths: Paths,
    kept: Callable[[], None] = lambda: None,
    deadline: float | None = None,
    *,
    observe: bool = False,
) -> Answer | None:
    """Return the answer to one event, which is durable then.

    None when this is no case for the short way; nothing has happened then.

    :param kept: called when the event is durable.
    :param deadline: monotonic seconds at which the gates' decision is due.
    :param observe: whether it is only recorded: no gate is asked.
    """
    worktree = locate_project(raw.cwd).worktree
    rules = _rules(raw, paths, worktree)
    if rules is None or f"{_ADAPTER}{raw.agent_host}" not in rules.answering:
        return None
    redactor = Redactor(load_key(paths.data), values=project_secrets(worktree))
    clock = Clock()
    store = LateStore(paths, clock)
    host = PluginHost(
        store=store,
        clock=clock,
        paths=paths,
        tables={},
        redact=redactor.text,
        leave_out=("tools", "commands", "installers"),
        policies=unanswered.policies(paths, raw.environment),
    )
    host.load(only=_asked(rules.answering, raw.agent_host))
    if raw.agent_host not in host.adapters:
        return None
    received = Reader(paths, host, clock, lambda _cwd: redactor).read(raw)
    problem = _keep(received, paths)
    if not problem:
        kept()
    decision = Decision()
    if not observe:
        decision = _decide(host, received, store, deadline)
    if may_hold_secret(received):
        decision = with_output(decision, received, REDACT_OUTPUT)
    told = deciding.render(received, decision, redactor.text)
    problem = problem or store.problem
    if not problem:
        return told
    return Answer(told.stdout, told.stderr + line(problem), told.exit_code)


class LateStore:
    """A store that is opened when a plugin first reads or writes it.

    It implements `host.StoreLike`.
    """

    def __init__(self, paths: Paths, clock: Clock) -> None:
        #: Why what plugins wrote is not kept, or "".
        self.problem = ""
        self._paths = paths
        self._clock = clock
        self._types: list[RecordType[Any]] = []
        self._store: Store | None = None
        self._unstored: Unstored | None = None

    def register(self, record_type: RecordType[Any]) -> None:
        """Make the record type known; the same one again changes nothing."""
        if record_type not in self._types:
            self._types.append(record_type)
            if self._store is not None:
                self._store.register(record_type)

    def stage(self) -> Stage:
        """Return an empty stage; it holds nothing when the store cannot be opened."""
        if self._store is None and self._unstored is None:
            self._open()
        return (self._store or self._unstored or Unstored()).stage()

    def keep(self, stages: Sequence[Stage]) -> None:
        """Make what plugins wrote durable, or say why not in `problem`."""
        if self._store is None:
            return
        try:
            written = [stage for stage in stages if stage.operations]
            if written and not self.problem:
                self._store.commit(written)
        except StoreError as error:
            self.problem = f"what plugins wrote is lost: {error}"
        finally:
            self._store.close()

    def _open(self) -> None:
        # Imported late: few gates use the store, and it costs 40 ms.
        from ..store import Store

        try:
            self._store = Store.open(self._paths, clock=self._clock)
        except (StoreError, OSError) as error:
            self.problem = (
                f"nothing is recorded, the store cannot be opened: {error}; this event "
                "waits in the spool"
            )
            self._unstored = Unstored()
            return
        for record_type in self._types:
            self._store.register(record_type)


def _rules(
    raw: RawDelivery, paths: Paths, worktree: str
) -> cold_rules.ColdRules | None:
    """Return the rules when nothing but the built-in settings holds here."""
    if any(name.startswith((_SETTING, _NO_PLUGINS)) for name in raw.environment):
        return None
    rules = cold_rules.load(paths, raw.environment)
    if rules is None or not rules.plugins or rules.stamp != cold_rules.NO_CONFIG:
        return None
    if os.path.exists(os.path.join(worktree, PROJECT_CONFIG_FILE)):
        return None
    installed = {found.name: found.version for found in discover(paths.run)}
    return rules if installed == rules.plugins else None


def _asked(answering: Mapping[str, Sequence[str]], agent_host: str) -> set[str]:
    """Return the plugins that have a say, of the adapters this agent host's alone."""
    return {
        name
        for asked, names in answering.items()
        if not asked.startswith(_ADAPTER) or asked == f"{_ADAPTER}{agent_host}"
        for name in names
    }


def _keep(received: Received, paths: Paths) -> str:
    """Make the event durable; return why that is not possible, or ""."""
    if not received.events:
        return ""
    delivery = received.delivery
    payload = delivery.model_dump_json().encode()
    try:
        append_cold(paths.spool, delivery.cwd, delivery.id, payload)
    except OSError as error:
        return f"this event is not recorded: {paths.spool} cannot be written: {error}"
    return ""


def _decide(
    host: PluginHost, received: Received, store: LateStore, deadline: float | None
) -> Decision:
    if received.problem:
        return deciding.unread(host) if received.refusable else Decision()
    stages = list(host.startup())
    decision, written = deciding.decide(
        host, received.events, BRIEFING_TOKENS, deadline
    )
    store.keep([*stages, *written])
    return decision
