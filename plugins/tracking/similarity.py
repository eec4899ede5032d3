"""How alike two projects are, from 0 to 1."""

from __future__ import annotations

from collections.abc import Iterable

from .models import ProjectRecord

SIMILAR = 0.3
_LANGUAGE = 0.4
_FRAMEWORK = 0.3
_SCOPE = 0.2
_DEPENDENCIES = 0.1


def similarity(one: ProjectRecord, other: ProjectRecord) -> float:
    """Return the weights of what both have; what neither knows is not shared.

    Dependencies count by the share of all of both that both have (Jaccard).
    """
    score = 0.0
    if one.language and one.language == other.language:
        score += _LANGUAGE
    if one.framework and one.framework == other.framework:
        score += _FRAMEWORK
    if one.scope and one.scope == other.scope:
        score += _SCOPE
    mine, theirs = set(one.dependencies), set(other.dependencies)
    if mine and theirs:
        score += _DEPENDENCIES * len(mine & theirs) / len(mine | theirs)
    # Without rounding, sums of tenths end a hair beside the threshold.
    return round(score, 6)


def similar_projects(
    project: ProjectRecord, others: Iterable[ProjectRecord]
) -> list[tuple[ProjectRecord, float]]:
    """Return the others that are similar, the most similar first."""
    scored = [
        (other, similarity(project, other))
        for other in others
        if other.path != project.path
    ]
    return sorted(
        (pair for pair in scored if pair[1] >= SIMILAR),
        key=lambda pair: (-pair[1], pair[0].path),
    )
