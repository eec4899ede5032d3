from __future__ import annotations

from hookwright.core.settings.files import locate_keys

TEXT = '''\
top = 1

[store] # comment
max_size = "[not] a = header"
"quoted key" = 1
notes = """
fake = 1
[fake]
"""
after = 2
list = [
  "a = 1",
  [1],
]
[redaction]
[[redaction.extra]]
name = "a"
[[redaction.extra]]
name = "b"
[words.limits]
per_day.x = 5
[broken
'''


def test_keys_are_found_where_they_stand() -> None:
    lines = locate_keys(TEXT)

    assert lines[("top",)] == 1
    assert lines[("store",)] == 3
    assert lines[("store", "max_size")] == 4
    assert lines[("store", "quoted key")] == 5
    assert lines[("store", "notes")] == 6
    assert lines[("store", "after")] == 10
    assert lines[("store", "list")] == 11
    assert lines[("redaction", "extra", "name")] == 17
    assert lines[("words", "limits", "per_day", "x")] == 21
    assert not [path for path in lines if "fake" in path or "broken" in path]
