from __future__ import annotations

import importlib.util
import inspect
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from hookwright.core.settings import SECTIONS, render_everything
from hookwright.core.surfaces.invocation import Invocation
from hookwright.hookspecs import EVENT_KINDS

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.glob("*.md"))]
LINK = re.compile(r"\[[^\]]*\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]*))?\)")


def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def specifications() -> Iterator[tuple[str, str]]:
    """Yield name and signature of every hook, from the modules themselves."""
    for path in (ROOT / "hookspecs").glob("*.py"):
        module = importlib.import_module(f"hookwright.hookspecs.{path.stem}")
        for name, value in vars(module).items():
            if inspect.isfunction(value) and hasattr(value, "hookwright_spec"):
                yield name, str(inspect.signature(value)).replace("'", "")


def anchors(text: str) -> set[str]:
    """Return the anchors that a Markdown page's headings make."""
    titles = re.findall(r"^#{1,6} (.*)$", text, re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-")
        for title in titles
    }


def test_generated_parts_are_what_the_code_says() -> None:
    done = subprocess.run(
        [sys.executable, str(DOCS / "generate.py"), "--check"],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "200"},
    )

    assert (done.returncode, done.stdout + done.stderr) == (0, ""), (
        "run: python docs/generate.py"
    )


@pytest.mark.parametrize(("name", "signature"), sorted(specifications()))
def test_every_hook_is_documented_with_its_true_signature(
    name: str, signature: str
) -> None:
    page = text_of("docs/hooks.md")

    assert f"### `{name}`\n" in page
    assert f"\n{name}{signature}\n" in page


def test_every_event_kind_is_documented() -> None:
    page = text_of("docs/hooks.md")

    assert [kind for kind in EVENT_KINDS if f"### `{kind}`\n" not in page] == []


def test_every_setting_of_core_is_documented() -> None:
    page = text_of("docs/configuration.md")
    settings = [
        f"{section}.{key}"
        for section, model in SECTIONS.items()
        for key in model.model_fields
    ]

    assert [name for name in settings if f"| `{name}` |" not in page] == []


def test_every_command_is_documented_and_has_help(generators: ModuleType) -> None:
    page = text_of("docs/cli.md")

    for words, help_text in generators.commands():
        assert f"### `{words}`\n" in page
        body = help_text.split("\n\n")[1].strip()
        assert body, f"{words} has no help"


def test_every_command_that_a_page_names_exists(generators: ModuleType) -> None:
    known = {words for words, _ in generators.commands()}
    groups = {words.rpartition(" ")[0] for words in known}
    shown = re.compile(r"^(?:\.venv/bin/)?hookwright ([a-z].*)$", re.MULTILINE)

    for page in PAGES:
        for line in shown.findall(page.read_text("utf-8")):
            words = ["hookwright"]
            for word in line.split():
                if " ".join(words) in groups and re.fullmatch(r"[a-z-]+", word):
                    words.append(word)
                else:
                    break
            assert " ".join(words) in known, f"{page.name}: hookwright {line}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_inside_the_documents_resolve(page: Path) -> None:
    for target, anchor in LINK.findall(page.read_text("utf-8")):
        found = page.parent / target if target else page
        assert found.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in anchors(found.read_text("utf-8")), f"{target}#{anchor}"


def test_every_document_is_linked_from_the_readme() -> None:
    linked = {target for target, _ in LINK.findall(text_of("README.md"))}

    assert {f"docs/{page.name}" for page in DOCS.glob("*.md")} <= linked


def test_the_readme_has_two_set_up_commands_and_ci_runs_the_second() -> None:
    set_up = [
        line
        for line in text_of("README.md").splitlines()
        if line.startswith("python3 -m venv .venv && ")
    ]

    assert len(set_up) == 2
    assert set_up[0].endswith(".venv/bin/hookwright demo")
    assert set_up[1].endswith(".venv/bin/python tests/check.py")
    assert set_up[1] in text_of(".ci/run").splitlines()
    assert set_up[0] in text_of("docs/getting-started.md").splitlines()


def test_ci_runs_nothing_but_that_command() -> None:
    lines = [
        line
        for line in text_of(".ci/run").splitlines()
        if line and not line.startswith("#")
    ]

    assert lines[0] == "set -eu"
    assert lines[1] == 'cd "$(dirname "$0")/.."'
    assert len(lines) == 3
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_no_page_names_a_path_of_this_machine() -> None:
    private = re.compile(r"/(?:work|root|tmp|home)/\w")

    assert [page.name for page in PAGES if private.search(page.read_text())] == []


@pytest.fixture
def generators(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the module of docs/ that knows all commands."""
    monkeypatch.syspath_prepend(str(DOCS))
    return importlib.import_module("generators.cli")


def test_the_sample_with_everything_has_every_setting_of_every_bundled_plugin() -> None:
    sample = (ROOT / "sample_configs" / "everything.toml").read_text("utf-8")
    models = {
        name: model
        for name, model in Invocation().host().plugin_models.items()
        if model.model_fields
    }

    assert set(models) == {"env_protection", "tracking"}
    assert sample == render_everything(models)
