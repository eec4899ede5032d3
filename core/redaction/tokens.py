"""What stands for a secret, and the way back."""

from __future__ import annotations

from collections.abc import Mapping

from .lazy import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

#: Nesting deeper than this is refused before it can exhaust the C stack.
MAX_DEPTH = 200
#: What stands for a secret: `[REDACTED:<rule>:<8 hexadecimal digits>]`.
TOKEN = lazy(r"\[REDACTED:[a-z0-9-]{1,48}:[0-9a-f]{8}\]")
#: What every token begins with.
MARK = "[REDACTED:"


class Redaction:
    """A redacted value, and what restores it.

    The originals live in memory only: an object that holds them is never stored.
    """

    __slots__ = ("originals", "value")

    def __init__(self, value: Any, originals: dict[str, str]) -> None:
        self.value = value
        self.originals = originals

    def __repr__(self) -> str:
        # Without this, a log line or a traceback would print the secrets.
        return f"Redaction({len(self.originals)} secrets)"

    def restore(self, value: Any) -> Any:
        """Return value with this redaction's tokens replaced by what they stood for.

        Tokens from elsewhere stay. Lists, tuples and mappings are followed, keys too.

        :raises ValueError: value is nested deeper than `MAX_DEPTH`.
        """
        return walk(value, self._restore_text, None, 0)

    def _restore_text(self, text: str) -> str:
        if MARK not in text:
            return text
        return TOKEN.sub(lambda match: self.originals.get(match[0], match[0]), text)


def collect(value: Any, texts: list[str], depth: int = 0) -> None:
    """Add every string of a JSON value to texts, keys too.

    :raises ValueError: value is nested deeper than `MAX_DEPTH`.
    """
    # By type first: nearly all values are of these, and asking whether one is a
    # Mapping takes ten times as long.
    kind = type(value)
    if kind is str:
        texts.append(value)
        return
    if kind is int or kind is bool or value is None:
        return
    if isinstance(value, str):
        texts.append(value)
        return
    if depth > MAX_DEPTH:
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
    if kind is dict or isinstance(value, Mapping):
        for key, item in value.items():
            if isinstance(key, str):
                texts.append(key)
            collect(item, texts, depth + 1)
    elif isinstance(value, list | tuple):
        for item in value:
            collect(item, texts, depth + 1)


def walk(
    value: Any,
    text: Callable[[str], str],
    member: Callable[[str, str], str] | None,
    depth: int = 0,
) -> Any:
    """Return value with `text` applied to each string and `member` to named ones."""
    if isinstance(value, str):
        return text(value)
    if depth > MAX_DEPTH:
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
    if type(value) is dict or isinstance(value, Mapping):
        return {
            text(key) if isinstance(key, str) else key: member(key, item)
            if member is not None and isinstance(item, str) and isinstance(key, str)
            else walk(item, text, member, depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [walk(item, text, member, depth + 1) for item in value]
    return value
