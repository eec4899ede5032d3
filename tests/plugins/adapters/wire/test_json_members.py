"""A member goes into a JSON file and out of it, and nothing else changes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookwright.plugins.adapters.wire.json_comments import (
    has_comments,
    plain_json,
    without_comments,
)
from hookwright.plugins.adapters.wire.json_members import JsonMember

SERVER = {"type": "local", "command": ["/opt/hook wright/mcp", "serve"]}
STRICT = JsonMember("mcp", "hookwright", {"$schema": "https://example.org/s"})
WITH_COMMENTS = JsonMember("mcp", "hookwright", STRICT.root, comments=True)

FILES = {
    "one line": '{"theme": "dark"}',
    "empty": "{}\n",
    "a comment alone": "{\n  // nothing yet\n}\n",
    "before the root": '// mine\n/* and\n   more */ {\n  "theme": "dark" // nice\n}\n',
    "trailing commas": '{\n\t"theme": "dark",\n\t"mcp": {\n\t\t"a": {},\n\t},\n}\n',
    "carriage returns": '{\r\n  // x\r\n  "a": [1, 2,], // y\r\n}\r\n',
    "a URL": '{\n  "url": "http://a/*b*/", // "c": "\\"//"\n  "b": "// no, /* no"\n}\n',
    "all after the last": '{\n  "a": 1 /* one\n  two */ // three\n  // four\n}\n',
    "comment before comma": '{\n  "a": 1 /* one */, // two\n}\n',
    "servers of others": (
        '{\n  "mcp": {\n    // the first\n    "a": {"type": "remote"} // done\n'
        '  },\n  "z": null\n}\n'
    ),
    "servers without any": '{ "mcp": { /* none */ } }',
    "one line, comment": '{ "a": 1, "mcp": { "b": {} /* b */ } } // end',
}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_what_was_added_is_there_and_taking_it_out_gives_the_same_text(
    text: str,
) -> None:
    added = WITH_COMMENTS.add(text.encode(), SERVER)
    found = json.loads(plain_json(added.decode()))
    before = json.loads(plain_json(text))

    assert found.pop("mcp") == {**before.pop("mcp", {}), "hookwright": SERVER}
    assert found == before
    assert comments_in(added.decode()) == comments_in(text)
    assert WITH_COMMENTS.add(added, SERVER) == added
    stripped = WITH_COMMENTS.strip(added)
    # An empty object on one line is opened, and nothing else stays different.
    if text.strip() == "{}":
        assert stripped is None
    else:
        assert stripped is not None
        assert stripped.split() == text.encode().split()
        assert stripped.decode() == text or "{ /* none */ }" in text


def test_another_value_takes_the_place_of_the_old_one() -> None:
    text = FILES["servers of others"]
    other = {"type": "local", "command": ["/old"]}
    old = WITH_COMMENTS.add(text.encode(), other)
    assert WITH_COMMENTS.read(old) == other
    new = WITH_COMMENTS.add(old, SERVER)
    assert WITH_COMMENTS.read(new) == SERVER
    assert WITH_COMMENTS.strip(new) == text.encode()


def test_a_new_file_holds_what_it_needs_and_goes_with_the_member() -> None:
    made = STRICT.add(None, SERVER)
    assert json.loads(made) == {**STRICT.root, "mcp": {"hookwright": SERVER}}
    assert STRICT.strip(made) is None
    assert STRICT.add(b" \n", SERVER) == made
    assert STRICT.read(None) is None


def test_a_mark_at_the_beginning_stays() -> None:
    text = '\ufeff{\n  "a": 1 // b\n}'
    added = WITH_COMMENTS.add(text.encode(), SERVER)
    assert added.decode().startswith("\ufeff{")
    assert WITH_COMMENTS.strip(added) == text.encode()


@pytest.mark.parametrize(
    "content",
    [b'{"a": 1 // b\n}', b'{"a": 1,}', b"[]", b'{"mcp": []}', b"\xff", b"{"],
)
def test_what_the_host_would_not_read_is_refused_and_left_alone(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        STRICT.add(content, SERVER)
    assert STRICT.strip(content) == content


def test_a_key_that_is_there_twice_is_refused() -> None:
    content = b'{"a": 1, "mcp": {"x": {}}, "mcp": {"hookwright": {}} /* c */}'
    with pytest.raises(ValueError, match="twice"):
        WITH_COMMENTS.add(content, SERVER)
    assert WITH_COMMENTS.strip(content) == content


def test_a_neighbour_is_not_commented_out_when_the_member_goes() -> None:
    text = '{"mcp": { // these\n "hookwright": {}, "b": 1, } // end\n}'
    stripped = WITH_COMMENTS.strip(text.encode())
    assert stripped is not None
    assert json.loads(plain_json(stripped.decode())) == {"mcp": {"b": 1}}
    assert comments_in(stripped.decode()) == comments_in(text)


SPACE = st.sampled_from(["", " ", "\n", "\n  ", " // a // b\n", "/* , } */", "\r\n\t"])
VALUES = st.recursive(
    st.none() | st.integers() | st.sampled_from(["", "//", "/*", '"', "\\", "\n,}"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "//", "mcp"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(VALUES, st.data())
def test_plain_json_is_what_was_written_whatever_stands_between(
    value: Any, data: st.DataObject
) -> None:
    text = "".join(_written(value, data))
    assert json.loads(plain_json(text)) == value
    assert len(plain_json(text)) == len(text)


@given(
    st.dictionaries(st.sampled_from(["a", "//", "b"]), VALUES, max_size=3),
    st.none() | st.dictionaries(st.sampled_from(["a", "/*"]), VALUES, max_size=2),
    st.data(),
)
def test_any_file_keeps_its_values_and_comments(
    others: dict[str, Any], servers: dict[str, Any] | None, data: st.DataObject
) -> None:
    before = others if servers is None else {**others, "mcp": servers}
    text = "".join(_written(before, data))
    added = WITH_COMMENTS.add(text.encode(), SERVER)
    found = json.loads(plain_json(added.decode()))
    assert found == {**others, "mcp": {**(servers or {}), "hookwright": SERVER}}
    assert comments_in(added.decode()) == comments_in(text)
    stripped = WITH_COMMENTS.strip(added)
    if stripped is not None:
        left = json.loads(plain_json(stripped.decode()))
        assert left.pop("mcp", {}) == (servers or {})
        assert left == others
        assert comments_in(stripped.decode()) == comments_in(text)


def _written(value: Any, data: st.DataObject) -> Any:
    yield data.draw(SPACE)
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        yield "[{"[isinstance(value, dict)]
        for number, (key, item) in enumerate(pairs):
            if number:
                yield "," + data.draw(SPACE)
            if isinstance(value, dict):
                yield data.draw(SPACE) + json.dumps(key) + data.draw(SPACE) + ":"
            yield from _written(item, data)
        if value and data.draw(st.booleans()):
            yield "," + data.draw(SPACE)
        yield "]}"[isinstance(value, dict)]
    else:
        yield json.dumps(value)
    yield data.draw(SPACE)


def comments_in(text: str) -> list[str]:
    """Return the characters that are blanked out, in order."""
    assert has_comments(text) or plain_json(text) == text
    pairs = zip(text, without_comments(text), strict=True)
    return [one for one, left in pairs if one != left]
