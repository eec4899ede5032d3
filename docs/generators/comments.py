"""The `#:` comments above the fields of a model."""

from __future__ import annotations

import inspect
import re

from pydantic import BaseModel

_FIELD = re.compile(r"    (\w+): ")


def field_comments(model: type[BaseModel]) -> dict[str, str]:
    """Return field name to text: the description, or the comment above the field."""
    found: dict[str, str] = {}
    for owner in reversed(model.__mro__):
        if issubclass(owner, BaseModel) and owner is not BaseModel:
            found |= _comments(inspect.getsource(owner))
    for name, field in model.model_fields.items():
        if field.description:
            found[name] = " ".join(field.description.split())
    return found


def _comments(source: str) -> dict[str, str]:
    found: dict[str, str] = {}
    pending: list[str] = []
    for line in source.splitlines():
        if line.strip().startswith("#: "):
            pending.append(line.strip()[3:])
        elif field := _FIELD.match(line):
            if pending:
                found[field[1]] = " ".join(pending)
            pending = []
        else:
            pending = []
    return found
