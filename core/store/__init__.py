"""The store: typed records in LMDB, a write buffer, and a spool under both.

Names are imported when they are first used: `cold_spool` and `frames` need the
standard library alone, and what imports them must not pay for LMDB and pydantic.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .cold_spool import append_cold
    from .engine import Store
    from .reports import (
        CheckReport,
        Durability,
        LastFlush,
        RecoverReport,
        StoreOptions,
        StoreStats,
        format_size,
    )
    from .stage import Stage

_PLACES = {
    "CheckReport": "reports",
    "Durability": "reports",
    "LastFlush": "reports",
    "RecoverReport": "reports",
    "Stage": "stage",
    "Store": "engine",
    "StoreOptions": "reports",
    "StoreStats": "reports",
    "append_cold": "cold_spool",
    "format_size": "reports",
}

__all__ = [
    "CheckReport",
    "Durability",
    "LastFlush",
    "RecoverReport",
    "Stage",
    "Store",
    "StoreOptions",
    "StoreStats",
    "append_cold",
    "format_size",
]


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    value: object = getattr(import_module(f".{_PLACES[name]}", __name__), name)
    globals()[name] = value
    return value
