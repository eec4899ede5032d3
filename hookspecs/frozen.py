"""JSON values that nobody can change once an event carries them.

One plugin must not be able to alter what the next one sees, so mappings become
read-only views and lists become tuples while an event is built. Serialising an
event gives plain JSON again.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, SkipValidation

JsonValue = Any
#: Nesting deeper than this is refused before it can exhaust the C stack.
MAX_DEPTH = 200
#: Nearly all values are of these types; whether one is a Mapping is dear to ask.
_ATOMS = frozenset({str, int, float, bool, type(None)})


def freeze(value: Any, _depth: int = 0) -> Any:
    """Return value with each mapping read-only and each list a tuple.

    :raises ValueError: nesting is deeper than `MAX_DEPTH`.
    """
    if _depth > MAX_DEPTH:
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
    kind = type(value)
    if kind in _ATOMS:
        return value
    if kind is dict or isinstance(value, Mapping):
        return MappingProxyType(
            {str(key): freeze(item, _depth + 1) for key, item in value.items()}
        )
    if isinstance(value, list | tuple):
        return tuple(freeze(item, _depth + 1) for item in value)
    return value


def thaw(value: Any) -> Any:
    """Return value as plain dicts and lists: what `json.dumps` accepts."""
    kind = type(value)
    if kind in _ATOMS:
        return value
    if kind is MappingProxyType or isinstance(value, Mapping):
        return {key: thaw(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [thaw(item) for item in value]
    return value


def nothing() -> Mapping[str, JsonValue]:
    """Return an empty frozen mapping, the default of such fields."""
    return MappingProxyType({})


FrozenObject = Annotated[
    SkipValidation[Mapping[str, JsonValue]],
    BeforeValidator(freeze),
    PlainSerializer(thaw, return_type=dict[str, Any]),
]
FrozenValue = Annotated[
    SkipValidation[JsonValue],
    BeforeValidator(freeze),
    PlainSerializer(thaw),
]
