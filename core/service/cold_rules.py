"""What the daemon leaves behind for the path that has neither settings nor plugins.

Standard library only and light. The file `run/cold.json` says which agent hosts
there are, what each sends, and which redaction rules the user added. It holds only
while the configuration is the one it was made from.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from .. import light_json
from ..places import CONFIG_FILE, RUN, find_places, make_private
from .client import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NamedTuple

    from ..paths import Paths
    from .intake import InputFormat
else:
    from ..named_tuple import NamedTuple

FILE = "cold.json"
_OVERRIDE = "HOOKWRIGHT__REDACTION"
#: The stamp of a machine without a configuration file.
NO_CONFIG = "none"


class HostRules(NamedTuple):
    """What one agent host sends, and the variables its adapter reads."""

    #: None: nobody knows.
    input_format: InputFormat | None
    environment: tuple[str, ...] = ()
    #: The client's first argument for messages whose answer can replace an output.
    outputs: tuple[str, ...] = ()


class ColdRules(NamedTuple):
    """The rules of one configuration; `hosts` is None when nobody knows them yet."""

    hosts: Mapping[str, HostRules] | None = None
    extra: tuple[tuple[str, str], ...] = ()
    allow: tuple[str, ...] = ()
    #: Whether the project's own .env files say what is secret.
    env_files: bool = True
    #: The configuration they were made from.
    stamp: str = ""
    #: Every installed plugin's version, switched off or not.
    plugins: Mapping[str, str] = {}
    #: Plugins that take part in an answer: by hook, and by `adapter AGENT_HOST`.
    answering: Mapping[str, tuple[str, ...]] = {}
    #: What of a tool's output the model does not read: `RedactionSettings`.
    output: str = "project"


def stamp_of(paths: Paths) -> str:
    """Return what changes when the user's configuration file does."""
    return _stamp_of(str(paths.config_file))


def _stamp_of(config_file: str) -> str:
    try:
        state = os.stat(config_file)
    except OSError:
        return NO_CONFIG
    return f"{state.st_mtime_ns}:{state.st_size}:{state.st_ino}"


def save(paths: Paths, rules: ColdRules) -> None:
    """Write the rules, whole or not at all.

    :raises OSError: the run directory cannot be written.
    """
    hosts = {name: host._asdict() for name, host in (rules.hosts or {}).items()}
    found = {"version": VERSION, **rules._asdict(), "hosts": hosts}
    content = light_json.dumps(dict(sorted(found.items())))
    file = paths.run / FILE
    draft = file.with_name(f"{FILE}.{os.getpid()}")
    make_private(paths.run)
    draft.write_text(content, "utf-8")
    os.replace(draft, file)


def load(paths: Paths, environment: Mapping[str, str]) -> ColdRules | None:
    """Return the rules, or None when only the whole program can tell them."""
    return _load(str(paths.data), str(paths.config), environment)


def load_here(environment: Mapping[str, str]) -> ColdRules | None:
    """Do the same for the data directory that the environment names."""
    return _load(*find_places(environment), environment)


def _load(data: str, config: str, environment: Mapping[str, str]) -> ColdRules | None:
    stamp = _stamp_of(os.path.join(config, CONFIG_FILE))
    if any(name.startswith(_OVERRIDE) for name in environment):
        return None
    try:
        with open(os.path.join(data, RUN, FILE), "rb") as file:
            found = light_json.loads(file.read())
        if found["version"] != VERSION or found["stamp"] != stamp:
            return None
        return _rules(found)
    except FileNotFoundError:
        # Nobody ran yet: without a configuration the built-in rules are all.
        return ColdRules() if stamp == NO_CONFIG else None
    except (AttributeError, KeyError, OSError, TypeError, ValueError):
        return None


def _rules(found: dict[str, Any]) -> ColdRules:
    hosts = {
        name: HostRules(
            rules["input_format"], tuple(rules["environment"]), tuple(rules["outputs"])
        )
        for name, rules in found["hosts"].items()
    }
    return ColdRules(
        hosts=hosts,
        extra=tuple((name, pattern) for name, pattern in found["extra"]),
        allow=tuple(found["allow"]),
        env_files=found["env_files"],
        output=found["output"],
        stamp=found["stamp"],
        plugins=dict(found["plugins"]),
        answering={hook: tuple(names) for hook, names in found["answering"].items()},
    )
