from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hookwright.core.host import PluginHost
from hookwright.core.host.trespass import watch
from hookwright.hookspecs import hookimpl

MakeHost = Callable[..., PluginHost]
MakeEvent = Callable[..., Any]


def set_variable() -> None:
    os.environ["TRESPASS"] = "1"


def drop_variable() -> None:
    del os.environ["TRESPASS"]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (set_variable, "environment variable TRESPASS"),
        (drop_variable, "environment variable TRESPASS"),
        (lambda: os.chdir("."), "the working directory"),
    ],
)
def test_a_plugin_that_changes_what_all_share_is_named(
    make_host: MakeHost,
    make_event: MakeEvent,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[], None],
    what: str,
) -> None:
    class Changes:
        @hookimpl
        def hookwright_turn_end(self) -> None:
            change()

    class Quiet:
        @hookimpl
        def hookwright_turn_end(self) -> None: ...

    monkeypatch.setenv("TRESPASS", "0")
    watch()
    host = make_host({"changes": Changes(), "quiet": Quiet()})

    host.observe(make_event("turn_end"))
    host.observe(make_event("turn_end"))

    assert [status.notes for status in host.report()] == [
        (f"hookwright_turn_end changes {what}, which all plugins share",),
        (),
    ]


def test_what_others_do_is_nobodys_fault(
    make_host: MakeHost, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    host = make_host({"quiet": object()})

    monkeypatch.setenv("TRESPASS", "1")
    monkeypatch.chdir(tmp_path)

    assert host.report()[0].notes == ()
