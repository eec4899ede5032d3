from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hookwright.hookspecs import Decision, Delivery
from hookwright.plugins.adapters.copilot.adapter import CopilotAdapter
from hookwright.plugins.adapters.copilot.calls import key_of

Parse = Callable[..., list[Any]]
Deliver = Callable[..., Delivery]
Load = Callable[[str], dict[str, Any]]


def test_a_call_has_one_id_before_and_after(parse: Parse) -> None:
    given = {"toolArgs": {"command": "ls"}}
    (before,) = parse("preToolUse.bash", timestamp=10, **given)
    (again,) = parse("preToolUse.bash", timestamp=10, **given)
    (after, *_) = parse("postToolUse.bash", timestamp=30, **given)
    assert before.call.id == again.call.id == after.call.id
    # Read twice, as it may be.
    (repeated, *_) = parse("postToolUse.bash", timestamp=30, **given)
    assert repeated.call.id == after.call.id


def test_calls_that_are_alike_are_not_one(parse: Parse) -> None:
    given = {"toolArgs": {"command": "ls"}}
    ids = []
    for start in (10, 50):
        (before,) = parse("preToolUse.bash", timestamp=start, **given)
        (after, *_) = parse("postToolUse.bash", timestamp=start + 20, **given)
        assert before.call.id == after.call.id
        ids.append(before.call.id)
    assert len(set(ids)) == 2
    # Side by side: each end is that of another one.
    for start in (100, 101):
        parse("preToolUse.bash", timestamp=start, **given)
    ends = [
        parse("postToolUse.bash", timestamp=end, **given)[0].call.id
        for end in (110, 111)
    ]
    assert len({*ends, *ids}) == 4


def test_one_that_was_refused_is_not_taken_for_a_later_one(parse: Parse) -> None:
    given = {"toolArgs": {"command": "ls"}}
    parse("preToolUse.bash", timestamp=10, **given)
    (later,) = parse("preToolUse.bash", timestamp=50, **given)
    (after, *_) = parse("postToolUse.bash", timestamp=60, **given)
    assert later.call.id == after.call.id


def test_an_end_without_a_beginning_has_an_id_of_its_own(parse: Parse) -> None:
    (event,) = parse("postToolUse.bash")
    assert event.call.id


def test_a_beginning_that_is_read_after_its_end_has_its_id(parse: Parse) -> None:
    """Answered without a daemon, a beginning waits in the spool meanwhile."""
    given = {"toolArgs": {"command": "ls"}}
    (after, *_) = parse("postToolUse.bash", timestamp=30, **given)
    (later,) = parse("preToolUse.bash", timestamp=50, **given)
    (before,) = parse("preToolUse.bash", timestamp=10, **given)
    (again,) = parse("preToolUse.bash", timestamp=10, **given)
    assert before.call.id == again.call.id == after.call.id
    assert later.call.id != after.call.id
    # The end belongs to no second one.
    (other,) = parse("preToolUse.bash", timestamp=20, **given)
    assert other.call.id not in (after.call.id, later.call.id)


def test_both_spellings_of_a_time_are_one(parse: Parse) -> None:
    (own,) = parse("preToolUse.apply_patch")
    (lent,) = parse("claude-format.PreToolUse.apply_patch")
    assert own.call.id == lent.call.id


def test_a_rewritten_call_is_known_by_its_new_arguments(
    adapter: CopilotAdapter, deliver: Deliver, load_sample: Load, parse: Parse
) -> None:
    sample = load_sample("copilot/preToolUse.bash")
    delivery = deliver(sample["event"], sample["stdin"])
    (before,) = adapter.parse(delivery)
    new = {"command": "echo other"}
    decision = Decision(outcome="rewrite", input=new, reason="r")
    answer = adapter.render(delivery, decision)
    assert json.loads(answer.stdout) == {"modifiedArgs": new}
    (after, *_) = parse("postToolUse.bash", toolArgs=new)
    assert after.call.id == before.call.id  # type: ignore[attr-defined]


def test_a_key_takes_whatever_json_holds() -> None:
    odd = {"a": ["\ud800", None, 1.5, {"b": "é"}]}
    assert key_of("s", "", "bash", odd) == key_of("s", "", "bash", dict(odd))
    assert key_of("s", "", "bash", odd) != key_of("s", "x", "bash", odd)
