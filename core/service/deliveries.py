"""From an agent host's bytes to a delivery that is redacted, kept and understood."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hookwright.hookspecs import Adapter, Delivery, Event, StatusQuery

from ..clock import Clock
from ..errors import UnknownNameError
from ..host import PluginHost
from ..paths import Paths
from ..redaction import Redaction, Redactor
from . import quarantine
from .complaints import no_event, unknown_host
from .intake import Intake, IntakeError, RawDelivery, holds_known, take_in
from .status_line import read_status

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Received:
    """One delivery on its way through the runtime."""

    delivery: Delivery
    adapter: Adapter
    redaction: Redaction
    events: tuple[Event, ...] = ()
    #: Whether the agent host obeys a refusal.
    refusable: bool = False
    #: Why no plugin may judge it, for stderr; "" when nothing is wrong.
    problem: str = ""
    #: What was repaired, for stderr.
    note: str = ""
    #: Whether its events are still to be observed: not when it came before.
    fresh: bool = False
    #: What it asks for, where it is no event but wants to see how things stand.
    query: StatusQuery | None = None
    #: Texts that are secret wherever they occur, by the project's own files.
    known: Sequence[str] = ()
    #: Whether it was too large and one of those stands in what was cut out of it.
    cut_secret: bool = False

    @property
    def lane(self) -> str:
        """Return what its events are to be kept in order with."""
        session = self.events[0].session_id if self.events else ""
        return f"{self.delivery.agent_host} {session}"


@dataclass(frozen=True)
class Reader:
    """Reads deliveries; what cannot be read is set aside, redacted.

    :param redactor_in: gives the redactor in force for what happens in a directory.
    """

    paths: Paths
    host: PluginHost
    clock: Clock
    redactor_in: Callable[[str], Redactor]

    def read(self, raw: RawDelivery) -> Received:
        """Return the delivery, redacted and parsed; never raises for its content.

        :raises UnknownNameError: nobody adapts this agent host.
        """
        adapter = self.adapter(raw.agent_host)
        redactor = self.redactor_in(raw.cwd)
        problem = ""
        try:
            taken = take_in(raw.stdin, adapter.input_format)
        except IntakeError as error:
            taken, problem = Intake(None), str(error)
        names = [name for name in adapter.environment if name in raw.environment]
        # All at once: what can be in it at all is looked for once.
        redaction = redactor.redact(
            {
                "payload": taken.payload,
                "arguments": raw.arguments,
                "cwd": raw.cwd,
                "environment": {name: raw.environment[name] for name in names},
            }
        )
        delivery = Delivery(
            id=raw.id,
            agent_host=raw.agent_host,
            time=self.clock.now(),
            **redaction.value,
        )
        events: tuple[Event, ...] = ()
        query = None
        if not problem:
            events, problem = parse(adapter, delivery)
        if not events and not problem:
            query, problem = read_status(adapter, delivery)
        refusable = is_refusable(adapter, delivery)
        if taken.partial and refusable and not problem:
            problem = taken.note
        if problem:
            quarantine.keep(self.paths.quarantine, redactor.text, raw, problem)
        name = (raw.agent_host, raw.arguments)
        return Received(
            delivery=delivery,
            adapter=adapter,
            redaction=redaction,
            events=events,
            refusable=refusable,
            problem=redactor.text(no_event(*name, problem)) if problem else "",
            note=no_event(*name, taken.note) if taken.note and not problem else "",
            query=query,
            known=redactor.values,
            cut_secret=taken.partial and holds_known(raw.stdin, redactor.values),
        )

    def adapter(self, agent_host: str) -> Adapter:
        """Return who speaks to that agent host.

        :raises UnknownNameError: nobody does; the text lists the known ones.
        """
        adapter = self.host.adapters.get(agent_host)
        if adapter is None:
            raise UnknownNameError(unknown_host(agent_host, self.host.adapters))
        return adapter

    def revive(self, payload: bytes) -> Received:
        """Return a delivery that was kept by a process that did not finish it.

        :raises UnknownNameError: nobody adapts its agent host.
        :raises ValueError: it is no delivery, or its adapter cannot read it.
        """
        delivery = Delivery.model_validate_json(payload)
        adapter = self.adapter(delivery.agent_host)
        wanted = set(adapter.environment)
        environment = {
            name: value
            for name, value in delivery.environment.items()
            if name in wanted
        }
        delivery = Delivery(**{**dict(delivery), "environment": environment})
        events, problem = parse(adapter, delivery)
        if problem:
            raise ValueError(problem)
        redaction = Redaction(delivery.payload, {})
        return Received(delivery, adapter, redaction, events, fresh=True)

    def complete(self, received: Received) -> Sequence[Event]:
        """Return the events with what their adapter finds out slowly, redacted.

        When the adapter fails, the events are what they were.
        """
        try:
            events = tuple(received.adapter.complete(received.events))
        except Exception:  # noqa: BLE001 - an adapter is a plugin
            _log.exception("adapter %s: complete failed", received.delivery.agent_host)
            return received.events
        known = set(map(id, received.events))
        redactor = self.redactor_in(received.delivery.cwd)
        return [
            event if id(event) in known else _redacted(event, redactor)
            for event in events
        ]


def parse(adapter: Adapter, delivery: Delivery) -> tuple[tuple[Event, ...], str]:
    """Return the delivery's events, and what is wrong with it, or ""."""
    try:
        return tuple(adapter.parse(delivery)), ""
    except ValueError as error:
        return (), str(error)
    except Exception as error:  # noqa: BLE001 - an adapter is a plugin
        _log.exception("adapter %s: parse failed", delivery.agent_host)
        return (), f"its adapter failed: {error!r}"


def is_refusable(adapter: Adapter, delivery: Delivery) -> bool:
    """Return whether the agent host obeys a refusal of the delivery."""
    try:
        return adapter.refusable(delivery)
    except Exception:  # noqa: BLE001 - an adapter is a plugin
        _log.exception("adapter %s: refusable failed", delivery.agent_host)
        return False


def _redacted(event: Event, redactor: Redactor) -> Event:
    return type(event).model_validate(redactor.value(event.model_dump(mode="json")))
