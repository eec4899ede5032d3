"""The plugin host: loads plugins, guards every call, merges their verdicts."""

from __future__ import annotations

from .algebra import decide, stand_in
from .briefings import cut_briefing, estimate_tokens
from .catalog import RESERVED_COMMANDS, RESERVED_NAMES
from .configs import TablesIn
from .discovery import Found, discover
from .events import EVENT_HOOKS, GATE_HOOKS, OBSERVE_HOOKS
from .gates import Judged
from .host import PluginHost
from .logs import RedactingFilter
from .status import HookStatus, PluginStatus
from .storing import StoreLike
from .tool_calls import arguments_model
from .workers import Workers

__all__ = [
    "EVENT_HOOKS",
    "GATE_HOOKS",
    "OBSERVE_HOOKS",
    "RESERVED_COMMANDS",
    "RESERVED_NAMES",
    "Found",
    "HookStatus",
    "Judged",
    "PluginHost",
    "PluginStatus",
    "RedactingFilter",
    "StoreLike",
    "TablesIn",
    "Workers",
    "arguments_model",
    "cut_briefing",
    "decide",
    "discover",
    "estimate_tokens",
    "stand_in",
]
