"""Leave OpenSSL to those who use it; imports nothing that is not there already.

asyncio and hashlib load it when they are imported: 4.6 MB of memory, for a daemon that
speaks to nobody beyond this machine. Both know how to go without, as they must where
Python was built without OpenSSL. So ours are imported so; whoever imports `ssl` or
`hashlib` afterwards has them whole, and asyncio has TLS from then on.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

_HIDDEN = ("_hashlib", "_ssl")
#: They are made without OpenSSL; the next one who asks gets others.
_MADE_WITHOUT = ("hashlib", "hmac")
_USERS = ("asyncio.base_events", "asyncio.selector_events", "asyncio.sslproto")


@contextmanager
def openssl_left_out() -> Iterator[None]:
    """Keep modules that are imported meanwhile from loading OpenSSL.

    Where it is there already nothing is gained, and nothing is done.
    """
    if not all(name not in sys.modules for name in (*_HIDDEN, *_MADE_WITHOUT, "ssl")):
        yield
        return
    for name in _HIDDEN:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        for name in (*_HIDDEN, *_MADE_WITHOUT):
            sys.modules.pop(name, None)
        sys.meta_path.insert(0, _WhenSslComes())


class _WhenSslComes:
    """Finds `ssl` as Python does, and tells asyncio of it."""

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Return where `ssl` is, once; None for anything else."""
        if name != "ssl":
            return None
        sys.meta_path.remove(self)
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            telling: Any = _Telling(spec.loader)
            spec.loader = telling
        return spec


class _Telling:
    """Loads a module as its own loader does, then gives it to asyncio."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Return a new module, or None for Python to make one."""
        made: ModuleType | None = self._loader.create_module(spec)
        return made

    def exec_module(self, module: ModuleType) -> None:
        """Run the module's code; when that fails, asyncio stays without."""
        self._loader.exec_module(module)
        for name in _USERS:
            user = sys.modules.get(name)
            if user is not None and vars(user).get("ssl", module) is None:
                vars(user)["ssl"] = module
        # The one thing that asyncio makes of it when it is imported.
        streams = sys.modules.get("asyncio.sslproto")
        if streams is not None and "SSLAgainErrors" not in vars(streams):
            members = vars(module)
            vars(streams)["SSLAgainErrors"] = (
                members["SSLWantReadError"],
                members["SSLSyscallError"],
            )

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)
