"""The names that plugins may rely on; one leaves only with a major version."""

from __future__ import annotations

import importlib
import subprocess
import sys
from types import ModuleType

import pytest

import hookwright.hookspecs
from hookwright.core import api

API = {
    "ConfigError",
    "DeliveryError",
    "Finding",
    "HookwrightError",
    "InstallError",
    "Paths",
    "PluginError",
    "RecordError",
    "StoreError",
    "StoreFullError",
    "ToolError",
    "UnknownNameError",
    "find_paths",
    "git_dir_of",
    "locate_project",
    "project_secrets",
    "scan_bytes",
    "scan_text",
    "scan_tree",
    "sha256",
}
CONTRACT = {
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
    "GateKind",
    "HostFinding",
    "HttpAccess",
    "HttpInstaller",
    "InstallPlan",
    "InstallRequest",
    "Installer",
    "Key",
    "Merge",
    "OutputAdapter",
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
    "Refusal",
    "Rewrite",
    "Scope",
    "SessionEnd",
    "SessionStart",
    "SharingInstaller",
    "StatusPart",
    "StatusQuery",
    "StatusReader",
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
}
HOST = {
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
}


@pytest.mark.parametrize(
    ("module", "names"),
    [
        (api, API),
        (hookwright.hookspecs, CONTRACT),
        (importlib.import_module("hookwright.core.host"), HOST),
    ],
    ids=["api", "hookspecs", "host"],
)
def test_the_exports_are_frozen(module: ModuleType, names: set[str]) -> None:
    assert set(module.__all__) == names
    assert len(module.__all__) == len(names)
    for name in names:
        assert hasattr(module, name)


def test_a_plugins_imports_load_no_engine() -> None:
    program = (
        "import sys, hookwright.hookspecs, hookwright.core.api\n"
        "heavy = {'lmdb', 'orjson', 'typer', 'rich', 'watchdog', 'pydantic_settings',"
        " 'asyncio', 'hookwright.core.host', 'hookwright.core.store'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout.strip() == "[]"
