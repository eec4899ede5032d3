"""Apply what installers plan, remember what was there, and put it back.

Before the first edit a manifest in the data directory records each file as it was;
an install that is killed half-way can be repeated or undone from it.
"""

from __future__ import annotations

from .engine import InstallReport, install, uninstall
from .manifest import InstalledFile, Manifest, installed
from .several import Job, install_each, uninstall_each

__all__ = [
    "InstallReport",
    "InstalledFile",
    "Job",
    "Manifest",
    "install",
    "install_each",
    "installed",
    "uninstall",
    "uninstall_each",
]
