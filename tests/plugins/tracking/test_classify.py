from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hookwright.plugins.tracking.classify import classify, guide_hash
from hookwright.plugins.tracking.models import ProjectRecord

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def package(*dependencies: str, development: tuple[str, ...] = ()) -> str:
    return json.dumps(
        {
            "dependencies": dict.fromkeys(dependencies, "*"),
            "devDependencies": dict.fromkeys(development, "*"),
        }
    )


def classified(directory: Path, **files: str) -> ProjectRecord:
    names = {
        "package": "package.json",
        "pyproject": "pyproject.toml",
        "requirements": "requirements.txt",
        "cargo": "Cargo.toml",
        "guide": "AGENTS.md",
        "terraform": "main.tf",
        "chart": "Chart.yaml",
        "gemfile": "Gemfile",
    }
    for name, content in files.items():
        (directory / names[name]).write_text(content)
    return classify(directory, "/key", NOW).record


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"package": package("react", "vite")}, ("javascript", "react", "frontend")),
        ({"package": package("next", "react")}, ("javascript", "next.js", "fullstack")),
        ({"package": package("expo", "react")}, ("javascript", "expo", "mobile")),
        ({"package": package("express")}, ("javascript", "express", "backend")),
        (
            {"package": package("vue"), "requirements": "flask"},
            ("javascript", "vue", "fullstack"),
        ),
        ({"requirements": "django\npandas"}, ("python", "django", "backend")),
        ({"requirements": "pandas"}, ("python", "", "data")),
        ({"requirements": "streamlit"}, ("python", "streamlit", "data")),
        ({"requirements": "typer"}, ("python", "", "cli")),
        ({"requirements": "requests"}, ("python", "", "library")),
        ({"requirements": "ansible-core"}, ("python", "", "infrastructure")),
        ({"terraform": ""}, ("", "", "infrastructure")),
        ({"chart": ""}, ("", "", "infrastructure")),
        ({"gemfile": "gem 'rails'"}, ("ruby", "rails", "backend")),
        (
            {"pyproject": '[project.scripts]\nx = "x:main"'},
            ("python", "", "cli"),
        ),
        ({}, ("", "", "")),
    ],
)
def test_a_project_is_what_its_manifests_say(
    files: dict[str, str], expected: tuple[str, str, str], tmp_path: Path
) -> None:
    found = classified(tmp_path, **files)

    assert (found.language, found.framework, found.scope) == expected
    assert found.path == "/key"
    assert found.classified_at == NOW


def test_development_tools_alone_do_not_make_a_javascript_project(
    tmp_path: Path,
) -> None:
    found = classified(
        tmp_path,
        package=package(development=("prettier",)),
        cargo='[dependencies]\naxum = "1"',
    )

    assert (found.language, found.manifest_type) == ("rust", "Cargo.toml")
    assert found.dependencies == ("axum", "prettier")


def test_the_guide_has_the_last_word(tmp_path: Path) -> None:
    found = classified(
        tmp_path,
        package=package("react"),
        guide="# Rules\n\n- **Language**: Elm 0.19\n* Framework: `elm-land`, mostly\n"
        "Scope = library.\n",
    )

    assert (found.language, found.framework, found.scope) == (
        "elm",
        "elm-land",
        "library",
    )


def test_a_scope_that_there_is_not_is_not_taken_over(tmp_path: Path) -> None:
    found = classified(tmp_path, package=package("react"), guide="Scope: everything\n")

    assert found.scope == "frontend"


@pytest.mark.parametrize(
    ("guide", "language"),
    [
        ("Use Python. Python tests only. One JavaScript file.", "python"),
        ("Let it go, go on, keep going. Written in Rust.", "rust"),
        ("A Go service. Go modules. Python scripts.", "go"),
        ("Nothing in here tells.", ""),
    ],
)
def test_without_a_manifest_the_language_is_what_the_guide_names(
    guide: str, language: str, tmp_path: Path
) -> None:
    found = classified(tmp_path, guide=guide)

    assert (found.language, found.manifest_type, found.scope) == (language, "", "")


def test_the_guides_hash_is_its_sha256(tmp_path: Path) -> None:
    assert guide_hash(tmp_path) == ""
    found = classified(tmp_path, guide="x")

    assert found.agents_md_hash == hashlib.sha256(b"x").hexdigest()
    assert guide_hash(tmp_path) == found.agents_md_hash


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text("{")
    (tmp_path / "requirements.txt").write_text("flask")

    found = classify(tmp_path, "/key", NOW)

    assert found.problems[0].startswith("package.json: ")
    assert (found.record.language, found.record.framework) == ("python", "flask")
