"""The table of faults in docs/reliability.md names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = [
    line
    for line in (ROOT / "docs/reliability.md").read_text("utf-8").splitlines()
    if re.match(r"\| \d+ \|", line)
]


def test_there_are_thirty_faults() -> None:
    numbers = [int(row.split("|")[1]) for row in ROWS]

    assert numbers == list(range(1, 31))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip())
def test_every_fault_names_tests_that_exist(row: str) -> None:
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", row)

    assert named
    for path, test in named:
        text = (ROOT / "tests" / path).read_text("utf-8")
        assert re.search(rf"^(?:async )?def {test}\(", text, re.MULTILINE), test
