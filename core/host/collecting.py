"""Scripts of the hooks that observe, brief, or were specified by a plugin."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hookwright.hookspecs import BriefingPart, StatusPart

from .chain import Call, Reply
from .context import CallContext, Services
from .guard import Check, anything, begin, items_of, nothing, settle
from .plugin import Implementation, Plugin

if TYPE_CHECKING:
    from ..store import Stage

_is_briefing: Check = items_of(BriefingPart, optional=True)
_is_status: Check = items_of(StatusPart, optional=True)
#: Seconds for one plugin's part of a status line: nobody waits longer for it.
STATUS_S = 0.5


def observe(
    services: Services,
    implementations: Sequence[Implementation],
    values: Mapping[str, Any],
) -> Generator[Call, Reply, tuple[list[Stage], list[tuple[Plugin, str]]]]:
    """Call each; return what they staged, and who failed with what."""
    stages: list[Stage] = []
    failed: list[tuple[Plugin, str]] = []
    for implementation in implementations:
        call = begin(services, implementation, values, implementation.observe_budget)
        if call is None:
            continue
        heard = settle(services, call, (yield call), nothing)
        stages += heard.stages
        if heard.failure:
            failed.append((implementation.plugin, heard.failure))
    return stages, failed


def brief(
    services: Services,
    implementations: Sequence[Implementation],
    values: Mapping[str, Any],
) -> Generator[Call, Reply, tuple[list[BriefingPart], list[Stage]]]:
    """Call each while the agent waits; return all parts in call order."""
    parts: list[BriefingPart] = []
    stages: list[Stage] = []
    for implementation in implementations:
        call = begin(services, implementation, values, implementation.gate_budget)
        if call is None:
            continue
        heard = settle(services, call, (yield call), _is_briefing)
        stages += heard.stages
        parts += heard.value or ()
    return parts, stages


def status_parts(
    services: Services,
    implementations: Sequence[Implementation],
    values: Mapping[str, Any],
) -> Generator[Call, Reply, list[StatusPart]]:
    """Call each for a status line; return all parts in call order."""
    parts: list[StatusPart] = []
    for implementation in implementations:
        budget = min(implementation.gate_budget, STATUS_S)
        call = begin(services, implementation, values, budget)
        if call is None:
            continue
        heard = settle(services, call, (yield call), _is_status)
        parts += heard.value or ()
    return parts


def call_own_hook(
    services: Services,
    implementations: Sequence[Implementation],
    values: Mapping[str, object],
    outer: CallContext,
    first_result: bool,
) -> Generator[Call, Reply, list[Any]]:
    """Call a plugin's own hook from within a call; its stages go to that call."""
    results: list[Any] = []
    for implementation in implementations:
        budget = outer.share(implementation.observe_budget)
        call = begin(services, implementation, values, budget, outer)
        if call is None:
            continue
        heard = settle(services, call, (yield call), anything)
        outer.nested += heard.stages
        if heard.value is not None:
            results.append(heard.value)
            if first_result:
                break
    return results
