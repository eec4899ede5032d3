from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hookwright.plugins.adapters.claude_code.names import ANSWERED, TIMEOUTS
from hookwright.plugins.adapters.claude_code.settings_file import (
    add_hooks,
    commands_of,
    hook_entries,
    strip_hooks,
    switched_off,
)
from hookwright.plugins.adapters.wire.json_text import (
    insert,
    read_container,
    remove,
)
from hookwright.plugins.adapters.wire.lent_hooks import lent_line

CLIENT = ("/opt/a b/python", "-I", "-S", "/opt/client.py")
OTHER = ("/usr/bin/hookwright-hook",)

USERS = """{
    // no comment here
}
"""
FOUR_SPACES = """\
{
    "permissions": {"allow": ["Bash(ls:*)"],   "deny": []},
    "hooks": {
        "PreToolUse": [
            {
                "matcher": "Bash",
                "hooks": [{"type": "command", "command": "mine.sh"}]
            }
        ],
        "Notification": []
    },
    "env": {"A": "ü"}
}
"""


def in_exec_form(client: tuple[str, ...]) -> Any:
    """Return the entries as an earlier version wrote them."""
    return {
        event: [
            {
                "hooks": [
                    {
                        "type": "command",
                        "command": client[0],
                        "args": [*client[1:], "claude-code", event, *more],
                        "timeout": seconds,
                    }
                ]
            }
        ]
        for event, seconds in TIMEOUTS.items()
        for more in ([] if event in ANSWERED else ["--observe"],)
    }


def test_every_event_runs_the_client_by_a_line_for_the_shell() -> None:
    entries = hook_entries(CLIENT)
    assert entries.keys() == TIMEOUTS.keys()
    for event, (group,) in entries.items():
        (handler,) = group["hooks"]
        observe = event not in ANSWERED
        assert handler == {
            "type": "command",
            "command": lent_line(CLIENT, event, observe=observe),
            "timeout": TIMEOUTS[event],
        }
    assert TIMEOUTS["SessionEnd"] < 1.5
    assert TIMEOUTS["PreToolUse"] == 10


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xef\xbb\xbf"])
def test_a_file_that_holds_nothing_gets_our_entries(content: bytes | None) -> None:
    added = add_hooks(content, CLIENT)
    assert json.loads(added) == {"hooks": hook_entries(CLIENT)}
    assert strip_hooks(added) is None


def test_the_users_text_stays_as_it_stands() -> None:
    added = add_hooks(FOUR_SPACES.encode(), CLIENT).decode()
    value = json.loads(added)
    groups = value["hooks"]["PreToolUse"]
    assert groups[0]["matcher"] == "Bash"
    assert groups[1] == hook_entries(CLIENT)["PreToolUse"][0]
    users = [line for line in FOUR_SPACES.splitlines() if line.strip(" {}[],")]
    assert [
        line
        for line in added.splitlines()
        if line.rstrip(",") in {user.rstrip(",") for user in users}
    ] == [user if user in added.splitlines() else f"{user}," for user in users]
    assert '    "permissions": {"allow": ["Bash(ls:*)"],   "deny": []},\n' in added
    assert '        "Stop": [\n            {\n                "hooks": [' in added
    assert '            },\n            {\n                "hooks": [' in added
    assert strip_hooks(added.encode()) == FOUR_SPACES.encode()


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1}', '{"a":1}\n', '{\n\t"a": 1\n}', '{\r\n  "a": 1\r\n}\r\n',
        '{ "hooks" : { "Stop" : [ ] , "X" : [ 1 ] } , "b" : 2 }',
        '\ufeff{\n "ä": "\\u00e4"\n}',
    ],
)  # fmt: skip
def test_taking_out_what_was_put_in_gives_the_same_text(text: str) -> None:
    content = text.encode()
    added = add_hooks(content, CLIENT)
    assert json.loads(added.decode("utf-8-sig"))["hooks"].keys() >= TIMEOUTS.keys()
    stripped = strip_hooks(added)
    assert stripped is not None
    before = json.loads(content.decode("utf-8-sig"))
    after = json.loads(stripped.decode("utf-8-sig"))
    if before.get("hooks", {}).get("Stop") == []:
        del before["hooks"]["Stop"]
    else:
        assert stripped == content
    assert after == before


def test_line_ends_stay_what_they_are() -> None:
    added = add_hooks(b'{\r\n  "a": 1\r\n}\r\n', CLIENT)
    assert added.count(b"\n") == added.count(b"\r\n")


def test_adding_twice_changes_nothing() -> None:
    added = add_hooks(FOUR_SPACES.encode(), CLIENT)
    assert add_hooks(added, CLIENT) == added


def test_another_clients_entries_are_replaced() -> None:
    added = add_hooks(add_hooks(FOUR_SPACES.encode(), OTHER), CLIENT)
    assert json.loads(added) == json.loads(add_hooks(FOUR_SPACES.encode(), CLIENT))
    assert commands_of(added) == [CLIENT[0]]


def test_entries_of_an_earlier_version_are_replaced() -> None:
    older = json.dumps({"hooks": in_exec_form(OTHER)}).encode()
    assert commands_of(older) == [OTHER[0]]
    added = add_hooks(older, CLIENT)
    assert json.loads(added) == {"hooks": hook_entries(CLIENT)}
    assert strip_hooks(older) is None


def test_a_group_that_the_user_shares_with_us_is_the_users() -> None:
    entries = hook_entries(CLIENT)
    entries["Stop"][0]["hooks"].append({"type": "command", "command": "mine"})
    content = json.dumps({"hooks": entries}).encode()
    stripped = strip_hooks(content)
    assert stripped is not None
    assert json.loads(stripped) == {"hooks": {"Stop": entries["Stop"]}}


@pytest.mark.parametrize(
    "handler",
    [
        "text", {"type": "command"}, {"command": "x", "args": "claude-code Stop"},
        {"command": "x", "args": ["claude-code", "PreToolUse"]},
        {"command": 1, "args": ["claude-code", "Stop"]},
        {"command": "echo claude-code Stop"}, {"command": "exec 'a claude-code Stop"},
    ],
)  # fmt: skip
def test_what_only_looks_like_ours_is_left_alone(handler: Any) -> None:
    content = json.dumps({"hooks": {"Stop": [{"hooks": [handler]}, 7]}}).encode()
    assert strip_hooks(content) == content


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (USERS.encode(), "not JSON: line 2"),
        (b"\xff{}", "not UTF-8"),
        (b"[]", "JSON object"),
        (b'{"hooks": []}', '"hooks" is not an object'),
        (b'{"hooks": {"Stop": {}}}', '"hooks.Stop" is not a list'),
        (b'{"a":' + b"[" * 200_000, "nested too deeply"),
    ],
)
def test_a_malformed_file_is_refused_and_left_alone(content: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        add_hooks(content, CLIENT)
    assert strip_hooks(content) == content


def test_the_last_of_two_keys_of_one_name_counts() -> None:
    added = add_hooks(b'{"hooks": 1, "x": 2, "hooks": {"Stop": 1, "Stop": []}}', CLIENT)
    assert json.loads(added)["hooks"]["Stop"] == hook_entries(CLIENT)["Stop"]
    stripped = strip_hooks(added)
    assert stripped is not None
    assert b"/opt" not in stripped


def test_hooks_that_are_switched_off_are_noticed() -> None:
    assert switched_off(b'{"disableAllHooks": true}')
    assert not switched_off(b'{"disableAllHooks": "yes"}')


def test_a_list_on_one_line_stays_on_one_line() -> None:
    text = '{\n  "a": [1, 2],\n  "b": {},\n  "c": []\n}'
    for key, value in (("a", 3), ("b", None), ("c", 1)):
        root = read_container(text)
        item = root.find(key)
        assert item is not None
        inner = read_container(text, item.value)
        text = insert(text, inner, "k" if key == "b" else None, value)
    assert json.loads(text) == {"a": [1, 2, 3], "b": {"k": None}, "c": [1]}
    assert '"a": [1, 2, 3]' in text
    assert '  "b": {\n    "k": null\n  }' in text


def test_any_member_can_be_removed() -> None:
    text = '{"a": 1, "b": [2, {}], "c": "}"}'
    for keys in ("a", "b", "c", "ab", "cb", "cba"):
        left = text
        for key in keys:
            root = read_container(left)
            item = root.find(key)
            assert item is not None
            left = remove(left, root, item)
        assert json.loads(left).keys() == set("abc") - set(keys)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=10,
)
GROUPS = st.lists(
    st.fixed_dictionaries(
        {"hooks": st.lists(st.dictionaries(st.text(max_size=4), JSON, max_size=2))},
        optional={"matcher": st.text(max_size=5)},
    ),
    max_size=2,
)
SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "permissions": JSON,
        "env": st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
        "hooks": st.dictionaries(
            st.sampled_from([*TIMEOUTS, "Notification", "ü"]), GROUPS, max_size=4
        ),
    },
)


@given(
    value=SETTINGS,
    indent=st.sampled_from([None, 0, 1, 2, 4, "\t"]),
    ascii_only=st.booleans(),
    sort=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_whatever_the_settings_nothing_of_the_users_is_lost(
    value: dict[str, Any], indent: int | str | None, ascii_only: bool, sort: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only, sort_keys=sort)
    added = add_hooks(text.encode(), CLIENT)
    after = json.loads(added)
    entries = hook_entries(CLIENT)
    for event, groups in value.get("hooks", {}).items():
        assert after["hooks"][event] == [*groups, *entries.get(event, [])]
    assert {k: v for k, v in after.items() if k != "hooks"} == {
        k: v for k, v in value.items() if k != "hooks"
    }
    assert add_hooks(added, CLIENT) == added
    stripped = json.loads(strip_hooks(added) or b"{}")
    kept = {
        event: groups
        for event, groups in value.get("hooks", {}).items()
        if groups or event not in entries
    }
    assert stripped.get("hooks", {}) == kept
    assert {k: v for k, v in stripped.items() if k != "hooks"} == {
        k: v for k, v in value.items() if k != "hooks"
    }
