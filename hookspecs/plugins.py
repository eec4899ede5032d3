"""What a plugin says of itself, and what core hands to it."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from .records import RecordStore

C = TypeVar("C", bound=BaseModel)


class PluginConfig(BaseModel):
    """What every plugin's config model inherits: unknown keys are errors."""

    model_config = ConfigDict(frozen=True, defer_build=True, extra="forbid")


class PluginInfo(BaseModel):
    """How core is to treat a plugin.

    `own_process` has the daemon run the plugin's hooks and tools in a worker process
    of the plugin's own. Choose it for code that can end or freeze a whole process: a
    native library, an embedded interpreter, patterns that people write, a model that
    leaks. What goes wrong there costs that plugin its call and nobody else anything.
    It costs about 0.3 ms a call, 0.1 ms for each use of the context, and 20 MB of
    memory; arguments, results and records are pickled, so their classes must be
    importable. The plugin is imported in the daemon too, where its
    `hookwright_plugin_info` and `hookwright_register_*` hooks run.
    """

    model_config = ConfigDict(frozen=True, defer_build=True, extra="forbid")

    #: One line for `hookwright plugins`.
    summary: str = ""
    #: Validates the plugin's table of the configuration.
    config: type[PluginConfig] = PluginConfig
    #: The verdict core puts in this plugin's place when one of its gates raises,
    #: hangs or is switched off by its breaker. A guard says `ask` or `deny`; a
    #: plugin that only remembers says `allow`.
    on_gate_failure: Literal["allow", "ask", "deny"] = "allow"
    #: Wall time one gate call may take, in milliseconds.
    gate_budget_ms: int = Field(default=500, ge=1, le=10_000)
    #: Wall time one observing call may take, in milliseconds.
    observe_budget_ms: int = Field(default=5_000, ge=1, le=60_000)
    #: Essential plugins cannot be switched off by the configuration.
    essential: bool = False
    #: Run this plugin's hooks and tools in a worker process of its own.
    own_process: bool = False
    #: Address space that the worker process may use, in megabytes (RLIMIT_AS); None
    #: sets no limit. More than that raises MemoryError in the plugin.
    memory_limit_mb: int | None = Field(default=None, ge=256)
    #: Fields of the config that a project file may set without `hookwright trust`,
    #: because they can only add protection.
    project_may_set: tuple[str, ...] = ()


class PluginContext(Protocol):
    """What core hands to a hook or tool that has a parameter named `context`.

    Each plugin gets its own; writes through `store` belong to the call.
    """

    @property
    def name(self) -> str:
        """The plugin's name: its entry point's, and its config table's."""
        ...

    @property
    def store(self) -> RecordStore:
        """The store, as this call sees it."""
        ...

    @property
    def log(self) -> logging.Logger:
        """A logger of the plugin's own; messages are redacted."""
        ...

    @property
    def state_dir(self) -> Path:
        """A directory of the plugin's own, made at first use (mode 0700)."""
        ...

    @property
    def from_agent(self) -> bool:
        """Whether an agent, not a person, made this call."""
        ...

    def config(self, model: type[C]) -> C:
        """Return the plugin's validated config, an instance of its config model."""
        ...

    def now(self) -> datetime:
        """Return the time in UTC; it never goes backwards."""
        ...

    def new_id(self) -> str:
        """Return a ULID: 26 characters that sort by time and never repeat."""
        ...

    def redact(self, text: str) -> str:
        """Return text with every secret replaced by its token."""
        ...

    def call_hook(self, hook: str, /, **arguments: object) -> list[Any]:
        """Call a hook that a plugin specified; return the results, failures left out.

        :raises LookupError: no loaded plugin specifies that hook.
        """
        ...
