"""`typing.NamedTuple` without `typing`, which costs 3 ms to import.

For the few modules that run while an agent waits for a process to start. Type
checkers are shown the original:

    if TYPE_CHECKING:
        from typing import NamedTuple
    else:
        from ..named_tuple import NamedTuple
"""

from __future__ import annotations

from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class _Meta(type):
    def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> Any:
        if not bases:
            return super().__new__(cls, name, bases, body)
        fields = list(body.get("__annotations__", ()))
        defaults = [body[field] for field in fields if field in body]
        # The checker knows this function by literal calls only.
        make: Any = namedtuple
        made = make(name, fields, defaults=defaults, module=body["__module__"])
        for key, value in body.items():
            if key not in fields and key not in ("__module__", "__qualname__"):
                setattr(made, key, value)
        return made


class NamedTuple(metaclass=_Meta):
    """A tuple with named fields, from the annotations of the class that inherits."""
