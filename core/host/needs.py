"""Which plugins an answer needs: a process that gives one answer loads no others."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .catalog import Catalog
from .events import BRIEFING, GATE_HOOKS
from .plugin import Implementation


def needed(
    catalog: Catalog, implementations: Callable[[str], tuple[Implementation, ...]]
) -> Mapping[str, tuple[str, ...]]:
    """Return the names by hook and by `adapter AGENT_HOST`.

    Under `own` are those that specify or implement a hook of a plugin's own: a plugin
    that is asked for an answer may call it.
    """
    found: dict[str, tuple[str, ...]] = {}
    for hook in (*GATE_HOOKS.values(), BRIEFING):
        asked = implementations(hook)
        found[hook] = tuple(sorted({item.plugin.name for item in asked}))
    for agent_host in catalog.adapters:
        adapts = catalog.provider("adapter", agent_host)
        found[f"adapter {agent_host}"] = (adapts.name,) if adapts else ()
    own: set[str] = set()
    for hook in catalog.provided("hook"):
        specifies = catalog.provider("hook", hook)
        own |= {specifies.name} if specifies else set()
        own |= {item.plugin.name for item in implementations(hook)}
    return {**found, "own": tuple(sorted(own))}
