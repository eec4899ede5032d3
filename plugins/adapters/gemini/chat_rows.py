"""What one row of a chat file tells.

A chat file (`~/.gemini/tmp/PROJECT/chats/`) is JSON Lines: first the session's own
fields, then messages with `id`, `timestamp` and `type`, and changes, `{"$set": ...}`.
A message of type `gemini` is one model call and has `model` and `tokens`; it is
written again as its tool calls end. A context that was shortened is set as a whole,
`{"$set": {"messages": [...]}}`, and one of its messages has the summary,
`<state_snapshot>`. Source: `chatRecordingService.ts` in the bundle of 0.61.0; not a
stable format, so whatever does not look like that is passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

#: More tokens than this is not a count.
_MAX_COUNT = 10**12
_SNAPSHOT = "<state_snapshot>"


@dataclass(frozen=True)
class ModelCall:
    """The tokens of one model call."""

    id: str
    model: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    #: When the model answered, as Gemini CLI writes it.
    time: str = ""


@dataclass(frozen=True)
class Snapshot:
    """The summary that took the place of what was said before."""

    id: str
    text: str
    #: When it was made, as Gemini CLI writes it.
    time: str


@dataclass(frozen=True)
class Beginning:
    """When a chat began, as Gemini CLI writes it, in its file's first row."""

    time: str


@dataclass(frozen=True)
class Prompt:
    """What a person, or the agent that started a subagent, wrote."""

    text: str


def read_row(row: bytes) -> Iterator[ModelCall | Snapshot | Beginning | Prompt]:
    """Yield what a row tells that is of use."""
    try:
        value = json.loads(row)
    except (ValueError, RecursionError):
        return
    if not isinstance(value, dict):
        return
    if isinstance(changes := value.get("$set"), dict):
        yield from _snapshots(changes.get("messages"))
    elif value.get("type") == "gemini":
        yield from _model_call(value)
    elif value.get("type") == "user":
        # A tool's result comes as the user's, too; it has no text.
        if text := _text(value.get("content")):
            yield Prompt(text)
    elif isinstance(began := value.get("startTime"), str):
        yield Beginning(began)


def answer_time(row: bytes) -> str:
    """Return when the model answered, where the row is such an answer, else ""."""
    try:
        value = json.loads(row)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(value, dict) or value.get("type") != "gemini":
        return ""
    return _string(value.get("timestamp"))


def storable(text: str) -> str:
    """Return text with `?` for half a surrogate pair, which no event can carry."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _model_call(value: Mapping[str, Any]) -> Iterator[ModelCall]:
    name, model, tokens = value.get("id"), value.get("model"), value.get("tokens")
    if not isinstance(name, str) or not name or not isinstance(tokens, dict):
        return
    # The input holds what came from the cache; thoughts are not in the output, nor
    # what tools of the model's own added in the input (the API's `usageMetadata`).
    cached = _count(tokens, "cached")
    yield ModelCall(
        id=storable(name),
        model=storable(_string(model)),
        input_tokens=max(0, _count(tokens, "input") - cached) + _count(tokens, "tool"),
        output_tokens=_count(tokens, "output") + _count(tokens, "thoughts"),
        cached_tokens=cached,
        time=_string(value.get("timestamp")),
    )


def _snapshots(messages: object) -> Iterator[Snapshot]:
    for message in messages if isinstance(messages, list) else []:
        if not isinstance(message, dict) or message.get("type") != "user":
            continue
        name, text = message.get("id"), _text(message.get("content"))
        if isinstance(name, str) and name and _SNAPSHOT in text:
            time = _string(message.get("timestamp"))
            yield Snapshot(storable(name), storable(text), time)


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = (part.get("text") for part in parts if isinstance(part, dict))
    return "\n".join(text for text in texts if isinstance(text, str))


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _count(tokens: Mapping[str, Any], name: str) -> int:
    value = tokens.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return value if 0 < value < _MAX_COUNT else 0
    return 0
