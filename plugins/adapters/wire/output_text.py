"""A tool's output as one text, for agent hosts that take nothing else in its place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hookwright.hookspecs import thaw


def output_text(output: Any) -> str:
    """Return the output's text, an MCP result's as the server wrote it.

    JSON where it is neither a text nor a result that has any; never blank for an output
    that is not.
    """
    if isinstance(output, str):
        return output
    parts = output.get("content") if isinstance(output, Mapping) else output
    if isinstance(parts, list | tuple):
        texts = [part.get("text") for part in parts if isinstance(part, Mapping)]
        said = "\n".join(text for text in texts if isinstance(text, str))
        if said.strip():
            return said
    return json.dumps(thaw(output), ensure_ascii=False)
