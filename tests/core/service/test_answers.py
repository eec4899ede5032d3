from __future__ import annotations

from hookwright.core.service.answers import MOST, MOST_CHARACTERS, RecentAnswers
from hookwright.hookspecs import Answer


def test_the_last_answers_are_remembered() -> None:
    answers = RecentAnswers()
    for number in range(MOST + 10):
        answers.remember(str(number), Answer(stdout=str(number)))

    assert answers.find("9") is None
    assert answers.find("10") == Answer(stdout="10")
    assert answers.find(str(MOST + 9)) == Answer(stdout=str(MOST + 9))


def test_long_answers_push_others_out() -> None:
    answers = RecentAnswers()
    answers.remember("old", Answer(stdout="x"))
    half = "y" * (MOST_CHARACTERS // 2)

    answers.remember("one", Answer(stdout=half))
    answers.remember("one", Answer(stdout=half))
    assert answers.find("old") == Answer(stdout="x")
    answers.remember("two", Answer(stderr=half))

    assert answers.find("old") is None
    assert answers.find("one") == Answer(stdout=half)
    assert answers.find("two") == Answer(stderr=half)
    # What is too long by itself is given again by asking the plugins again.
    answers.remember("three", Answer(stdout=half * 3))
    assert answers.find("three") is None
