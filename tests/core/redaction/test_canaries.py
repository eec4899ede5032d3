"""How much is found, and how much is taken for a secret that is none."""

from __future__ import annotations

import json
import re
from types import ModuleType

from hookwright.core.redaction import TOKEN, Redactor


def test_of_a_thousand_canaries_of_all_kinds_none_is_left(
    redactor: Redactor, made_up: ModuleType
) -> None:
    canaries = made_up.canaries(1000)

    left = [
        canary.text
        for canary in canaries
        if any(
            line in redactor.text(canary.text)
            for line in re.split(r"\n|\\n", canary.secret)
            if len(line) > 5
        )
    ]

    assert len({canary.kind for canary in canaries}) >= 25
    assert left == []


def test_none_is_left_when_they_stand_in_one_long_text(
    redactor: Redactor, made_up: ModuleType
) -> None:
    canaries = made_up.canaries(300, seed=7)
    text = "\n\n".join(canary.text for canary in canaries)

    clean = redactor.text(text)

    assert [canary.text for canary in canaries if canary.secret in clean] == []
    assert redactor.text(clean) == clean


def test_none_is_left_in_the_members_of_an_object_and_all_come_back(
    redactor: Redactor, made_up: ModuleType
) -> None:
    canaries = made_up.canaries(500, seed=11)
    payload = {"tool_input": [{"content": canary.text} for canary in canaries]}

    redaction = redactor.redact(payload)

    clean = [item["content"] for item in redaction.value["tool_input"]]
    assert not [c for c, text in zip(canaries, clean, strict=True) if c.secret in text]
    assert redaction.restore(redaction.value) == payload


def test_none_is_left_in_json_that_is_a_text(
    redactor: Redactor, made_up: ModuleType
) -> None:
    left = []
    for canary in made_up.canaries(500, seed=13):
        clean = redactor.text(json.dumps({"arguments": f"a\n{canary.text}"}))
        if canary.secret in clean or json.dumps(canary.secret)[1:-1] in clean:
            left.append(canary.text)

    assert left == []


def test_of_a_thousand_harmless_lines_nearly_none_is_changed(
    redactor: Redactor, made_up: ModuleType
) -> None:
    lines = made_up.harmless(1000)

    changed = [text for _, text in lines if redactor.text(text) != text]

    assert len({text for _, text in lines}) == 1000
    assert len(changed) <= 5, changed


def test_harmless_lines_stay_in_one_long_text(
    redactor: Redactor, made_up: ModuleType
) -> None:
    text = "\n".join(text for _, text in made_up.harmless(1000, seed=3))

    assert len(TOKEN.findall(redactor.text(text))) <= 5
