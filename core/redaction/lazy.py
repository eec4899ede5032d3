"""Regular expressions that compile when a text first needs them.

Compiling all of them takes longer than everything else the path without a daemon
does, and most texts need none or two.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from typing import Any

#: Flags by the numbers that `re` has for them; importing it takes 10 ms.
IGNORECASE, MULTILINE, DOTALL = 2, 8, 16


class _Lazy:
    """Stands for a compiled pattern; its methods become attributes at first use."""

    def __init__(self, pattern: str, flags: int) -> None:
        self._arguments = (pattern, flags)

    def __getattr__(self, name: str) -> Any:
        import re

        found = getattr(re.compile(*self._arguments), name)
        self.__dict__[name] = found
        return found


def lazy(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """Return what works like `re.compile(pattern, flags)`, compiled when used."""
    found: Any = _Lazy(pattern, flags)
    return found  # type: ignore[no-any-return]
