"""What the plugins have added: record types, tools, commands, adapters, installers.

Every name has one provider; a second one is refused with both providers' names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hookwright.hookspecs import Adapter, Command, Installer, RecordType, Tool

from ..errors import PluginError
from .plugin import Plugin

#: First words of the command line that belong to core.
RESERVED_COMMANDS = frozenset(
    {"config", "daemon", "doctor", "events", "help", "install", "mcp"}
    | {"plugins", "statusline", "store", "trust", "uninstall", "version"}
)
#: Sections of the configuration that belong to core, so no plugin has such a name.
RESERVED_NAMES = frozenset({"store", "service", "plugins", "redaction"})


@dataclass
class Additions:
    """What one plugin adds."""

    records: list[RecordType[Any]] = field(default_factory=list)
    tools: list[Tool] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    #: With the agent host that each speaks to.
    adapters: list[tuple[str, Adapter]] = field(default_factory=list)
    installers: list[tuple[str, Installer]] = field(default_factory=list)

    def names(self) -> Iterator[tuple[str, str]]:
        """Yield what must be nobody else's, as (kind, name)."""
        yield from (("record type", item.name) for item in self.records)
        yield from (("tool", item.name) for item in self.tools)
        yield from (
            ("command", " ".join(item.command)) for item in self.tools if item.command
        )
        yield from (("command", item.name) for item in self.commands)
        yield from (("adapter", name) for name, _ in self.adapters)
        yield from (("installer", name) for name, _ in self.installers)


class Catalog:
    """The additions of all registered plugins, each under its name."""

    def __init__(self) -> None:
        self.records: dict[str, RecordType[Any]] = {}
        self.tools: dict[str, Tool] = {}
        self.commands: dict[str, Command] = {}
        self.adapters: dict[str, Adapter] = {}
        self.installers: dict[str, Installer] = {}
        #: (kind, name) -> provider
        self._providers: dict[tuple[str, str], Plugin] = {}

    def check(self, plugin: Plugin, additions: Additions) -> None:
        """Refuse additions whose names are taken.

        :raises PluginError: the text names the thing and both providers.
        """
        own: set[tuple[str, str]] = set()
        for kind, name in additions.names():
            if (kind, name) in own:
                raise PluginError(f"adds {kind} {name!r} twice")
            own.add((kind, name))
            self._check_free(kind, name, plugin)
            if kind == "command":
                self._check_command(name, own)

    def add(self, plugin: Plugin, additions: Additions, hooks: Iterable[str]) -> None:
        """Take checked additions in, and the hooks that plugin specifies."""
        for key in (*additions.names(), *(("hook", hook) for hook in hooks)):
            self._providers[key] = plugin
        self.records.update((item.name, item) for item in additions.records)
        self.tools.update((item.name, item) for item in additions.tools)
        self.commands.update((item.name, item) for item in additions.commands)
        self.adapters.update(additions.adapters)
        self.installers.update(additions.installers)

    def remove(self, plugin: Plugin) -> None:
        """Take out all that plugin added, record types apart: the store holds them."""
        shelves: dict[str, dict[str, Any]] = {
            "tool": self.tools,
            "command": self.commands,
            "adapter": self.adapters,
            "installer": self.installers,
        }
        for kind, name in self._keys_of(plugin):
            if kind != "record type":
                shelves.get(kind, {}).pop(name, None)
                del self._providers[kind, name]

    def provider(self, kind: str, name: str) -> Plugin | None:
        """Return the plugin that added it, or None."""
        return self._providers.get((kind, name))

    def provided(self, kind: str) -> list[str]:
        """Return the names of that kind, sorted."""
        return sorted(name for other, name in self._providers if other == kind)

    def _keys_of(self, plugin: Plugin) -> list[tuple[str, str]]:
        return [key for key, owner in self._providers.items() if owner is plugin]

    def _check_free(self, kind: str, name: str, plugin: Plugin) -> None:
        owner = self._providers.get((kind, name))
        if owner is not None and owner is not plugin:
            raise PluginError(
                f"adds {kind} {name!r}, which plugin {owner.label} has added already; "
                "disable one of them in [plugins] disabled"
            )

    def _check_command(self, name: str, own: Iterable[tuple[str, str]]) -> None:
        """Refuse core's words, and a command that is another one's first words."""
        if name.split(" ")[0] in RESERVED_COMMANDS:
            raise PluginError(f"adds command {name!r}, which is Hookwright's own")
        for kind, other in (*self._providers, *own):
            if kind == "command" and other != name and _overlap(other, name):
                owner = self._providers.get((kind, other))
                whose = f"plugin {owner.label}'s" if owner else "its own"
                raise PluginError(
                    f"adds command {name!r}, which collides with {whose} command "
                    f"{other!r}: a command cannot be a group too"
                )


def _overlap(one: str, other: str) -> bool:
    return f"{one} ".startswith(f"{other} ") or f"{other} ".startswith(f"{one} ")


class Offered:
    """Who has a catalog and shows what is in it."""

    _catalog: Catalog

    @property
    def adapters(self) -> Mapping[str, Adapter]:
        """Return the adapters by agent host."""
        return self._catalog.adapters

    @property
    def installers(self) -> Mapping[str, Installer]:
        """Return the installers by agent host."""
        return self._catalog.installers

    @property
    def record_types(self) -> Mapping[str, RecordType[Any]]:
        """Return the record types by name."""
        return self._catalog.records

    @property
    def tools(self) -> Mapping[str, Tool]:
        """Return the tools by name."""
        return self._catalog.tools

    @property
    def commands(self) -> Mapping[str, Command]:
        """Return the commands that are no tools, by name."""
        return self._catalog.commands
