"""What `hookwright plugins` tells about each plugin."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

PluginState = Literal["active", "blocked", "failed", "tripped"]
PluginSource = Literal["bundled", "installed", "local"]
#: The distribution whose plugins are ours.
BUNDLED = "hookwright"


class HookStatus(BaseModel):
    """The calls of one hook of one plugin; times in milliseconds."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    hook: str
    calls: int = 0
    errors: int = 0
    p50_ms: float = 0.0
    p95_ms: float = 0.0
    #: The breaker keeps calls away.
    tripped: bool = False
    #: Seconds until one call is tried again.
    retry_in_s: float = 0.0
    last_error: str = ""


class PluginStatus(BaseModel):
    """One plugin: where it comes from, whether it works, and why not."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    name: str
    #: The distribution package that brought it; "" when it was registered by hand.
    distribution: str = ""
    version: str = ""
    source: PluginSource = "local"
    summary: str = ""
    state: PluginState
    #: Why it is blocked, failed or tripped; "" when it is active.
    why: str = ""
    #: What it adds and implements, sorted by hook.
    hooks: tuple[HookStatus, ...] = ()
    #: What a person should know of it though it works.
    notes: tuple[str, ...] = ()
    #: Its hooks and tools run in a worker process of its own.
    own_process: bool = False
    #: That process's number; None while it does not run.
    process: int | None = None

    @property
    def label(self) -> str:
        """Return `name (distribution version)`."""
        return label(self.name, self.distribution, self.version)


def label(name: str, distribution: str, version: str) -> str:
    """Return a plugin's name with its distribution and version, for people."""
    origin = f"{distribution} {version}".strip()
    return f"{name} ({origin})" if origin else name


def source_of(distribution: str) -> PluginSource:
    """Return where a plugin of that distribution comes from."""
    if not distribution:
        return "local"
    return "bundled" if distribution == BUNDLED else "installed"
