"""The output of a finished tool call as the model may read it.

A message after a tool call is recorded, and nobody waits for what plugins think of it.
Where the agent host lets the output be replaced and a secret is in it, its answer is
the output without that secret; in all other cases nothing is done here at all.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from hookwright.hookspecs import Adapter, Decision, OutputAdapter, ToolAfter, freeze

from ..redaction.outputs import hidden, shown
from .deliveries import Received

if TYPE_CHECKING:
    # Where nothing is set, nobody needs the settings: they cost 30 ms.
    from ..settings import RedactOutput

_log = logging.getLogger(__name__)


def output_events(adapter: Adapter) -> tuple[str, ...]:
    """Return the client's first argument for what the agent host lets be replaced."""
    if not isinstance(adapter, OutputAdapter):
        return ()
    return tuple(sorted(adapter.output_events))


def may_hold_secret(received: Received) -> bool:
    """Return whether anything at all was found in the message, which is rare."""
    return received.cut_secret or bool(received.redaction.originals)


def with_output(
    decision: Decision, received: Received, wanted: RedactOutput
) -> Decision:
    """Return the decision with what the model is to read in place of the output."""
    output = _output_for_model(received, wanted)
    if output is None:
        return decision
    return decision.model_copy(update={"output": freeze(output)})


def _output_for_model(received: Received, wanted: RedactOutput) -> Any:
    if wanted == "off" or not isinstance(received.adapter, OutputAdapter):
        return None
    after = next((one for one in received.events if isinstance(one, ToolAfter)), None)
    if after is None or after.output is None:
        return None
    tokens = hidden(received.redaction, received.known, everything=wanted == "all")
    try:
        found = shown(after.output, received.redaction, tokens)
    except ValueError as error:
        _log.warning("an output is given as it is stored: %s", error)
        return after.output
    if found is None and received.cut_secret:
        # What was cut out of it cannot be put back, so neither can the secret in it.
        return after.output
    return found
