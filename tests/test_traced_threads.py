from __future__ import annotations

import sys

import pytest

from .traced_threads import PatientSys


def test_a_refusal_is_tried_again() -> None:
    asked = []

    def settrace(function: object) -> None:
        asked.append(function)
        if len(asked) < 5:
            raise RuntimeError("another trace function is being installed")

    PatientSys(settrace).settrace(len)

    assert asked == [len] * 5


def test_a_refusal_for_ever_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def settrace(function: object) -> None:
        raise RuntimeError("not this one")

    with pytest.raises(RuntimeError, match="not this one"):
        PatientSys(settrace).settrace(len)


def test_all_else_is_as_it_was() -> None:
    assert PatientSys().stderr is sys.stderr
    assert PatientSys().exc_info is sys.exc_info
