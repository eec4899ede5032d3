"""Every setting of core: its unit, its default, what is accepted and what it does.

The settings reference, the JSON Schema and `sample_configs/everything.toml` are made
from these models.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)

from .patterns import check_pattern
from .units import DAY, GB, HOUR, KB, MB, Duration, Size


class Section(BaseModel):
    """What every section inherits: frozen, unknown keys are errors."""

    model_config = ConfigDict(frozen=True, defer_build=True, extra="forbid")


class StoreSettings(Section):
    """The store on this machine."""

    max_size: Annotated[int, Size(1 * MB, 2 * GB)] = Field(
        default=512 * MB,
        description="Largest size of the store on disk. Bytes, or a text with a unit.",
    )
    durability: Literal["spool", "sync", "memory"] = Field(
        default="spool",
        description=(
            "When a write counts as kept: spool (in the write-ahead log, survives any "
            "process's death), sync (on the disk, survives power loss too), memory "
            "(not before the next flush; for benchmarks)."
        ),
    )
    flush_operations: int = Field(
        default=10_000,
        ge=1,
        le=10_000_000,
        description="Buffered operations that make a flush. A count.",
    )
    flush_bytes: Annotated[int, Size(64 * KB, 512 * MB)] = Field(
        default=8 * MB,
        description="Buffered bytes that make a flush. Bytes, or a text with a unit.",
    )
    flush_seconds: Annotated[float, Duration(0.1, HOUR)] = Field(
        default=30.0,
        description=(
            "Age of the oldest buffered operation that makes a flush. Seconds, or a "
            "text with a unit."
        ),
    )
    lock_timeout: Annotated[float, Duration(0.1, 60.0)] = Field(
        default=5.0,
        description=(
            "How long to wait for another process's flush. Seconds, or a text with a "
            "unit."
        ),
    )


class ServiceSettings(Section):
    """The daemon and what it answers."""

    idle_exit: Annotated[float, Duration(1.0, 30 * DAY)] = Field(
        default=1800.0,
        description=(
            "How long the daemon stays when no session has been seen. Seconds, or a "
            "text with a unit."
        ),
    )
    answer_timeout: Annotated[float, Duration(0.05, 5.0)] = Field(
        default=2.0,
        description=(
            "How long an agent waits for an answer before Hookwright steps aside. "
            "Seconds, or a text with a unit."
        ),
    )
    briefing_tokens: int = Field(
        default=800,
        ge=0,
        le=20_000,
        description="Longest briefing at a session's start. Tokens; 0 for none.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least severe message that the log keeps."
    )
    events_kept: int = Field(
        default=10_000,
        ge=0,
        le=10_000_000,
        description="Events that `hookwright events` can show. A count.",
    )
    http: Literal["auto", True, False] = Field(
        default="auto",
        description=(
            "Whether the daemon answers HTTP on 127.0.0.1 too: auto (where something "
            "was installed with --http), true or false."
        ),
    )
    http_port: int = Field(
        default=0,
        ge=0,
        le=65_535,
        description="Port of HTTP. 0: chosen once, then always the same.",
    )


PluginName = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"),
    Field(json_schema_extra={"x-accepted": "a plugin's name in quotes"}),
]


class PluginsSettings(Section):
    """Which plugins are loaded: all that are installed, but for those named here."""

    disabled: tuple[PluginName, ...] = Field(
        default=(), description="Plugins that are not loaded. Names."
    )
    enabled: tuple[PluginName, ...] = Field(
        default=(),
        description=(
            "Plugins that are loaded although `disabled` names them, so that a project "
            "can take back what the user's file switched off. Names."
        ),
    )

    @property
    def off(self) -> frozenset[str]:
        """Return the names of the plugins that are not to be loaded."""
        return frozenset(self.disabled) - frozenset(self.enabled)


class RedactionPattern(Section):
    """One more kind of secret."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")] = (
        Field(
            json_schema_extra={
                "x-accepted": "1 to 40 lower case letters, digits and -"
            },
            description=(
                "What the token says in the secret's place: lower case letters, "
                "digits and -."
            ),
        )
    )
    pattern: Annotated[str, AfterValidator(check_pattern)] = Field(
        description=(
            "A regular expression (Python's), run line by line, without a repeat "
            "inside a repeat. A group named `s` is the secret, else the whole match."
        )
    )


#: What of a tool's output the model does not read.
RedactOutput = Literal["project", "all", "off"]


def _named(value: object) -> object:
    """Return the word for a yes or a no, anything else as it is."""
    return {True: "project", False: "off"}[value] if isinstance(value, bool) else value


class RedactionSettings(Section):
    """What is taken out of everything stored, logged and shown. Always on."""

    extra: tuple[RedactionPattern, ...] = Field(
        default=(),
        description="More kinds of secrets: tables with `name` and `pattern`.",
    )
    allow: tuple[str, ...] = Field(
        default=(),
        description="Texts that are no secrets though a rule finds them. Whole values.",
    )
    project_env_files: bool = Field(
        default=True,
        description="Whether the values of the project's own .env files are secrets.",
    )
    redact_output: Annotated[
        RedactOutput,
        BeforeValidator(_named),
        WithJsonSchema({"enum": ["project", "all", "off", True, False]}),
    ] = Field(
        default="project",
        description=(
            "What is taken out of a tool's output before the model reads it, where the "
            "agent host lets that be done: project (the values of the project's own "
            ".env files; true says the same), all (whatever is taken out of what is "
            "stored), off (nothing; false says the same)."
        ),
    )


def _frozen(value: Any) -> Any:
    return MappingProxyType(dict(value)) if isinstance(value, Mapping) else value


class Settings(BaseModel):
    """All settings, merged over the layers and validated."""

    model_config = ConfigDict(
        frozen=True, defer_build=True, extra="forbid", arbitrary_types_allowed=True
    )

    store: StoreSettings = StoreSettings()
    service: ServiceSettings = ServiceSettings()
    plugins: PluginsSettings = PluginsSettings()
    redaction: RedactionSettings = RedactionSettings()
    #: The plugins' tables by plugin name, merged over the layers. A table was
    #: validated where its plugin's model was given; values are as they were written.
    tables: Annotated[Mapping[str, Mapping[str, Any]], BeforeValidator(_frozen)] = (
        Field(default_factory=lambda: MappingProxyType({}))
    )


#: The sections of core by name; no plugin can have one of these names.
SECTIONS: Mapping[str, type[Section]] = MappingProxyType(
    {
        "store": StoreSettings,
        "service": ServiceSettings,
        "plugins": PluginsSettings,
        "redaction": RedactionSettings,
    }
)
