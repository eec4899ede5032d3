from __future__ import annotations

import sys
from types import ModuleType

import pytest

from hookwright.plugins.env_protection import access
from hookwright.plugins.env_protection.access import Findings


def steps_taken(findings: Findings, most: int = 1_000) -> int:
    return next((count for count in range(most) if not findings.step()), most)


def test_too_many_steps_are_a_doubt() -> None:
    findings = Findings(left=10)

    assert steps_taken(findings) == 10
    (doubt,) = findings.reading().doubts
    assert doubt.why == "it is too long to be followed"


def test_few_steps_that_take_long_are_a_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "CLOCK_S", -1.0)
    findings = Findings()

    assert 0 < steps_taken(findings) < 100
    assert findings.reading().doubts
    assert not findings.step()


def test_what_is_imported_for_the_first_time_takes_no_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(access, "CLOCK_S", -1.0)
    findings = Findings()
    monkeypatch.setattr(access, "CLOCK_S", 60.0)
    monkeypatch.setitem(sys.modules, "a_reader_of_programs", ModuleType("a"))

    assert steps_taken(findings) == 1_000
    assert findings.reading().doubts == ()
