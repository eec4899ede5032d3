"""Our entries beside comments; without them, see the tests of Claude Code's files."""

from __future__ import annotations

import json

import pytest

from hookwright.plugins.adapters.wire.hook_file import HookFile
from hookwright.plugins.adapters.wire.json_comments import plain_json

OURS = {"Stop": [{"ours": 1}], "Start": [{"ours": 2}]}
TEXT = """\
{
  // first
  "hooks": {
    "Stop": [
      {"mine": 1}, // keep
    ], /* end */
  },
}
"""


def is_ours(entry: object, event: str) -> bool:
    return isinstance(entry, dict) and "ours" in entry


FILE = HookFile(is_ours, comments=True)


def test_comments_stay_when_entries_come_and_go() -> None:
    added = FILE.add(TEXT.encode(), OURS)
    assert json.loads(plain_json(added.decode()))["hooks"] == {
        "Stop": [{"mine": 1}, {"ours": 1}],
        "Start": [{"ours": 2}],
    }
    assert FILE.ours(added) == OURS
    assert FILE.add(added, OURS) == added
    assert FILE.strip(added) == TEXT.encode()


def test_a_file_with_nothing_but_comments_is_kept() -> None:
    text = "{ // for later\n}\n"
    assert FILE.strip(FILE.add(text.encode(), OURS)) == text.encode()


def test_comments_are_refused_where_the_host_reads_none() -> None:
    strict = HookFile(is_ours)
    with pytest.raises(ValueError, match="not JSON"):
        strict.add(TEXT.encode(), OURS)
    assert strict.strip(TEXT.encode()) == TEXT.encode()


def test_comments_are_not_lost_to_a_key_that_is_there_twice() -> None:
    text = '{"a": 1, "a": 2, "hooks": {"Stop": [{"ours": 1}]}} // end'
    with pytest.raises(ValueError, match="a key twice"):
        FILE.add(text.encode(), {"Stop": [{"ours": 5}]})
    assert FILE.strip(text.encode()) == text.encode()
