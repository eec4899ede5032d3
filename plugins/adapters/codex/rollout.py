"""Read one rollout, the JSON Lines file in which Codex keeps a thread.

Rows as 0.169.0 writes them, each `{"timestamp", "type", "payload"}`:

- `session_meta`: the thread's `id`, and `forked_from_id` where it began as a copy.
- `turn_context`: `turn_id` and `model`.
- `token_usage_record`: one model call: `thread_id`, `turn_id`, `response_id`, `usage`.
- `event_msg` of type `token_count`: the thread's totals so far; what there is to count
  in a file without the records.
- `event_msg` of type `item_completed`: `turn_id` and `item`, which is for a shell
  command `{"type": "CommandExecution", "id": CALL, "exit_code", "duration"}` and for a
  patch `{"type": "FileChange", "id": CALL, "status", "changes": {PATH: {"type"}}}`.
- `response_item` of type `function_call` or `custom_tool_call`: `call_id`, `name`,
  `arguments` or `input`; then one of type `..._output`: `call_id`, `output`.

The file is another program's and not a stable format, so whatever does not look like
that is passed over.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeGuard

from ..wire.growing_file import GrowingFile

#: More tokens than this is not a count.
_MAX_COUNT = 10**12
_MAX_CALLS = 4_096
_COUNTS = (
    "input_tokens",
    "cached_input_tokens",
    "cache_write_input_tokens",
    "output_tokens",
)
#: What makes a row worth decoding.
_TELLING = (
    b'"session_meta"',
    b'"turn_context"',
    b'"token_usage_record"',
    b'"token_count"',
    b'"FileChange"',
    b"_call",
)


@dataclass(frozen=True)
class ModelCall:
    """The tokens of one model call; `counts` are in the order of `_COUNTS`."""

    id: str
    model: str
    counts: tuple[int, ...]

    @property
    def input_tokens(self) -> int:
        """Return the input tokens that came from no cache; Codex counts them in."""
        given, cached, cached_now, _ = self.counts
        return max(0, given - cached - cached_now)


@dataclass
class PatchCall:
    """One call that changed files, or failed to."""

    call_id: str
    turn_id: str
    #: The tool's own name, "" where the model called it from a script.
    name: str = ""
    #: The call's arguments as text.
    arguments: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)
    succeeded: bool = False
    output: str = ""


class Rollout:
    """One rollout, read from where the last read ended."""

    def __init__(self, path: Path) -> None:
        self._file = GrowingFile(path)
        self._thread = path.stem
        self._model = ""
        self._has_records = False
        #: The totals counted so far, for a file without records; None before a copy's.
        self._totals: tuple[int, ...] | None = (0,) * len(_COUNTS)
        self._counted: list[ModelCall] = []
        self._calls: OrderedDict[str, PatchCall] = OrderedDict()

    def read(self, *, ended: bool) -> list[ModelCall]:
        """Return the model calls since the last read.

        :param ended: nothing more will be written.
        """
        calls: list[ModelCall] = []
        for line in self._file.lines(ended=ended):
            for kind, payload in _row(line):
                calls += self._add(kind, payload)
        if not self._has_records:
            calls += self._counted
        self._counted.clear()
        return calls

    def patches_of(self, turn_id: str) -> list[PatchCall]:
        """Return what patches a turn applied, or could not, once; forget older ones."""
        found = [call for call in self._calls.values() if call.turn_id == turn_id]
        if found:
            self._calls.clear()
        return [call for call in found if call.changes or call.output]

    def _add(self, kind: str, payload: Mapping[str, Any]) -> Iterator[ModelCall]:
        match kind:
            case "session_meta":
                self._thread = _text(payload, "id") or self._thread
                if _text(payload, "forked_from_id"):
                    self._totals = None
            case "turn_context":
                self._model = _text(payload, "model") or self._model
            case "token_usage_record":
                self._has_records = True
                if (counts := _counts(payload.get("usage"))) is not None:
                    yield ModelCall(_record_id(payload), self._model, counts)
            case "token_count":
                self._count(payload)
            case "item_completed":
                self._add_item(payload)
            case _:
                self._add_call(kind, payload)

    def _count(self, payload: Mapping[str, Any]) -> None:
        info = payload.get("info")
        now = _counts(info.get("total_token_usage") if _is_object(info) else None)
        if now is None:
            return
        before, self._totals = self._totals, now
        if before is None:
            return
        since = tuple(new - old for new, old in zip(now, before, strict=True))
        if max(since) > 0 and min(since) >= 0:
            name = f"{self._thread}/{'-'.join(map(str, now))}"
            self._counted.append(ModelCall(name, self._model, since))

    def _add_item(self, payload: Mapping[str, Any]) -> None:
        item = payload.get("item")
        if not _is_object(item) or item.get("type") != "FileChange":
            return
        call = self._call(_text(item, "id"), _text(payload, "turn_id"))
        changes = item.get("changes")
        call.changes = changes if _is_object(changes) else {}
        call.succeeded = item.get("status") == "completed"
        call.output = _text(item, "stdout") or _text(item, "stderr")

    def _add_call(self, kind: str, payload: Mapping[str, Any]) -> None:
        passed = payload.get("internal_chat_message_metadata_passthrough")
        turn = _text(passed, "turn_id") if _is_object(passed) else ""
        call_id = _text(payload, "call_id")
        if kind in ("function_call", "custom_tool_call"):
            call = self._call(call_id, turn)
            call.name = _text(payload, "name")
            call.arguments = _text(payload, "arguments") or _text(payload, "input")
        elif kind.endswith("_output") and call_id in self._calls:
            output = _text(payload, "output")
            call = self._calls[call_id]
            if not call.changes and output.startswith(PATCH_REFUSED):
                call.output = output

    def _call(self, call_id: str, turn_id: str) -> PatchCall:
        call = self._calls.setdefault(call_id, PatchCall(call_id, turn_id))
        while len(self._calls) > _MAX_CALLS:
            self._calls.popitem(last=False)
        return call


#: How Codex's answer to a patch that does not fit begins; no hook is told of it.
PATCH_REFUSED = "apply_patch verification failed"


def outcome_of(line: bytes, call_id: str) -> tuple[int, float | None] | None:
    """Return the exit code and milliseconds of a shell command that ended, or None."""
    for kind, payload in _row(line):
        item = payload.get("item")
        if kind != "item_completed" or not _is_object(item):
            continue
        code = item.get("exit_code")
        if item.get("id") != call_id or item.get("type") != "CommandExecution":
            continue
        if isinstance(code, int) and not isinstance(code, bool):
            return code, _milliseconds(item.get("duration"))
    return None


def _row(line: bytes) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the row's kind and payload; nothing for a row that is of no use."""
    if b'"item_completed"' not in line and not any(word in line for word in _TELLING):
        return
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return
    payload = value.get("payload") if _is_object(value) else None
    if not _is_object(payload):
        return
    kind = value.get("type")
    if kind in ("event_msg", "response_item"):
        kind = payload.get("type")
    if isinstance(kind, str):
        yield kind, payload


def _record_id(payload: Mapping[str, Any]) -> str:
    """Return the call's name: the thread's, the turn's and the model's together.

    A thread that was copied keeps the first thread's name in the rows it took over.
    """
    names = ("thread_id", "turn_id", "response_id")
    return "/".join(_text(payload, name) for name in names)


def _counts(usage: object) -> tuple[int, ...] | None:
    if not isinstance(usage, Mapping):
        return None
    return tuple(_count(usage.get(name)) for name in _COUNTS)


def _count(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value if 0 < value < _MAX_COUNT else 0
    return 0


def _milliseconds(duration: object) -> float | None:
    if not isinstance(duration, Mapping):
        return None
    return _count(duration.get("secs")) * 1e3 + _count(duration.get("nanos")) / 1e6


def _is_object(value: object) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(value, Mapping)


def _text(payload: Mapping[str, Any], name: str) -> str:
    """Return a string field, with `?` for half a surrogate pair, or ""."""
    value = payload.get(name)
    if not isinstance(value, str):
        return ""
    return value.encode("utf-8", "replace").decode("utf-8")
