"""The plugin that install puts into OpenCode: `shim.js` with this machine's paths."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

NAME = "hookwright.js"
_FIRST = b"// Hookwright's plugin for OpenCode"
_INSTALLED = re.compile(rb"^const INSTALLED = (\{.*\})(?: //.*)?$", re.MULTILINE)


def shim_file(client: Sequence[str], data_dir: Path) -> bytes:
    """Return the plugin.

    :param client: the command client, absolute.
    :param data_dir: where the door's port and token are, which are read when used.
    """
    template = (files(__package__) / "shim.js").read_bytes()
    told = json.dumps({"client": list(client), "data": str(data_dir)})
    line = f"const INSTALLED = {told}".encode()
    return _INSTALLED.sub(lambda _: line, template, count=1)


def is_our_file(content: bytes) -> bool:
    """Return whether the file was written by install."""
    return content.startswith(_FIRST)


def client_of(content: bytes) -> str:
    """Return the program that our plugin runs when the door does not answer, or ""."""
    found = _INSTALLED.search(content)
    try:
        value: Any = json.loads(found[1]) if found else {}
    except ValueError:
        return ""
    client = value.get("client") if isinstance(value, dict) else None
    return client[0] if isinstance(client, list) and client else ""
