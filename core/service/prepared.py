"""Render beforehand what agent hosts are told when no plugin can be asked."""

from __future__ import annotations

import logging
import os

from hookwright.hookspecs import Adapter, Decision, Delivery

from ..clock import Clock
from ..host import PluginHost
from ..paths import Paths
from . import unanswered
from .unanswered import Unanswered

_log = logging.getLogger(__name__)
#: What the guards' stand-ins say of them; reads after "it".
_FAILURE = "gave no answer"


def leave_answers(paths: Paths, host: PluginHost) -> None:
    """Write them down for the process that finds nobody to ask."""
    file = unanswered.file_of(paths, os.environ)
    answers = {
        name: _rendered(adapter, host) for name, adapter in host.adapters.items()
    }
    try:
        unanswered.save(file, answers, host.policies)
    except OSError as error:
        _log.debug("%s cannot be written: %s", paths.run, error)


def _rendered(adapter: Adapter, host: PluginHost) -> dict[str, Unanswered]:
    found: dict[str, Unanswered] = {}
    try:
        for word, kind in adapter.refusable_events.items():
            delivery = Delivery(
                id="0" * 20,
                agent_host=adapter.agent_host,
                time=Clock().now(),
                arguments=(word,),
                cwd="/",
                payload={},
            )
            decision = host.failures_default(kind, _FAILURE)
            found[word] = _words(adapter, delivery, decision)
    except Exception:  # noqa: BLE001 - an adapter is a plugin
        _log.exception("adapter %s: no answers beforehand", adapter.agent_host)
    return found


def _words(adapter: Adapter, delivery: Delivery, decision: Decision) -> Unanswered:
    answer = adapter.render(delivery, decision)
    return Unanswered(answer.stdout, answer.stderr, answer.exit_code)
