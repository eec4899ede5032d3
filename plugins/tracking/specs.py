"""The hook that this plugin specifies: who finds earlier work."""

from __future__ import annotations

from collections.abc import Sequence

from hookwright.hookspecs import PluginContext, hookspec

#: Agent id and commit of a retrospective, and how near it is: 0 to 1.
Candidate = tuple[str, str, float]


@hookspec(firstresult=True)
def hookwright_tracking_candidates(
    query: str, limit: int, context: PluginContext
) -> Sequence[Candidate] | None:
    """Find the retrospectives whose text is near a query.

    Call rule: the first result that is not None ends the call. This plugin's own
    keyword search comes last, so any plugin that searches better comes before it.
    Failure policy: the next implementation is asked.

    :param query: the text of a task.
    :param limit: how many candidates are of use at most.
    :param context: the plugin's own context.
    :returns: the nearest first; an empty list means that nothing is near, None that
        this plugin cannot tell now.

    Example::

        @hookimpl
        def hookwright_tracking_candidates(query, limit, context):
            return [(hit.agent, hit.commit, hit.score) for hit in search(query, limit)]
    """
