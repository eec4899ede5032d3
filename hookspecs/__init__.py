"""The contract between core and plugins: markers, values and hook signatures.

A plugin imports its types from here and its engine names from
`hookwright.core.api`; nothing else of Hookwright is for plugins.
"""

from __future__ import annotations

from .adapters import (
    Adapter,
    Answer,
    Delivery,
    FileEdit,
    HostFinding,
    Installer,
    InstallPlan,
    InstallRequest,
    Scope,
)
from .briefing import BriefingPart
from .events import (
    EVENT_KINDS,
    Agent,
    AnyEvent,
    Commit,
    Compaction,
    Event,
    FileChanged,
    FileStat,
    Project,
    PromptSubmit,
    Push,
    PushRef,
    SessionEnd,
    SessionStart,
    SubagentStart,
    SubagentStop,
    ToolAfter,
    ToolBefore,
    ToolCall,
    ToolName,
    TurnEnd,
    UsageReported,
    kind_of,
)
from .frozen import freeze, thaw
from .markers import PREFIX, PROJECT, hookimpl, hookspec
from .plugins import PluginConfig, PluginContext, PluginInfo
from .records import FlushReport, Key, Merge, Record, RecordStore, RecordType
from .tools import Command, Tool
from .verdicts import Allow, Ask, Context, Decision, Deny, Rewrite, Step, Verdict

__all__ = [
    "EVENT_KINDS",
    "PREFIX",
    "PROJECT",
    "Adapter",
    "Agent",
    "Allow",
    "Answer",
    "AnyEvent",
    "Ask",
    "BriefingPart",
    "Command",
    "Commit",
    "Compaction",
    "Context",
    "Decision",
    "Delivery",
    "Deny",
    "Event",
    "FileChanged",
    "FileEdit",
    "FileStat",
    "FlushReport",
    "HostFinding",
    "InstallPlan",
    "InstallRequest",
    "Installer",
    "Key",
    "Merge",
    "PluginConfig",
    "PluginContext",
    "PluginInfo",
    "Project",
    "PromptSubmit",
    "Push",
    "PushRef",
    "Record",
    "RecordStore",
    "RecordType",
    "Rewrite",
    "Scope",
    "SessionEnd",
    "SessionStart",
    "Step",
    "SubagentStart",
    "SubagentStop",
    "Tool",
    "ToolAfter",
    "ToolBefore",
    "ToolCall",
    "ToolName",
    "TurnEnd",
    "UsageReported",
    "Verdict",
    "freeze",
    "hookimpl",
    "hookspec",
    "kind_of",
    "thaw",
]
