from __future__ import annotations

import json

import pytest

from hookwright.core.paths import Paths
from hookwright.core.service import cold_rules
from hookwright.core.service.cold_rules import ColdRules, HostRules

X = HostRules("json", outputs=("After", "after"))


def rules_for(paths: Paths) -> ColdRules:
    return ColdRules(
        hosts={"git": HostRules("text", ("GIT_DIR",)), "x": X},
        extra=(("ticket", "T-[0-9]+"),),
        allow=("sample",),
        env_files=False,
        stamp=cold_rules.stamp_of(paths),
        output="all",
    )


def test_rules_come_back_as_they_were_saved(paths: Paths) -> None:
    cold_rules.save(paths, rules_for(paths))

    assert cold_rules.load(paths, {}) == rules_for(paths)


def test_without_any_configuration_the_built_in_rules_hold(paths: Paths) -> None:
    assert cold_rules.load(paths, {}) == ColdRules()


def test_a_configuration_that_nobody_has_read_needs_the_whole_program(
    paths: Paths,
) -> None:
    paths.config.mkdir()
    paths.config_file.write_text("[redaction]\n")

    assert cold_rules.load(paths, {}) is None


def test_a_changed_configuration_needs_the_whole_program(paths: Paths) -> None:
    cold_rules.save(paths, rules_for(paths))
    paths.config.mkdir()
    paths.config_file.write_text("[redaction]\n")

    assert cold_rules.load(paths, {}) is None


def test_a_variable_about_redaction_needs_the_whole_program(paths: Paths) -> None:
    variables = {"HOOKWRIGHT__REDACTION__ALLOW": '["x"]'}

    assert cold_rules.load(paths, variables) is None


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"version": "0.0.1"}'])
def test_rules_that_are_damaged_or_old_need_the_whole_program(
    paths: Paths, content: str
) -> None:
    paths.run.mkdir(parents=True)
    (paths.run / cold_rules.FILE).write_text(content)

    assert cold_rules.load(paths, {}) is None


def test_rules_of_another_shape_need_the_whole_program(paths: Paths) -> None:
    cold_rules.save(paths, rules_for(paths))
    file = paths.run / cold_rules.FILE
    file.write_text(json.dumps({**json.loads(file.read_text()), "hosts": 3}))

    assert cold_rules.load(paths, {}) is None
