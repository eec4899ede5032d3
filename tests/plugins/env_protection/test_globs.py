from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookwright.plugins.env_protection.globs import check_pattern, matches, name_matches

HOME = ("home", "dev")


def parts(path: str) -> list[str]:
    return [name for name in path.split("/") if name]


@pytest.mark.parametrize(
    ("pattern", "path", "found"),
    [
        ("*.tfvars", "/w/prod.tfvars", True),
        ("*.tfvars", "/w/a/b/prod.tfvars", True),
        ("*.tfvars", "/w/prod.tfvars.md", False),
        ("*.TFVARS", "/w/prod.tfvars", True),
        ("secrets", "/w/secrets/a/b", True),
        ("secrets/**", "/w/secrets/a/b", True),
        ("secrets/**", "/w/secrets", False),
        ("config/master.key", "/w/app/config/master.key", True),
        ("config/master.key", "/w/config/other/master.key", False),
        ("config/**/x", "/w/config/a/b/x", True),
        ("config/**/x", "/w/config/x", True),
        ("/etc/app/*.conf", "/etc/app/a.conf", True),
        ("/etc/app/*.conf", "/w/etc/app/a.conf", False),
        ("~/vault", "/home/dev/vault/x", True),
        ("~/vault", "/home/other/vault/x", False),
        ("key[0-9].txt", "/w/key7.txt", True),
        ("key[!0-9].txt", "/w/key7.txt", False),
        ("a?c", "/w/abc", True),
        ("a?c", "/w/ac", False),
    ],
)
def test_a_pattern_means_what_people_expect(
    pattern: str, path: str, found: bool
) -> None:
    assert matches(pattern, parts(path), HOME) is found


@pytest.mark.parametrize(
    ("pattern", "wrong"),
    [
        ("", "names no file"),
        ("  ", "names no file"),
        ("/", "names no file"),
        ("*", "means every file"),
        ("**/*", "means every file"),
        ("~/**", "means every file"),
        ("a\nb", "line break"),
        ("a" * 600, "at most 512"),
        ("*a" * 20, "more than 16 stars"),
    ],
)
def test_what_cannot_be_used_is_told_with_the_cure(pattern: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        check_pattern(pattern)


@given(st.text(alphabet="ab*?[]!-", max_size=12), st.text(alphabet="ab-", max_size=12))
def test_no_pattern_raises(pattern: str, name: str) -> None:
    assert name_matches(pattern, name) in (True, False)


def test_many_stars_cost_no_more_than_the_product_of_the_lengths() -> None:
    class Counted(str):
        seen = 0

        def __getitem__(self, at: object) -> str:
            Counted.seen += 1
            return str.__getitem__(self, at)  # type: ignore[index]

    pattern, name = "*a" * 16 + "b", Counted("a" * 500)

    assert not name_matches(pattern, name)
    assert Counted.seen < 40 * len(name)
