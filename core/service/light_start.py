"""Keep a process small and quick to start; imports nothing that is not there already.

To be called before pydantic is imported.
"""

from __future__ import annotations

import sys

_LOADER = "pydantic.plugin._loader"


def leave_out_pydantic_plugins() -> None:
    """Keep pydantic from asking every installed distribution for plugins of its own.

    That takes 30 ms and brings importlib.metadata and email, 2 MB that stay.
    `PYDANTIC_DISABLE_PLUGINS` spares only the question. Where pydantic has no such
    module, nothing happens.
    """
    if _LOADER not in sys.modules:
        loader = type(sys)(_LOADER)
        loader.__dict__["get_plugins"] = tuple
        sys.modules[_LOADER] = loader
