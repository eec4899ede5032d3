"""The names on OpenCode's wire that more than one module here needs.

Source: the types of `@opencode-ai/plugin` and `@opencode-ai/sdk`, version 1.18.33, and
what that version of OpenCode was seen to do. What goes over the wire between
`shim.js` and the adapter is said in `messages.py` and `answers.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

from hookwright.hookspecs import GateKind

AGENT_HOST = "opencode"
MAIN_AGENT = "main"

#: Hooks whose answer the shim carries out when it says no.
REFUSABLE: Mapping[str, GateKind] = {
    "tool.execute.before": "tool_before",
    "chat.message": "prompt_submit",
}
#: Hooks whose answer can put another output in place of a tool's.
OUTPUTS = frozenset({"tool.execute.after"})
