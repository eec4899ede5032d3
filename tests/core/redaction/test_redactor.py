from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hookwright.core.redaction import MAX_DEPTH, TOKEN, Redactor
from hookwright.core.redaction import redactor as module

REDACTOR = Redactor(bytes(range(32)))

# A letter or digit right before it makes a credential part of a longer word, so
# what stands before ends in something else; what follows may be anything.
BEFORE = st.text(max_size=30).map(lambda text: f"{text} ")
AFTER = st.text(alphabet=" \n\t\"'`,;<>()|&", min_size=1, max_size=2).flatmap(
    lambda end: st.text(max_size=30).map(lambda text: end + text)
)
LEAF = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(alphabet=st.characters(), max_size=40)
)
JSON = st.recursive(
    LEAF,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=20), inner, max_size=4)
    ),
    max_leaves=20,
)
#: Pieces of secrets and of what surrounds them, to be put together in any way.
PIECES = st.sampled_from(
    [
        *("gh" + "p_", "AK" + "IA", "sk-", "ey" + "J", "A" * 20, "aB3" * 14, "0" * 32),
        *("password", "token", "secret", "api_key", "=", ": ", '"', "'", "\\", "\\n"),
        *("://", "user:", "@", "Authorization: ", "bearer ", "curl ", "-u ", "--"),
        *("-----BEGIN PRIVATE" + " KEY-----", "-----END PRIVATE" + " KEY-----"),
        *("[REDACTED:", "jwt", ":", "12345678", "]", "[REDACTED:jwt:12345678]"),
        *(" ", "\n", ".", "-us1", "T3Blb" + "kFJ", "letmein9", "\u0130", "\ud800"),
    ]
)


def test_each_kind_of_credential_is_redacted(
    redactor: Redactor, credential: str
) -> None:
    for text in (credential, f"use {credential} here", f"\\n{credential}\\n"):
        clean = redactor.text(text)

        assert credential not in clean
        assert TOKEN.search(clean)


def test_each_secret_that_its_surroundings_give_away_is_redacted(
    redactor: Redactor, in_place: tuple[str, str]
) -> None:
    text, secret = in_place

    assert secret not in redactor.text(text)
    assert secret not in redactor.text(f"before\n{text}\nafter")


def test_a_private_key_leaves_none_of_its_lines(
    redactor: Redactor, planted: list[tuple[str, str]]
) -> None:
    keys = [(text, secret) for text, secret in planted if "PRIVATE KEY" in text]

    for text, secret in keys:
        clean = redactor.text(text)
        assert not [line for line in re.split(r"\n|\\n", secret) if line in clean]
    assert len(keys) == 4


@given(data=st.data(), before=BEFORE, after=AFTER)
@settings(max_examples=300, deadline=None)
def test_no_planted_secret_gets_through_wherever_it_stands(
    planted: list[tuple[str, str]], data: st.DataObject, before: str, after: str
) -> None:
    text, secret = data.draw(st.sampled_from(planted))

    assert secret not in REDACTOR.text(before + text + after)


@given(pieces=st.lists(PIECES, max_size=14))
@settings(max_examples=500, deadline=None)
def test_redacting_twice_changes_nothing_more(pieces: list[str]) -> None:
    once = REDACTOR.text("".join(pieces))

    assert REDACTOR.text(once) == once


@given(value=JSON)
@settings(max_examples=200, deadline=None)
def test_every_json_value_can_be_redacted_and_restored(value: Any) -> None:
    redaction = REDACTOR.redact(value)

    assert _same(redaction.restore(redaction.value), value)
    assert _same(REDACTOR.value(redaction.value), redaction.value)


@given(pieces=st.lists(PIECES, max_size=14))
@settings(max_examples=300, deadline=None)
def test_restoring_gives_back_what_was_redacted(pieces: list[str]) -> None:
    payload = {"command": "".join(pieces), "list": ["".join(pieces[::-1])]}

    redaction = REDACTOR.redact(payload)

    assert redaction.restore(redaction.value) == payload


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[k], other[k]) for k in one)
    return bool(one == other)


def test_harmless_lines_stay_as_they_are(
    redactor: Redactor, harmless: list[str]
) -> None:
    changed = [line for line in harmless if redactor.text(line) != line]

    assert len(harmless) > 400
    assert len(changed) <= len(harmless) * 0.005, changed
    assert redactor.text("\n".join(harmless)).count("[REDACTED:") <= 2


def test_the_same_value_has_the_same_token_and_another_key_gives_another(
    redactor: Redactor, credential: str
) -> None:
    first = TOKEN.search(redactor.text(f"a {credential} b"))
    second = TOKEN.search(redactor.text(f"x={credential}"))
    other = TOKEN.search(Redactor(b"another key").text(credential))

    assert first is not None
    assert second is not None
    assert other is not None
    assert first[0] == second[0] != other[0]


def test_keys_of_objects_are_redacted_and_restored(
    redactor: Redactor, credential: str
) -> None:
    redaction = redactor.redact({credential: {credential: 1}})

    assert credential not in json.dumps(redaction.value)
    assert redaction.restore(redaction.value) == {credential: {credential: 1}}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("password", "hunter" + "22"),
        ("DB_PASSWORD", "let" + "mein"),
        ("apiKey", "zx81" + "spectrum48k"),
        ("client_secret", "Qm9v" + "LnR4dA9"),
        ("x-auth-token", "77fe" + "aa90bc12"),
        ("passphrase", "Korrekt-" + "Pferd7"),
    ],
)
def test_the_name_of_a_member_tells_that_its_value_is_secret(
    redactor: Redactor, name: str, value: str
) -> None:
    redaction = redactor.redact({"headers": [{name: value}]})

    assert value not in json.dumps(redaction.value)
    assert redaction.restore(redaction.value) == {"headers": [{name: value}]}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("type", "password"),
        ("password", "string"),
        ("token", "access_token"),
        ("max_tokens", "4096"),
        ("cache_key", "3f2a4b5c6d7e8f901234567890abcdef12345678"),
        ("password", "Your password has to be longer"),
        ("token_path", "/run/secrets/token"),
        ("secret", "${SECRET}"),
        ("author", "Ada Lovelace 1815"),
        ("session_id", "3f2a4b5c-6d7e-4f90-a234-567890abcdef"),
        ("keyboard", "qwertz-2026-x"),
        ("k" * 200 + "password", "hunter" + "22"),
        ("\u0130password", "hunter" + "22"),
    ],
)
def test_a_name_alone_makes_no_secret(
    redactor: Redactor, name: str, value: str
) -> None:
    assert redactor.value({name: value}) == {name: value}


def test_known_values_are_redacted_in_every_spelling() -> None:
    secret = 'p"ä ss/w' + "örd7"
    redactor = Redactor(b"k").with_values({secret: "DB_PASS"})

    assert redactor.text(f"x{secret}y") == "x" + redactor.text(secret) + "y"
    assert "env-value" in redactor.text(secret)
    assert "örd7" not in redactor.text(json.dumps({"a": secret}, ensure_ascii=False))
    assert "C3%B6rd7" not in redactor.text("p%22%C3%A4%20ss%2Fw%C3%B6rd7")
    assert Redactor(b"k").text(secret) == secret


def test_extra_rules_take_their_group_and_their_name() -> None:
    redactor = Redactor(b"k", extra=[("patient", r"patient (?P<s>\d{6})"), ("x", "zz")])

    clean = redactor.text("patient 123456 and\npatient 123457 zz")

    assert re.fullmatch(
        r"patient \[REDACTED:patient:\w{8}\] and\n"
        r"patient \[REDACTED:patient:\w{8}\] \[REDACTED:x:\w{8}\]",
        clean,
    )


def test_extra_rules_search_long_lines_in_parts() -> None:
    redactor = Redactor(b"k", extra=[("badge", r"badge \d+")])

    clean = redactor.text("x" * 4090 + "badge 123456 " + "y" * 9000 + "badge 7")

    assert clean.count("[REDACTED:badge:") == 2
    assert not re.search(r"\d{3}(?!\w*\])", clean)


def test_an_extra_rule_that_cannot_be_used_is_refused() -> None:
    with pytest.raises(ValueError, match="name 'Not This'"):
        Redactor(b"k", extra=[("Not This", "a")])
    with pytest.raises(ValueError, match="rule broken: missing"):
        Redactor(b"k", extra=[("broken", "(")])


def test_allowed_values_are_left(credential: str) -> None:
    redactor = Redactor(b"k", allow=[credential, "hunter" + "22"])

    assert redactor.text(f"a {credential} b") == f"a {credential} b"
    assert redactor.value({"password": "hunter" + "22"}) == {
        "password": "hunter" + "22"
    }


def test_a_representation_shows_no_secret(redactor: Redactor, credential: str) -> None:
    assert repr(redactor.redact([credential])) == "Redaction(1 secrets)"


def test_deep_nesting_is_refused_with_a_clear_text(redactor: Redactor) -> None:
    allowed: Any = "x"
    for _ in range(MAX_DEPTH):
        allowed = [allowed]

    assert redactor.value(allowed) == allowed
    with pytest.raises(ValueError, match="nested deeper than 200 levels"):
        redactor.value({"a": [allowed]})
    with pytest.raises(ValueError, match="nested deeper than 200 levels"):
        redactor.redact("x").restore([[allowed]])


def test_frozen_values_are_followed(redactor: Redactor, credential: str) -> None:
    frozen = MappingProxyType({"a": (credential, MappingProxyType({"b": credential}))})

    assert credential not in json.dumps(redactor.value(frozen))


def test_tokens_of_elsewhere_are_not_restored(redactor: Redactor) -> None:
    foreign = "[REDACTED:jwt:00000000]"

    assert redactor.redact("nothing").restore({"a": foreign}) == {"a": foreign}


def test_two_values_with_one_token_are_not_mixed_up(
    redactor: Redactor, monkeypatch: pytest.MonkeyPatch, planted: list[tuple[str, str]]
) -> None:
    class _Same:
        def __init__(self, *_: object, **__: object) -> None:
            pass

        def hexdigest(self) -> str:
            return "12345678"

    monkeypatch.setattr("hookwright.core.redaction.redactor.blake2b", _Same)
    one, two = ("gh" + "p_" + letter * 36 for letter in "ab")

    redaction = redactor.redact([one, two])

    assert redaction.restore(redaction.value) == redaction.value


def test_the_middle_of_a_very_long_text_is_left_out_and_can_be_restored(
    redactor: Redactor, credential: str
) -> None:
    line = "some words of a very long log\n"
    size = 2 * module.MAX_TEXT // len(line)
    text = f"{credential} {line * size}{credential} {line * size}{credential}"

    redaction = redactor.redact(text)

    assert len(redaction.value) <= module.MAX_TEXT
    assert credential not in redaction.value
    assert re.search(r"\[REDACTED:middle-of-\d+-characters:", redaction.value)
    assert redaction.restore(redaction.value) == text
    assert redactor.text(redaction.value) == redaction.value


def test_a_long_text_without_spaces_is_cut_too(redactor: Redactor) -> None:
    clean = redactor.text("ab" * module.MAX_TEXT)

    assert len(clean) < module.MAX_TEXT


def steps(redactor: Redactor, text: str) -> int:
    """Return how many lines of Python run while text is redacted."""
    count = 0

    def trace(*_: object) -> Any:
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        redactor.text(text)
    finally:
        sys.settrace(before)
    return count


UNITS = [
    *("gh" + "p_", "AK" + "IA", "sk-", "-ey" + "J", "key=", "password=", "token:"),
    *("a", "a.", "_", "-", "A1", "0", "=", '"', "\\", " ", "\n", "://a:", "@", "%41"),
    "-----BEGIN PRIVATE" + " KEY-----",
    "-----END PRIVATE" + " KEY-----",
    *("Authorization:", "bearer ", "curl -u a:", "[REDACTED:", 'x_key="a.b.c.d_e_f '),
    *("machine login password ", "--token ", "xoxb-1", "hooks.slack.com/", ":AA"),
    *("mysql -p", "mysql ", "curl -u a", "zip -P ", "login -p a ", " -p", "--a", "=,"),
    *("password: ", "\n[a]\nkey_x = b", "define('A_KEY', '", "name: A_KEY value "),
    *("cookie: a=", "cookie: a=bcdefghi; ", "sig=", "&sig=aaaaaaaaaaaaaaaaaaaa"),
    *("M" + "a1" * 12 + ".abcdef.", ".abcdef", "://a@", "://a1b2c3d4:e@", "_auth = "),
    *("-----BEGIN PRIVATE" + " KEY-----" + "A" * 16, "A" * 40 + " ", "+A\n", "12| A\n"),
    *("pass", "passw", "x.y_key=a(b),", 'x_key="${a(', "token=$(", "echo a | sudo "),
    *("-us1", "T3Blb" + "kFJ", "sk-" + "a" * 20, "discord M", "Q~", "pat", "secret-"),
]


@pytest.mark.parametrize("unit", UNITS)
def test_work_grows_no_faster_than_the_text(redactor: Redactor, unit: str) -> None:
    small = unit * (1500 // len(unit))
    redactor.text(small)  # compiles what it needs

    assert steps(redactor, small * 4) <= 6 * steps(redactor, small) + 2000


SPEED = """
import sys, time
from hookwright.core.redaction import Redactor
redactor = Redactor(b"k" * 32)
unit = sys.argv[1]

def cost(size):
    text = unit * (size // len(unit))
    redactor.text(text)
    best = 1e9
    for _ in range(5):
        begin = time.process_time()
        redactor.text(text)
        best = min(best, time.process_time() - begin)
    return best

print(cost(64_000) / max(cost(16_000), 1e-4))
"""


@pytest.mark.parametrize(
    "unit", ["-ey" + "J", "key=", "-us1", "0", "a_", "sk-aaaaaaaa"]
)
def test_the_engine_does_not_blow_up_on_repeats(unit: str) -> None:
    # A blow-up makes four times the text cost sixteen times as much, or never end;
    # CPU time in a process of its own, so that other work does not count.
    ran = subprocess.run(
        [sys.executable, "-c", SPEED, unit],
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    )

    assert float(ran.stdout) < 10


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = {"dataclasses", "inspect", "typing", "hashlib", "logging", "pydantic"}
    code = "import sys, re, hookwright.core.redaction; print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    without = subprocess.run(
        [sys.executable, "-c", "import sys, re; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )

    # The editable install's finder loads some of them itself.
    loaded = set(ran.stdout.split()) - set(without.stdout.split())
    assert not loaded & heavy
