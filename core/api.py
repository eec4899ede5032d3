"""The names of core that plugins may import; a test freezes this list."""

from __future__ import annotations

from .digests import sha256
from .errors import (
    ConfigError,
    DeliveryError,
    HookwrightError,
    InstallError,
    PluginError,
    RecordError,
    StoreError,
    StoreFullError,
    ToolError,
    UnknownNameError,
)
from .paths import Paths, find_paths
from .redaction import project_secrets
from .redaction.scan import Finding, scan_bytes, scan_text, scan_tree
from .worktree import git_dir_of, locate_project

__all__ = [
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
]
