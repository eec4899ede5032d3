from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookwright.plugins.tracking.models import ProjectRecord
from hookwright.plugins.tracking.similarity import similar_projects, similarity

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def project(
    path: str = "/p",
    language: str = "",
    framework: str = "",
    scope: str = "",
    dependencies: tuple[str, ...] = (),
) -> ProjectRecord:
    return ProjectRecord(
        path=path,
        language=language,
        framework=framework,
        scope=scope,
        dependencies=dependencies,
        classified_at=NOW,
    )


WORD = st.sampled_from(["", "a", "b", "c"])
PROJECTS = st.builds(
    project,
    language=WORD,
    framework=WORD,
    scope=WORD,
    dependencies=st.frozensets(st.sampled_from("abcde")).map(
        lambda s: tuple(sorted(s))
    ),
)


@pytest.mark.parametrize(
    ("shared", "expected"),
    [
        ({"language": "python"}, 0.4),
        ({"framework": "django"}, 0.3),
        ({"scope": "backend"}, 0.2),
        ({"dependencies": ("a", "b")}, 0.1),
        ({"language": "python", "framework": "django"}, 0.7),
    ],
)
def test_each_shared_trait_has_its_weight(
    shared: dict[str, object], expected: float
) -> None:
    one = project(**shared)  # type: ignore[arg-type] # names come from the table above

    assert similarity(one, one) == expected


def test_dependencies_count_by_the_share_that_both_have() -> None:
    one = project(dependencies=("a", "b", "c"))
    other = project(dependencies=("b", "c", "d"))

    assert similarity(one, other) == 0.05


def test_what_neither_knows_is_not_shared() -> None:
    assert similarity(project(), project()) == 0


@given(PROJECTS, PROJECTS)
def test_similarity_is_symmetric_and_between_nothing_and_all(
    one: ProjectRecord, other: ProjectRecord
) -> None:
    assert similarity(one, other) == similarity(other, one)
    assert 0 <= similarity(one, other) <= 1
    assert similarity(one, other) <= similarity(one, one)


def test_three_tenths_count_as_similar() -> None:
    this = project("/this", "python", "django", "backend", ("a", "b"))
    framework = project("/framework", "ruby", "django")
    scope = project("/scope", "ruby", "rails", "backend", ("a", "c"))
    twin = project("/twin", "python", "django", "backend")

    found = similar_projects(this, [scope, framework, this, twin])

    assert [(other.path, share) for other, share in found] == [
        ("/twin", 0.9),
        ("/framework", 0.3),
    ]
