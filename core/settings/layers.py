"""Where settings come from: default, user file, project file, environment, flags.

A layer is a tree of tables with the place of each value; the merge keeps, for every
dotted key, the place of the value that won.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ..errors import ConfigError

LayerName = Literal["default", "user", "project", "environment", "command line"]
Keys = tuple[str, ...]
Tree = dict[str, Any]

ENVIRONMENT_PREFIX = "HOOKWRIGHT__"


@dataclass(frozen=True)
class Origin:
    """Where a value comes from.

    :param where: `file:line`, the variable, or the flag; "" for a default.
    """

    layer: LayerName
    where: str = ""

    def __str__(self) -> str:
        return f"{self.layer} ({self.where})" if self.where else self.layer


@dataclass(frozen=True)
class Layer:
    """One source of settings.

    :param tree: sections, their keys and values.
    :param where: gives the place of a key.
    :param raw: values that were read as numbers or lists, as they were written.
    """

    name: LayerName
    tree: Tree
    where: Callable[[Keys], str]
    raw: Mapping[Keys, str] = field(default_factory=dict)


@dataclass
class Merged:
    """The layers so far, one over the other."""

    tree: Tree = field(default_factory=dict)
    origins: dict[Keys, Origin] = field(default_factory=dict)
    raw: dict[Keys, str] = field(default_factory=dict)

    def take(self, layer: Layer) -> None:
        """Put layer over what is there: tables are merged, other values replaced."""
        self._take_table(layer, layer.tree, self.tree, ())

    def _take_table(self, layer: Layer, new: Tree, old: Tree, path: Keys) -> None:
        for key, value in new.items():
            here = (*path, key)
            if isinstance(value, dict):
                if not isinstance(old.get(key), dict):
                    self._forget(here)
                    old[key] = {}
                self.origins.setdefault(here, Origin(layer.name, layer.where(here)))
                self._take_table(layer, value, old[key], here)
                continue
            self._forget(here)
            old[key] = value
            self.origins[here] = Origin(layer.name, layer.where(here))
            if here in layer.raw:
                self.raw[here] = layer.raw[here]

    def _forget(self, path: Keys) -> None:
        for known in [key for key in self.origins if key[: len(path)] == path]:
            del self.origins[known]
            self.raw.pop(known, None)

    def origin_of(self, path: Keys) -> Origin:
        """Return the origin of path or of the nearest table above it."""
        for size in range(len(path), 0, -1):
            if path[:size] in self.origins:
                return self.origins[path[:size]]
        return Origin("default")

    def leaves(self) -> Iterator[tuple[Keys, Origin]]:
        """Yield every key that holds a value, with its origin."""
        for path, origin in self.origins.items():
            if not isinstance(lookup(self.tree, path), dict):
                yield path, origin


def lookup(tree: Mapping[str, Any], path: Keys) -> Any:
    """Return the value at path, or None."""
    value: Any = tree
    for key in path:
        if not isinstance(value, Mapping) or key not in value:
            return None
        value = value[key]
    return value


def environment_layer(environment: Mapping[str, str]) -> Layer:
    """Return the layer of the `HOOKWRIGHT__SECTION__KEY` variables.

    :raises ConfigError: a variable's name is none of a key.
    """
    names: dict[Keys, str] = {}
    for name in sorted(environment):
        if name.startswith(ENVIRONMENT_PREFIX):
            path = tuple(name[len(ENVIRONMENT_PREFIX) :].lower().split("__"))
            if len(path) < 2 or not all(path):
                raise ConfigError(
                    f"{name} is not a setting; write {ENVIRONMENT_PREFIX}SECTION__KEY"
                )
            names[path] = name
    values = {path: environment[name] for path, name in names.items()}
    return _text_layer("environment", values, names)


def override_layer(overrides: Sequence[str]) -> Layer:
    """Return the layer of `--set section.key=value`.

    :raises ConfigError: an override is not of that form.
    """
    names: dict[Keys, str] = {}
    values: dict[Keys, str] = {}
    for override in overrides:
        key, equals, value = override.partition("=")
        path = tuple(part.strip() for part in key.split("."))
        if not equals or len(path) < 2 or not all(path):
            raise ConfigError(
                f"--set {override} is not understood; write --set section.key=value"
            )
        names[path] = f"--set {key.strip()}"
        values[path] = value.strip()
    return _text_layer("command line", values, names)


def _text_layer(
    layer: LayerName, values: Mapping[Keys, str], names: Mapping[Keys, str]
) -> Layer:
    tree: Tree = {}
    for path, text in values.items():
        table = tree
        for key in path[:-1]:
            table = table.setdefault(key, {})
            if not isinstance(table, dict):
                raise ConfigError(f"{names[path]}: {'.'.join(path)} is in no table")
        if isinstance(table.get(path[-1]), dict):
            raise ConfigError(f"{names[path]}: {'.'.join(path)} is a table")
        table[path[-1]] = parse_text(text)

    def where(path: Keys) -> str:
        for known, name in names.items():
            if known[: len(path)] == path or path[: len(known)] == known:
                return name
        return ""

    return Layer(layer, tree, where, dict(values))


def parse_text(text: str) -> Any:
    """Return text as the TOML value it spells, or as it is when it spells none."""
    value = text.strip()
    if value.lower() in ("true", "false"):
        return value.lower() == "true"
    if "\n" in value or not value:
        return text
    import tomllib

    try:
        return tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return text
