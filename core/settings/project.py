"""What a project's own file may set without the user's trust: protection, added.

Anybody can put a `.hookwright.toml` into a repository, an agent too. So lists only
grow, switches that are on stay on, and nothing outside the names below is taken.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from .layers import Keys, Layer, Tree, lookup
from .models import SECTIONS

#: Keys of core that an untrusted project file may add to.
_CORE = {
    ("plugins", "enabled"),
    ("redaction", "extra"),
    ("redaction", "project_env_files"),
    ("redaction", "redact_output"),
}
#: How much each word of a setting protects: a project file may only go up.
_RISING: Mapping[Keys, Mapping[object, int]] = {
    ("redaction", "redact_output"): {
        False: 0,
        "off": 0,
        True: 1,
        "project": 1,
        "all": 2,
    },
}


@dataclass(frozen=True)
class Ignored:
    """A key of a project file that was not taken."""

    key: str
    where: str
    reason: str

    def __str__(self) -> str:
        return f"{self.where}: {self.key} is ignored: {self.reason}"


@cache
def bundled_plugins() -> frozenset[str]:
    """Return the names of the plugins that ship with Hookwright."""
    from importlib import metadata

    try:
        found = metadata.distribution("hookwright").entry_points
    except metadata.PackageNotFoundError:
        return frozenset()
    return frozenset(point.name for point in found if point.group == "hookwright")


class Untrusted:
    """Reduces an untrusted project file's layer to what it may set."""

    def __init__(
        self,
        file: Path,
        layer: Layer,
        below: Tree,
        project_may_set: Mapping[str, Collection[str]],
        plugin_models: Mapping[str, type[BaseModel]],
    ) -> None:
        self._file = file
        self._layer = layer
        self._below = below
        self._may_set = project_may_set
        self._models = plugin_models
        self.ignored: list[Ignored] = []

    def reduced(self) -> Layer:
        """Return the layer with what may be set; `ignored` lists the rest."""
        tree: Tree = {}
        for section, table in self._layer.tree.items():
            if not isinstance(table, dict):
                self._ignore((section,))
                continue
            for key, value in table.items():
                path = (section, key)
                if not self._may(section, key):
                    self._ignore(path)
                    continue
                kept = self._added(path, value)
                if kept is not None:
                    tree.setdefault(section, {})[key] = kept
        return Layer(self._layer.name, tree, self._layer.where)

    def _may(self, section: str, key: str) -> bool:
        if section in SECTIONS:
            return (section, key) in _CORE
        return key in self._may_set.get(section, ())

    def _ignore(self, path: Keys, reason: str = "") -> None:
        cure = f"run `hookwright trust {self._file}` to allow it"
        reason = reason or "a project file may not set it"
        self.ignored.append(
            Ignored(".".join(path), self._layer.where(path), f"{reason}; {cure}")
        )

    def _added(self, path: Keys, value: Any) -> Any:
        """Return value joined to what is below it, None when nothing is left of it."""
        old = self._old(path)
        if path == ("plugins", "enabled") and isinstance(value, list):
            value = self._bundled(path, value)
        if isinstance(value, list) and isinstance(old, list):
            return [*old, *(item for item in value if item not in old)]
        if isinstance(value, dict) and isinstance(old, dict):
            kept = {key: self._added((*path, key), value[key]) for key in value}
            return {key: item for key, item in kept.items() if item is not None}
        if value is False and old is True:
            self._ignore(path, "a project file may switch it on, not off")
            return None
        if path in _RISING and _is_weaker(_RISING[path], value, old):
            self._ignore(path, "a project file may make it stronger, not weaker")
            return None
        return value

    def _old(self, path: Keys) -> Any:
        """Return what holds below this layer: a lower layer's value or the default."""
        found = lookup(self._below, path)
        if found is not None:
            return found
        model = SECTIONS.get(path[0]) or self._models.get(path[0])
        if model is None or path[1] not in model.model_fields:
            return None
        default = model.model_fields[path[1]].get_default(call_default_factory=True)
        plain = to_jsonable_python(default, fallback=str)
        return lookup({"": plain}, ("", *path[2:]))

    def _bundled(self, path: Keys, names: list[Any]) -> list[Any]:
        foreign = [name for name in names if name not in bundled_plugins()]
        if foreign:
            shown = ", ".join(map(str, foreign))
            self._ignore(path, f"{shown}: a project file may enable bundled plugins")
        return [name for name in names if name not in foreign]


def _is_weaker(words: Mapping[object, int], value: object, old: object) -> bool:
    # What is none of the words is for the validation to name.
    if not isinstance(value, str | bool) or not isinstance(old, str | bool):
        return False
    return value in words and words[value] < words.get(old, 0)
