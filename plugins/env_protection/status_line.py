"""What the guard shows in a status line: a pasted secret, for a while."""

from __future__ import annotations

from hookwright.hookspecs import PluginContext, StatusPart, StatusQuery

from .records import latest

_SECONDS = 900.0
_MOST = 20
_ORDER = 10
_LONGEST = 50


def status_parts(context: PluginContext, query: StatusQuery) -> list[StatusPart]:
    """Return the parts for the session that is asked about, or for the project."""
    for event in latest(context, _MOST):
        if (context.now() - event.time).total_seconds() > _SECONDS:
            break
        if event.kind != "prompt" or not _is_meant(event.session_id, query.session_id):
            continue
        kinds = ", ".join(event.rules)[:_LONGEST]
        text = f"a secret was pasted ({kinds}): replace it"
        return [StatusPart(text=text, order=_ORDER)]
    return []


def _is_meant(session: str, asked: str) -> bool:
    return not asked or session == asked
