"""Which hook stands for which kind of event."""

from __future__ import annotations

EVERY_EVENT = "hookwright_event"
BRIEFING = "hookwright_briefing"
STATUS_LINE = "hookwright_status_line"
FLUSH_AFTER = "hookwright_flush_after"
STARTUP = "hookwright_startup"
SHUTDOWN = "hookwright_shutdown"

#: Event kind -> hook, for the events that can be refused.
GATE_HOOKS = {
    "prompt_submit": "hookwright_prompt_submit",
    "tool_before": "hookwright_tool_before",
}
#: Event kind -> the hook of its own that observes it.
OBSERVE_HOOKS = {
    "session_start": "hookwright_session_start",
    "tool_after": "hookwright_tool_after",
    "file_changed": "hookwright_file_changed",
    "turn_end": "hookwright_turn_end",
    "commit": "hookwright_commit",
    "push": "hookwright_push",
    "compaction": "hookwright_compaction",
    "subagent_start": "hookwright_subagent_start",
    "subagent_stop": "hookwright_subagent_stop",
    "usage_reported": "hookwright_usage_reported",
    "session_end": "hookwright_session_end",
}
#: Event kind -> its own hook; each kind is in exactly one of the two above.
EVENT_HOOKS = GATE_HOOKS | OBSERVE_HOOKS
