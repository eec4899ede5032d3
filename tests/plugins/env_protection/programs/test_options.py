"""Command lines taken apart."""

from __future__ import annotations

import pytest

from hookwright.plugins.env_protection.programs.options import parse
from hookwright.plugins.env_protection.words import REST, known


def given(options: str, *texts: str, **how: bool) -> list[tuple[str, str | None]]:
    parsed = parse(known(*texts), options, **how)
    return [
        (item.name, None if item.value is None else item.value.text)
        for item in parsed.items
    ]


def test_short_options_stand_in_one_argument() -> None:
    assert given("n=", "-ran5", "x") == [
        ("r", None),
        ("a", None),
        ("n", "5"),
        ("", "x"),
    ]


def test_a_value_stands_behind_its_option_or_in_the_next_argument() -> None:
    assert given("f< file<", "-fa", "-f", "b", "--file=c", "--file", "d") == [
        ("f", "a"),
        ("f", "b"),
        ("file", "c"),
        ("file", "d"),
    ]


def test_a_long_option_may_be_shortened_where_one_only_fits() -> None:
    assert given("env-file$ name=", "--env", "x") == [("env-file", "x")]
    assert given("env-file$ env-name=", "--env", "x") == [("env", None), ("", "x")]


def test_behind_two_dashes_everything_is_an_operand() -> None:
    assert given("f<", "--", "-f", "x") == [("", "-f"), ("", "x")]


def test_a_wrapper_reads_its_own_options_only() -> None:
    found = given("u=", "-u", "root", "cat", "-n", "x", first_operand_ends=True)
    assert found == [("u", "root"), ("", "cat"), ("", "-n"), ("", "x")]


def test_long_options_may_have_one_dash() -> None:
    assert given("in<", "-in", "x", single_dash=True) == [("in", "x")]


def test_the_value_of_an_option_nobody_listed_may_be_a_path() -> None:
    parsed = parse(known("--config=.env", "-f.env"))
    assert [(i.role, i.value and i.value.text) for i in parsed.items] == [
        ("~", ".env"),
        (".", None),
        ("~", ".env"),
    ]


def test_any_number_of_unknown_arguments_are_an_operand() -> None:
    assert parse([REST]).operands == [REST]


def test_an_option_without_a_role_is_a_fault_of_the_table() -> None:
    with pytest.raises(ValueError, match="has no role"):
        parse(known("-x"), "nonsense")
