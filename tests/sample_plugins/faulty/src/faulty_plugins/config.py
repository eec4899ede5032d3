"""Has a setting without a default, so that no table of it validates."""

from __future__ import annotations

from hookwright.hookspecs import PluginConfig, PluginInfo, hookimpl


class Config(PluginConfig):
    """A table that nobody has written."""

    needed: int


@hookimpl
def hookwright_plugin_info() -> PluginInfo:
    """Demand a table."""
    return PluginInfo(config=Config)
