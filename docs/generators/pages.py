"""The page of a bundled plugin: its package's docstring, and what it adds."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterable

from .cli import bundled_host
from .comments import field_comments
from .hooks import prose


def page(module: str) -> str:
    """Return what a plugin's docstring says below its first line."""
    package = importlib.import_module(f"hookwright.plugins.{module}")
    summary, _, rest = (inspect.getdoc(package) or "").partition("\n")
    return f"{summary}\n\n{prose(rest)}"


def record_reference(owner: str = "tracking") -> str:
    """Return a section a record type of one bundled plugin.

    :param owner: the name of the plugin's package.
    """
    parts = []
    package = f"hookwright.plugins.{owner}."
    for name, record in sorted(bundled_host().record_types.items()):
        if not record.model.__module__.startswith(package):
            continue
        comments = field_comments(record.model)
        summary = (inspect.getdoc(record.model) or "").partition("\n")[0]
        kept = "for ever"
        if record.retention is not None:
            kept = f"{record.retention.days} days after the last write"
        lines = [f"### `{name}`", "", f"{summary} Kept {kept}.", ""]
        if record.indexes:
            found = quoted(sorted(record.indexes))
            lines += [f"Found by its key, and by {found}.", ""]
        lines += ["| field | merged by | meaning |", "| --- | --- | --- |"]
        lines += [
            f"| `{field}` | {record.merge.get(field, 'last')} "
            f"| {comments.get(field, '')} |"
            for field in record.model.model_fields
        ]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def quoted(names: Iterable[str]) -> str:
    """Return names in code quotes, with commas."""
    return ", ".join(f"`{name}`" for name in names)
