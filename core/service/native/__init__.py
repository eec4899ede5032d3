"""The client in C: `hook.c`, how it is built, and the copy of it that hooks run.

Where a C compiler is at hand when Hookwright is built, `hook.c` becomes a program that
does what `client.py` does without the start of Python. Everything works without it.
"""

from .command import hand_over_command, native_command, python_command
from .copies import NAME, Stale, built, copy_of, place, refresh, version_in
from .upkeep import Upkeep

__all__ = [
    "NAME",
    "Stale",
    "Upkeep",
    "built",
    "copy_of",
    "hand_over_command",
    "native_command",
    "place",
    "python_command",
    "refresh",
    "version_in",
]
