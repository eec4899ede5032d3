"""The plugin's settings: the table `[tracking]`."""

from __future__ import annotations

from pydantic import Field

from hookwright.hookspecs import PluginConfig

DEFAULT_FACTOR = 10


class TrackingConfig(PluginConfig):
    """The ledger of agents: levels, exports, prior art."""

    level_up_factor: int = Field(
        default=DEFAULT_FACTOR,
        ge=1,
        le=1000,
        description="An agent levels up when its XP reaches this many times its skill "
        "points.",
    )
    handoff_hours: float = Field(
        default=24.0,
        gt=0,
        le=720,
        description="Hours for which a task that was handed over waits for the next "
        "session in its work tree.",
    )
    export_status: bool = Field(
        default=False,
        description="Write `.agent/status.json` into the project at each flush. It is "
        "an export only, never read back.",
    )
    prior_art_limit: int = Field(
        default=5,
        ge=1,
        le=50,
        description="Patterns, and mistakes, that prior art shows when nobody asks for "
        "a number. A count.",
    )
    git_log_commits: int = Field(
        default=200,
        ge=1,
        le=10_000,
        description="Commits of each similar project that are searched when nothing is "
        "stored. A count.",
    )
    git_log_seconds: float = Field(
        default=5.0,
        gt=0,
        le=60,
        description="Seconds that this search may take in all.",
    )
