from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookwright.core.redaction import Redaction, Redactor
from hookwright.core.redaction.outputs import hidden, shown

KEY = b"k" * 32
#: Of the project's own `.env`, and one that a rule finds by its form.
OWN = "blue-" + "Horse77" + "-staple"
FOUND = "sk-ant-" + "api03-" + "Ab1" * 31 + "AA"
REDACTOR = Redactor(KEY, values={OWN: "PASSPHRASE"})


def read_by_model(output: Any, *, everything: bool = False) -> Any:
    redaction = REDACTOR.redact({"out": output})
    tokens = hidden(redaction, REDACTOR.values, everything=everything)
    return shown(redaction.value["out"], redaction, tokens)


def test_only_the_projects_own_values_stay_out_of_the_models_sight() -> None:
    found = read_by_model({"stdout": f"a {OWN} b {FOUND}", "code": 0})
    assert found["stdout"].startswith("a [REDACTED:env-value:")
    assert found["stdout"].endswith(f"] b {FOUND}")
    assert found["code"] == 0


def test_all_that_is_found_stays_out_where_that_is_wanted() -> None:
    found = read_by_model(["x", f"{OWN} {FOUND}"], everything=True)
    assert found[0] == "x"
    assert OWN not in found[1]
    assert FOUND not in found[1]


@pytest.mark.parametrize("output", ["", "plain", f"only {FOUND}", {"a": [1, None]}])
def test_an_output_without_them_is_left_as_it_is(output: Any) -> None:
    assert read_by_model(output) is None


def test_a_value_elsewhere_in_the_message_changes_no_output() -> None:
    redaction = REDACTOR.redact({"in": OWN, "out": "harmless"})
    tokens = hidden(redaction, REDACTOR.values, everything=False)
    assert tokens
    assert shown(redaction.value["out"], redaction, tokens) is None


def test_the_middle_of_a_long_text_is_put_back_only_without_them() -> None:
    long = "word " * 100_000
    assert read_by_model(long) is None
    half = len(long) // 2
    found = read_by_model(f"{long[:half]}{OWN} {long[half:]}")
    assert found is not None
    assert OWN not in found


def test_what_events_hold_frozen_is_read_as_well() -> None:
    redaction = REDACTOR.redact({"rows": [{"text": f"is {OWN}"}]})
    tokens = hidden(redaction, REDACTOR.values, everything=False)
    row = MappingProxyType({"text": redaction.value["rows"][0]["text"]})
    (found,) = shown((row,), redaction, tokens)
    assert found["text"].startswith("is [REDACTED:env-value:")


def test_two_values_with_one_token_are_not_mixed_up() -> None:
    token = "[REDACTED:password:00000000]"
    redaction = Redaction({"out": f"{token} {OWN}"}, {token: token})
    assert shown(f"{token} x", redaction, frozenset()) is None
    assert shown(f"{token} x", redaction, frozenset({token})) == f"{token} x"


@given(
    st.recursive(
        st.none() | st.integers() | st.sampled_from([OWN, FOUND, "x", f"a{OWN}b"]),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner),
    )
)
def test_nothing_else_changes(output: Any) -> None:
    found = read_by_model(output)
    if OWN not in repr(output):
        assert found is None
        return
    assert OWN not in repr(found)
    # The token, taken back, leaves what was there.
    redaction = REDACTOR.redact(output)
    assert redaction.restore(found) == output
