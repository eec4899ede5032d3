from __future__ import annotations

from typing import Any

import pytest

from hookwright.core.errors import PluginError, RecordError
from hookwright.core.host.discovery import Found
from hookwright.core.host.loading import import_plugin, isolated, watched
from hookwright.core.host.workers import Workers

Hang = Any


def exits() -> None:
    raise SystemExit(3)


def refuses() -> None:
    raise RecordError("notes is another model's")


def test_what_hangs_while_it_is_loaded_is_given_up(hang: Hang) -> None:
    with pytest.raises(PluginError, match="importing it was still running after"):
        watched(hang, "importing it", Workers(), 0.02)


def test_an_exit_is_an_error_that_says_where() -> None:
    with pytest.raises(PluginError, match="importing it raised SystemExit: 3"):
        watched(exits, "importing it", Workers())


def test_our_own_errors_keep_their_words() -> None:
    with pytest.raises(PluginError, match=r"^notes is another model's$"):
        isolated(refuses, "registering")


def test_an_entry_point_may_name_a_class() -> None:
    found = Found("x", "collections:OrderedDict", "dist", "1")

    assert import_plugin(found, Workers()) == {}


def test_a_module_that_is_not_there_is_an_error() -> None:
    found = Found("x", "no_such_module_at_all", "dist", "1")

    with pytest.raises(PluginError, match="ModuleNotFoundError: No module named"):
        import_plugin(found, Workers())
