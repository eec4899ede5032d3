"""Keep secret files out of an agent's sight, and out of commits."""

from __future__ import annotations

from .plugin import EnvProtectionPlugin

__all__ = ["EnvProtectionPlugin"]
