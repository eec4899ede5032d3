"""Guards that cannot be asked: their gates answer by their failure policy.

A guard is a plugin that declares `on_gate_failure` ask or deny. One that is not loaded
(its import fails, its table does not validate) must not leave its gate open, so it
stands in the list of those to ask, and is never asked (`Plugin.held` says why). It is
gone from there when it is disabled or uninstalled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .algebra import FailurePolicy
from .plugin import Implementation, Plugin

#: By plugin: its failure policy, ask or deny, and the gate hooks it implements.
Policies = Mapping[str, tuple[FailurePolicy, tuple[str, ...]]]


def is_guard(plugin: Plugin) -> bool:
    """Return whether its gates are to stay closed when it cannot be asked."""
    return plugin.info.on_gate_failure != "allow"


def policies_of(gates: Iterable[Implementation]) -> Policies:
    """Return what the guards among the plugins that implement gates declare."""
    found: dict[str, tuple[FailurePolicy, tuple[str, ...]]] = {}
    for item in gates:
        if is_guard(item.plugin):
            policy = item.plugin.info.on_gate_failure
            hooks = found.get(item.plugin.name, (policy, ()))[1]
            found[item.plugin.name] = (policy, (*hooks, item.hook))
    return found


def recall_policy(
    plugin: Plugin, known: tuple[FailurePolicy, tuple[str, ...]] | None
) -> None:
    """Give a plugin that did not come to say its policy the one it had before."""
    if known is None:
        return
    policy, hooks = known
    if not plugin.informed:
        plugin.info = plugin.info.model_copy(update={"on_gate_failure": policy})
    if not plugin.gates:
        plugin.gates = hooks


def stand_ins(hook: str, absent: Iterable[Plugin]) -> tuple[Implementation, ...]:
    """Return what stands for the guards among plugins that are not registered.

    :param hook: a hook of any kind; there are stand-ins for gates only.
    """
    return tuple(
        Implementation(plugin, hook, _never_called, ())
        for plugin in absent
        if plugin.held and hook in plugin.gates
    )


def _never_called() -> None:
    """Stand where a hook would: whoever is held is not asked."""
