"""The hook reference and the table of events, from hookspecs."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from pydantic import BaseModel

from hookwright.hookspecs import (
    EVENT_KINDS,
    Agent,
    Allow,
    Ask,
    BriefingPart,
    Context,
    Deny,
    Event,
    FileStat,
    FlushReport,
    Project,
    PushRef,
    Refusal,
    Rewrite,
    StatusPart,
    StatusQuery,
    ToolCall,
    briefing,
    extension,
    gates,
    lifecycle,
    status_line,
    storage,
)

from .comments import field_comments

MODULES = (gates, briefing, lifecycle, status_line, storage, extension)
VALUES: tuple[type[BaseModel], ...] = (Project, Agent, ToolCall, FileStat, PushRef)
VALUES += (Allow, Ask, Deny, Rewrite, Context, BriefingPart, FlushReport)
VALUES += (StatusQuery, Refusal, StatusPart)
_MARK = "hookwright_spec"


def specifications(module: ModuleType) -> Iterator[Callable[..., Any]]:
    """Yield the hook specifications of a module, in the order they stand there."""
    for value in vars(module).values():
        if inspect.isfunction(value) and hasattr(value, _MARK):
            yield value


def signature(function: Callable[..., Any]) -> str:
    """Return a hook's true signature on one line."""
    text = str(inspect.signature(function)).replace("'", "")
    return f"{function.__name__}{text}"


def hook_reference() -> str:
    """Return a chapter a module: what its hooks share, then each hook."""
    parts = []
    for module in MODULES:
        title, _, rest = (inspect.getdoc(module) or "").partition("\n")
        parts.append(f"## {title.rstrip('.')}\n\n{prose(rest)}\n")
        parts.extend(hook_entry(function) for function in specifications(module))
    return "\n".join(parts)


def hook_entry(function: Callable[..., Any]) -> str:
    """Return one hook: signature, text, parameters, example."""
    heading = f"### `{function.__name__}`"
    fence = f"```python\n{signature(function)}\n```"
    return f"{heading}\n\n{fence}\n\n{prose(inspect.getdoc(function) or '')}\n"


def prose(docstring: str) -> str:
    """Return a docstring as Markdown: field lists as bullets, `::` as code."""
    lines: list[str] = []
    text = re.sub(r"\n +(?=\S)", _joined_or_kept(docstring), docstring)
    code = False
    for line in text.splitlines():
        if code and line and not line.startswith("    "):
            lines[:] = _without_trailing_blanks(lines)
            lines += ["```", ""]
            code = False
        if found := re.match(r":(?:param (\w+)|(returns|raises \w+)):? *(.*)", line):
            name = f"`{found[1]}`" if found[1] else f"*{found[2]}*"
            lines.append(f"- {name}: {found[3]}")
        elif line.endswith("::"):
            lines += [line[:-1], "", "```python"]
            code = True
        elif code and not line and lines[-1] == "```python":
            continue
        else:
            lines.append(line[4:] if code else line)
    if code:
        lines = [*_without_trailing_blanks(lines), "```"]
    return "\n".join(lines).strip("\n")


def event_reference() -> str:
    """Return a section an event kind, with the fields that only it has."""
    shared = set(Event.model_fields)
    parts = [fields_table(Event, set(), "Every event"), ""]
    for kind, model in EVENT_KINDS.items():
        summary = (inspect.getdoc(model) or "").partition("\n")[0]
        text = f"`{model.__name__}`. {summary}"
        parts += [fields_table(model, shared | {"kind"}, f"`{kind}`", text), ""]
    return "\n".join(parts)


def value_reference() -> str:
    """Return a section for each value inside events and each verdict."""
    parts = []
    for model in VALUES:
        summary = prose(inspect.getdoc(model) or "")
        parts += [fields_table(model, {"kind"}, f"`{model.__name__}`", summary), ""]
    return "\n".join(parts)


def fields_table(
    model: type[BaseModel], without: set[str], title: str, summary: str = ""
) -> str:
    """Return the table of a model's fields."""
    comments = field_comments(model)
    heading = f"### {title}\n"
    if summary:
        heading += f"\n{summary}\n"
    rows = [
        f"| `{name}` | `{annotation(model, name)}` | {comments.get(name, '')} |"
        for name in model.model_fields
        if name not in without
    ]
    if not rows:
        return heading
    return "\n".join(
        (heading, "| field | type | meaning |", "| --- | --- | --- |", *rows)
    )


def annotation(model: type[BaseModel], name: str) -> str:
    """Return a field's type as the source has it."""
    for owner in model.__mro__:
        if found := inspect.get_annotations(owner).get(name):
            return str(found).replace("|", "\\|")
    return ""


def _joined_or_kept(docstring: str) -> Callable[[re.Match[str]], str]:
    """Join the continued lines of a field list; keep the lines of code."""

    def replace(found: re.Match[str]) -> str:
        before = docstring[: found.start()].rpartition("\n\n")[2]
        first = before.splitlines()[0] if before else ""
        return " " if first.startswith(":") else found[0]

    return replace


def _without_trailing_blanks(lines: list[str]) -> list[str]:
    while lines and not lines[-1]:
        lines = lines[:-1]
    return lines
