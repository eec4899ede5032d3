"""The two pluggy markers, bound to this project's name.

A plugin marks each hook it implements with `hookimpl`::

    from hookwright.hookspecs import hookimpl

    @hookimpl
    def hookwright_session_start(event, context): ...
"""

from __future__ import annotations

import pluggy

PROJECT = "hookwright"
#: Every hook name starts with this, so that foreign attributes are never touched.
PREFIX = f"{PROJECT}_"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
