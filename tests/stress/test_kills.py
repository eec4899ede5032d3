"""What was acknowledged is counted exactly once, whoever is killed and when.

The long version: `HOOKWRIGHT_STRESS=1 python -m pytest -m stress tests/stress`, with
`HOOKWRIGHT_STRESS_KILLS` (1000) and `HOOKWRIGHT_STRESS_SEED` (any number). It prints
its score after each round.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from random import SystemRandom
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.stress.conftest import Ordeal

# Read here: a test's environment has no variables of ours.
_LONG = bool(os.environ.get("HOOKWRIGHT_STRESS"))
_KILLS = int(os.environ.get("HOOKWRIGHT_STRESS_KILLS", "1000"))
_SEED = int(os.environ.get("HOOKWRIGHT_STRESS_SEED", SystemRandom().randrange(10**6)))
_ROUND = 50


def test_what_was_acknowledged_counts_once_after_25_kills(
    ordeal: Callable[[int], Ordeal],
) -> None:
    trial = ordeal(20261121)
    trial.run(25, events=60)

    score = trial.settle()

    assert score.faults == {}, str(score)
    assert score.killed["daemon"] > 0
    assert score.killed["client"] > 0
    assert score.acknowledged > 10


@pytest.mark.stress
@pytest.mark.timeout(7200)
@pytest.mark.skipif(not _LONG, reason="takes many minutes; set HOOKWRIGHT_STRESS=1")
def test_what_was_acknowledged_counts_once_after_many_kills(
    ordeal: Callable[[int], Ordeal], capsys: pytest.CaptureFixture[str]
) -> None:
    trial = ordeal(_SEED)
    while (done := sum(trial.killed.values())) < _KILLS:
        trial.run(min(_ROUND, _KILLS - done), events=2 * _ROUND)

        score = trial.settle()

        with capsys.disabled():
            sys.stdout.write(f"\nseed {_SEED}: {score}\n")
        assert score.faults == {}, str(score)
