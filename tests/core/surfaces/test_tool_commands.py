from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pytest
import typer
from pydantic import BaseModel

from hookwright.core.errors import ToolError
from hookwright.core.surfaces import engine
from hookwright.core.surfaces.invocation import Invocation
from hookwright.core.surfaces.tool_commands import add_tools, help_text
from hookwright.hookspecs import PluginContext, Tool

Run = Callable[..., Any]


class Note(BaseModel):
    author: str
    likes: int = 0
    written: datetime = datetime(2026, 1, 1, tzinfo=UTC)


class Notes(BaseModel):
    found: list[Note]


def note_add(
    context: PluginContext,
    author: str,
    text: str = "nothing",
    likes: int = 1,
    weight: float = 0.5,
    loud: bool = False,
    signed: bool = True,
    colour: Literal["red", "green"] = "red",
    tags: tuple[str, ...] = (),
    file: Path | None = None,
    directory: str = "",
    extra: dict[str, int] | None = None,
) -> Note:
    """Write a `note`.

    It stays for ever.

    :param author: who says so.
    :param likes: how many like it,
        as far as we know.
    """
    raise AssertionError("the engine calls it, not the command line")


def note_list(context: PluginContext, limit: int) -> list[Note]:
    """List notes."""
    raise AssertionError


def note_all(context: PluginContext) -> Notes:
    """All notes in one."""
    raise AssertionError


def note_count(context: PluginContext) -> int:
    """Count notes."""
    raise AssertionError


def note_text(context: PluginContext, json: str = "") -> str:
    """Give one note's text."""
    raise AssertionError


def note_gone(context: PluginContext, really: bool) -> None:
    """Remove notes."""
    raise AssertionError


def note_broken(context: PluginContext) -> dict[str, str]:
    """Show a note that its plugin cannot show."""
    raise AssertionError


TOOLS = (
    Tool(note_broken, command=("note", "broken"), render=lambda note: note["colour"]),
    Tool(note_add, command=("note", "add"), writes=True),
    Tool(note_list, command=("note", "list")),
    Tool(
        note_all,
        command=("note", "all"),
        render=lambda notes: "\n".join(note.author for note in notes.found),
        exit_code=lambda notes: len(notes.found),
    ),
    Tool(note_count, command=("count",)),
    Tool(note_text, command=("note", "deep", "text")),
    Tool(note_gone, command=("note", "gone")),
    Tool(note_count, name="silent"),
)


class FakeEngine:
    """Notes what was asked and answers from a list."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Mapping[str, Any]]] = []
        self.results: dict[str, Any] = {}

    def call_tool(self, name: str, arguments: Mapping[str, Any]) -> Any:
        self.calls.append((name, arguments))
        result = self.results.get(name)
        if isinstance(result, Exception):
            raise result
        return result


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    made = FakeEngine()

    @contextmanager
    def yield_it(_: Invocation) -> Iterator[FakeEngine]:
        yield made

    monkeypatch.setattr(engine, "engine", yield_it)
    return made


@pytest.fixture
def use(fake: FakeEngine, invoke_app: Run, tmp_path: Path) -> Run:
    """Return a function that runs an app with the tools above."""

    def run(*arguments: str, as_json: bool = False) -> Any:
        app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
        app.callback()(lambda: None)
        add_tools(app, TOOLS, Invocation(json=as_json, cwd=tmp_path))
        return invoke_app(app, arguments)

    return run


def test_arguments_are_sent_as_json_values(
    use: Run, fake: FakeEngine, tmp_path: Path
) -> None:
    fake.results["note_add"] = {"author": "Ada", "likes": 3}

    given: Sequence[str] = (
        *("note", "add", "Ada", "--text", "hi", "--likes", "3", "--weight", "1.5"),
        *("--loud", "--no-signed", "--colour", "green", "--tags", "a", "--tags", "b"),
        *("--file", "x.txt", "--extra", '{"n": 1}'),
    )
    assert use(*given).code == 0

    assert fake.calls == [
        (
            "note_add",
            {
                "author": "Ada",
                "text": "hi",
                "likes": 3,
                "weight": 1.5,
                "loud": True,
                "signed": False,
                "colour": "green",
                "tags": ["a", "b"],
                "file": str(tmp_path / "x.txt"),
                "directory": str(tmp_path),
                "extra": {"n": 1},
            },
        )
    ]


def test_what_is_not_given_is_left_to_the_tool(
    use: Run, fake: FakeEngine, tmp_path: Path
) -> None:
    fake.results["note_add"] = {"author": "Ada"}

    use("note", "add", "Ada")

    sent = fake.calls[0][1]
    assert sent["text"] == "nothing"
    assert sent["directory"] == str(tmp_path)
    assert not {"file", "extra"} & set(sent)


def test_help_comes_from_the_docstring(use: Run) -> None:
    shown = use("note", "add", "--help").out

    assert "Write a note." in shown
    assert "It stays for ever." in shown
    assert ":param" not in shown
    assert "how many like it, as far as we know." in " ".join(shown.split())
    assert "where you are" in shown
    assert "--json" in shown


def test_a_result_without_render_is_a_table(use: Run, fake: FakeEngine) -> None:
    fake.results["note_add"] = {"author": "Ada", "likes": 3}
    fake.results["note_list"] = [{"author": "Ada", "likes": 3}, {"author": "\x1b[1m"}]

    assert use("note", "add", "Ada").out.split() == ["author", "Ada", "likes", "3"]
    assert use("note", "list", "5").out.split() == (
        ["author", "likes", "Ada", "3", "\\x1b[1m", "-"]
    )


@pytest.mark.parametrize(
    ("tool", "words", "result", "shown"),
    [
        ("note_list", ("note", "list", "1"), [], "Nothing.\n"),
        ("note_list", ("note", "list", "1"), ["a", "b"], "a\nb\n"),
        ("note_count", ("count",), 7, "7\n"),
        ("note_text", ("note", "deep", "text"), "hello", "hello\n"),
        ("note_gone", ("note", "gone", "--really"), None, ""),
    ],
)
def test_other_results_are_plain_text(
    use: Run,
    fake: FakeEngine,
    tool: str,
    words: tuple[str, ...],
    result: Any,
    shown: str,
) -> None:
    fake.results[tool] = result

    assert use(*words).out == shown


def test_render_gets_the_declared_type_and_the_exit_code_too(
    use: Run, fake: FakeEngine
) -> None:
    fake.results["note_all"] = {"found": [{"author": "Ada"}, {"author": "Bob"}]}

    ran = use("note", "all")

    assert ran.out == "Ada\nBob\n"
    assert ran.code == 2


def test_a_render_that_fails_does_not_lose_the_result(
    use: Run, fake: FakeEngine
) -> None:
    fake.results["note_broken"] = {"author": "Ada"}

    ran = use("note", "broken")

    assert "Ada" in ran.out
    assert ran.err == (
        "hookwright: tool note_broken cannot show its result: KeyError('colour')\n"
    )


@pytest.mark.parametrize("before", [True, False])
def test_json_is_the_result_as_it_came(
    use: Run, fake: FakeEngine, before: bool
) -> None:
    fake.results["note_all"] = {"found": [{"author": "Ada"}]}

    words = ("note", "all") if before else ("note", "all", "--json")
    ran = use(*words, as_json=before)

    assert json.loads(ran.out) == {"found": [{"author": "Ada"}]}
    assert ran.code == 1


def test_a_tool_with_an_argument_named_json_keeps_it(
    use: Run, fake: FakeEngine
) -> None:
    fake.results["note_text"] = "x"

    assert use("note", "deep", "text", "--json", "[1]", "--as-json").out == '"x"\n'
    assert fake.calls == [("note_text", {"json": "[1]"})]


def test_a_tool_without_words_has_no_command(use: Run) -> None:
    assert use("silent").code == 2


def test_a_missing_argument_is_wrong_usage(use: Run, fake: FakeEngine) -> None:
    ran = use("note", "list")

    assert ran.code == 2
    assert "limit" in ran.err.lower()
    assert fake.calls == []


def test_a_required_flag_must_be_given(use: Run, fake: FakeEngine) -> None:
    assert use("note", "gone").code == 2
    assert use("note", "gone", "--no-really").code == 0
    assert fake.calls == [("note_gone", {"really": False})]


def test_a_tools_own_error_reaches_the_caller(use: Run, fake: FakeEngine) -> None:
    fake.results["note_list"] = ToolError("there is no such author")

    with pytest.raises(ToolError, match="no such author"):
        use("note", "list", "5")


def test_a_group_shows_its_commands(use: Run) -> None:
    shown = use("note", "--help").out

    assert all(word in shown for word in ("add", "list", "all", "deep", "gone"))


def test_a_tool_without_docstring_is_helped_by_its_name() -> None:
    def bare(context: PluginContext) -> int:
        return 1

    assert help_text(Tool(bare)) == "bare"
