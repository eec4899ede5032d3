"""What a person reads when a setting is wrong: where, which, what it is, the cure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from .layers import Keys, parse_text

_SHOWN = 80
_NULL = {"type": "null"}


def show(value: object) -> str:
    """Return value as the message shows it: short, quoted where that tells more."""
    if isinstance(value, str):
        plain = value.isprintable() and value == value.strip() != ""
        if plain and parse_text(value) == value:
            return _short(value)
    try:
        return _short(json.dumps(value, ensure_ascii=False))
    except (TypeError, ValueError):
        return _short(str(value))


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the known name that is closest to name, "" when none is close."""
    import difflib

    close = difflib.get_close_matches(name.lower(), list(known), n=1, cutoff=0.6)
    return close[0] if close else ""


def explain(
    error: ValidationError,
    model: type[BaseModel],
    prefix: Keys,
    where: Callable[[Keys], str],
) -> str:
    """Return one line for each thing that model found wrong.

    :param prefix: the key of the table that was validated.
    :param where: gives the place of a key.
    """
    lines: list[str] = []
    for detail in error.errors(include_url=False):
        line = _line(detail, model, prefix)
        keys = (*prefix, *(part for part in detail["loc"] if isinstance(part, str)))
        place = where(keys)
        line = f"{place}: {line}" if place else line
        if line not in lines:
            lines.append(line)
    return "\n".join(lines[:10])


def _line(detail: ErrorDetails, model: type[BaseModel], prefix: Keys) -> str:
    kind, location = detail["type"], detail["loc"]
    key = dotted((*prefix, *location))
    schema = model.model_json_schema()
    if kind == "extra_forbidden":
        known = list(_resolve(schema, schema, location[:-1]).get("properties", {}))
        table = dotted((*prefix, *location[:-1]))
        close = did_you_mean(str(location[-1]), known)
        suggestion = f"; did you mean {table}.{close}?" if close else ""
        has = f"[{table}] has {', '.join(known)}" if known else f"[{table}] has no keys"
        return f"{key} is not a setting{suggestion}; {has}"
    if kind == "missing":
        return f"{key} is missing"
    value = show(detail["input"])
    if kind in ("value_error", "assertion_error"):
        reason = detail["msg"].partition(", ")[2] or detail["msg"]
        return f"{key} is {value}: {reason}"
    return f"{key} is {value}; accepted: {accepted(schema, location) or detail['msg']}"


def dotted(keys: Iterable[str | int]) -> str:
    """Return keys as people write them: `redaction.extra[0].name`."""
    text = ""
    for key in keys:
        if isinstance(key, int):
            text += f"[{key}]"
        else:
            text += f".{key}" if text else key
    return text


def accepted(schema: Mapping[str, Any], location: tuple[str | int, ...]) -> str:
    """Return what the field at location accepts, "" when its schema does not say."""
    return describe(_resolve(schema, schema, location), schema)


def _resolve(
    root: Mapping[str, Any], node: Mapping[str, Any], location: tuple[str | int, ...]
) -> Mapping[str, Any]:
    node = _follow(root, node)
    for key in location:
        options = [_follow(root, option) for option in node.get("anyOf", [])]
        for option in (node, *options):
            below = _below(option, key)
            if below is not None:
                node = _follow(root, below)
                break
        # A key that is no part of the schema names a branch of a union.
    return node


def _below(node: Mapping[str, Any], key: str | int) -> Mapping[str, Any] | None:
    if isinstance(key, int):
        found = node.get("items")
    else:
        found = node.get("properties", {}).get(key, node.get("additionalProperties"))
    return found if isinstance(found, Mapping) else None


def _follow(root: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in node:
        name = str(node["$ref"]).rpartition("/")[2]
        node = root.get("$defs", {}).get(name, {})
    return node


def describe(node: Mapping[str, Any], root: Mapping[str, Any]) -> str:
    """Return in words what a JSON Schema accepts, "" when it does not say."""
    node = _follow(root, node)
    if "x-accepted" in node:
        return str(node["x-accepted"])
    if "const" in node:
        return json.dumps(node["const"], ensure_ascii=False)
    if "enum" in node:
        return _either([json.dumps(one, ensure_ascii=False) for one in node["enum"]])
    if "anyOf" in node:
        options = [describe(one, root) for one in node["anyOf"] if one != _NULL]
        return _either([option for option in dict.fromkeys(options) if option])
    kind = node.get("type")
    if kind in ("integer", "number"):
        return _numbers(node, "a whole number" if kind == "integer" else "a number")
    if kind == "array":
        items = describe(node.get("items", {}), root)
        return f"a list, each {items}" if items else "a list"
    if kind == "string":
        return f"a text like {node['pattern']}" if "pattern" in node else "a text"
    return {"boolean": "true or false", "object": "a table"}.get(str(kind), "")


def _numbers(node: Mapping[str, Any], noun: str) -> str:
    low = node.get("minimum")
    high = node.get("maximum")
    if low is not None and high is not None:
        return f"{noun} from {low} to {high}"
    bounds = [
        f"{words} {node[bound]}"
        for bound, words in (
            ("minimum", "at least"),
            ("exclusiveMinimum", "more than"),
            ("maximum", "at most"),
            ("exclusiveMaximum", "less than"),
        )
        if bound in node
    ]
    return f"{noun}, {' and '.join(bounds)}" if bounds else noun


def _either(options: list[str]) -> str:
    if len(options) < 2:
        return "".join(options)
    return f"{', '.join(options[:-1])} or {options[-1]}"
