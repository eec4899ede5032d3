"""The plugin's settings: the table `[tracking]`."""

from __future__ import annotations

from pydantic import Field

from hookwright.hookspecs import PluginConfig

DEFAULT_FACTOR = 10


class TrackingConfig(PluginConfig):
    """Every setting with its unit and default."""

    #: An agent levels up when its XP reaches this many times its skill points.
    level_up_factor: int = Field(default=DEFAULT_FACTOR, ge=1, le=1000)
    #: Write `.agent/status.json` into the project at each flush (an export only).
    export_status: bool = False
    #: Patterns, and mistakes, that prior art shows when nobody asks for a number.
    prior_art_limit: int = Field(default=5, ge=1, le=50)
    #: Commits of each similar project that are searched when nothing is stored.
    git_log_commits: int = Field(default=200, ge=1, le=10_000)
    #: Seconds that this search may take in all.
    git_log_seconds: float = Field(default=5.0, gt=0, le=60)
