from __future__ import annotations

import tomllib
from typing import Any

import pytest
import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from hookwright.plugins.adapters.codex.config_file import (
    Edit,
    edited,
    read_config,
    server_entry,
    server_of,
    states_of,
)

NAME = "/a b/hooks.json:stop:0:0"
HASH = "sha256:0"
TRUST = Edit(hashes={NAME: HASH})
SERVE = Edit(server=server_entry(("/opt/py", "-m", "x"), {"HOME": "/h"}))
USERS = """\
# mine
model = "x"   # the model

[projects."/p"]
trust_level = "trusted"

# the end
"""


def text_of(content: bytes | None) -> str:
    assert content is not None
    return content.decode()


def test_a_hash_is_added_and_every_comment_stays() -> None:
    text = text_of(edited(USERS.encode(), TRUST))
    assert text.startswith(USERS)
    assert tomllib.loads(text)["hooks"]["state"] == {NAME: {"trusted_hash": HASH}}
    assert f'[hooks.state."{NAME}"]' in text


def test_a_file_that_is_not_there_is_made_and_goes_again() -> None:
    made = edited(
        None, Edit(hashes={NAME: HASH}, server=server_entry(("/opt/py",), {}))
    )
    config = read_config(made)
    assert server_of(config) == {"command": "/opt/py", "args": []}
    assert states_of(config)[NAME] == {"trusted_hash": HASH}
    assert edited(made, Edit(removed={NAME}, server={})) is None


def test_nothing_to_do_changes_no_byte() -> None:
    content = text_of(
        edited(USERS.encode(), Edit({NAME: HASH}, server=server_entry(("a",), {})))
    ).encode()
    assert (
        edited(content, Edit({NAME: HASH}, server=server_entry(("a",), {}))) is content
    )
    assert edited(content, Edit()) is content
    assert edited(USERS.encode(), Edit(removed={NAME}, server={})) == USERS.encode()
    assert edited(None, Edit(server={})) is None


def test_what_a_person_said_of_a_hook_stays() -> None:
    content = f'[hooks.state."{NAME}"]\nenabled = false # no\n'.encode()
    text = text_of(edited(content, TRUST))
    assert "enabled = false # no" in text
    assert states_of(tomllib.loads(text))[NAME]["trusted_hash"] == HASH


def test_a_new_hash_takes_the_place_of_the_old_one() -> None:
    old = edited(USERS.encode(), Edit(hashes={NAME: "sha256:1"}))
    assert text_of(edited(old, TRUST)).count("trusted_hash") == 1


def test_a_server_keeps_what_a_person_added() -> None:
    content = b'[mcp_servers.hookwright]\ncommand = "old"\nstartup_timeout_sec = 20\n'
    server = server_of(read_config(edited(content, SERVE)))
    assert server == {
        "command": "/opt/py",
        "args": ["-m", "x"],
        "startup_timeout_sec": 20,
    }


def test_a_server_is_handed_the_variables_that_hold_settings() -> None:
    variables = {"HOOKWRIGHT__A__B": "1", "HOOKWRIGHT_DATA_DIR": "/d", "SECRET": "x"}
    entry = server_entry(("a",), variables)
    names = ["HOOKWRIGHT_DATA_DIR", "HOOKWRIGHT__A__B"]
    assert entry["env_vars"] == names
    content = b'[mcp_servers.hookwright]\nenv_vars = ["MINE"]\n'
    after = edited(content, Edit(server=entry))
    assert (server_of(read_config(after)) or {})["env_vars"] == ["MINE", *names]
    assert edited(after, Edit(server=entry)) is after


def test_other_servers_and_hooks_stay() -> None:
    content = b'[mcp_servers.other]\ncommand = "o"\n[hooks.state."x:y:0:0"]\n'
    both = Edit(hashes={NAME: HASH}, server=server_entry(("a",), {}))
    rest = edited(edited(content, both), Edit(removed={NAME}, server={}))
    assert read_config(rest) == read_config(content)


def test_a_moved_hook_takes_its_state_along() -> None:
    content = b"""\
[hooks.state."h:stop:0:0"]
trusted_hash = "ours"
[hooks.state."h:stop:1:0"]
trusted_hash = "theirs" # mine
[hooks.state."h:stop:1:1"]
enabled = false
[hooks.state."h:stop:2:0"]
trusted_hash = "more"
"""
    moved = {"h:stop:1": "h:stop:0", "h:stop:2": "h:stop:1"}
    after = edited(content, Edit(removed={"h:stop:0:0"}, moved=moved))
    assert states_of(read_config(after)) == {
        "h:stop:0:0": {"trusted_hash": "theirs"},
        "h:stop:0:1": {"enabled": False},
        "h:stop:1:0": {"trusted_hash": "more"},
    }


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"a = \n", "not TOML: .*line 1"),
        (b"\xff", "not UTF-8: byte 0"),
        (b"hooks = 4", "'hooks' is no table"),
        (b"[hooks]\nstate = 4", "'state' is no table"),
        (b"hooks = {state = {}}", "cannot be edited"),
    ],
)
def test_a_file_that_cannot_be_edited_is_refused(content: bytes, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        edited(content, TRUST)


def test_a_server_of_another_kind_is_no_server() -> None:
    assert server_of({"mcp_servers": {"hookwright": 4}}) is None
    assert states_of({"hooks": {"state": {"x": 4}}}) == {}


KEYS = st.sampled_from(["a", "b c", "ü.x", '"', "hooks", "x:y:0:0", "state", "\n"])
SCALARS = st.booleans() | st.integers(-9, 9) | st.text(max_size=6)
TABLES = st.recursive(
    st.dictionaries(KEYS.filter(lambda key: key != "hooks"), SCALARS, max_size=3),
    lambda inner: st.dictionaries(KEYS, inner | SCALARS, max_size=3),
    max_leaves=8,
)
CONFIGS = st.fixed_dictionaries(
    {},
    optional={
        "model": SCALARS,
        "projects": TABLES,
        "hooks": st.fixed_dictionaries(
            {},
            optional={
                "state": st.dictionaries(
                    KEYS, st.fixed_dictionaries({"trusted_hash": st.text(max_size=5)})
                ),
                "Stop": st.lists(
                    st.fixed_dictionaries({"hooks": st.lists(TABLES, max_size=2)}),
                    max_size=2,
                ),
            },
        ),
        "mcp_servers": st.dictionaries(
            KEYS, st.fixed_dictionaries({"command": st.text(max_size=5)})
        ),
        "zz": TABLES,
    },
)


@given(value=CONFIGS, crlf=st.booleans())
@settings(max_examples=100, deadline=None)
def test_whatever_the_configuration_nothing_of_the_users_is_lost(
    value: dict[str, Any], crlf: bool
) -> None:
    text = "# mine\n" + tomlkit.dumps(value) + "# end\n"
    if crlf:
        text = text.replace("\n", "\r\n")
    content = text.encode()
    before = read_config(content)
    both = Edit(hashes={NAME: HASH}, server=server_entry(("a", "b"), {}))
    added = edited(content, both)
    after = read_config(added)
    assert states_of(after) == {**states_of(before), NAME: {"trusted_hash": HASH}}
    assert server_of(after) == {"command": "a", "args": ["b"]}
    assert edited(added, both) is added
    assert b"# mine" in (added or b"")
    assert b"# end" in (added or b"")
    rest = read_config(edited(added, Edit(removed={NAME}, server={})))
    # Tables that were empty are not told from those that only we were in.
    for config in (rest, before):
        for path in (("hooks", "state"), ("hooks",), ("mcp_servers",)):
            holder: Any = config
            for key in path[:-1]:
                holder = holder.get(key, {})
            if holder.get(path[-1]) == {}:
                del holder[path[-1]]
    assert rest == before
