from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hookwright.plugins.tracking.manifests import Manifest, read_manifests

FILES = {
    "package.json": json.dumps(
        {
            "name": "x",
            "bin": "cli.js",
            "dependencies": {"React": "^19"},
            "peerDependencies": {"left-pad": "*"},
            "devDependencies": {"vitest": "1"},
        }
    ),
    "composer.json": json.dumps(
        {
            "require": {"php": ">=8", "ext-json": "*", "laravel/framework": "^11"},
            "require-dev": {"phpunit/phpunit": "^11"},
        }
    ),
    "Cargo.toml": """
        [package]
        name = "x"
        [dependencies]
        axum = "0.8"
        [dev-dependencies]
        insta = "1"
        [target.'cfg(unix)'.dependencies]
        nix = "0.30"
        [[bin]]
        name = "x"
    """,
    "pyproject.toml": """
        [project]
        dependencies = ["FastAPI[standard]>=0.110", "ruamel.yaml ; python_version<'4'"]
        [project.optional-dependencies]
        test = ["pytest"]
        [project.scripts]
        x = "x:main"
        [dependency-groups]
        dev = ["ruff", {include-group = "test"}]
        [tool.poetry.dependencies]
        python = "^3.11"
        httpx = "*"
        [tool.poetry.group.docs.dependencies]
        mkdocs = "*"
    """,
    "requirements.txt": "# pinned\nDjango==5.0\n-r other.txt\n\ncelery>=5 # queue\n",
    "go.mod": """
module example.org/x
go 1.23
require github.com/spf13/cobra v1.9.1
require (
    github.com/go-chi/chi/v5 v5.2.0
    golang.org/x/sys v0.30.0 // indirect
)
""",
    "pom.xml": """
        <project><parent><groupId>g</groupId>
        <artifactId>spring-boot-starter-parent</artifactId></parent>
        <!-- <dependency><artifactId>gone</artifactId></dependency> -->
        <artifactId>self</artifactId>
        <dependencies><dependency><groupId>g</groupId><artifactId>jackson</artifactId>
        <exclusions><exclusion><artifactId>not-this</artifactId></exclusion></exclusions>
        </dependency></dependencies></project>
    """,
    "build.gradle": """
        plugins { id 'org.springframework.boot' version '3.4' }
        dependencies { implementation 'org.slf4j:slf4j-api:2.0' }
    """,
    "build.gradle.kts": """
        plugins { kotlin("jvm"); id("com.android.application") }
        dependencies { implementation("io.ktor:ktor-server-core:3.0") }
    """,
    "Gemfile": "source 'https://example.org'\ngem 'rails', '~> 8'\ngem(\"pg\")\n",
}

EXPECTED = {
    "package.json": ("javascript", {"react", "left-pad", "vitest"}, True, True),
    "composer.json": ("php", {"laravel/framework", "phpunit/phpunit"}, True, False),
    "Cargo.toml": ("rust", {"axum", "insta", "nix"}, True, True),
    "pyproject.toml": (
        "python",
        {"fastapi", "ruamel-yaml", "pytest", "ruff", "httpx", "mkdocs"},
        True,
        True,
    ),
    "requirements.txt": ("python", {"django", "celery"}, True, False),
    "go.mod": (
        "go",
        {"github.com/spf13/cobra", "github.com/go-chi/chi", "golang.org/x/sys"},
        True,
        False,
    ),
    "pom.xml": ("java", {"spring-boot-starter-parent", "jackson"}, True, False),
    "build.gradle": ("java", {"org.springframework.boot", "slf4j-api"}, True, False),
    "build.gradle.kts": (
        "kotlin",
        {"com.android.application", "ktor-server-core"},
        True,
        False,
    ),
    "Gemfile": ("ruby", {"rails", "pg"}, True, False),
}


def read_one(directory: Path, file: str, content: str) -> Manifest:
    (directory / file).write_text(content)
    (found,) = read_manifests(directory)
    return found


@pytest.mark.parametrize("file", FILES)
def test_a_manifest_tells_language_and_dependencies(file: str, tmp_path: Path) -> None:
    directory = tmp_path / "project"
    directory.mkdir()
    language, dependencies, runtime, program = EXPECTED[file]

    found = read_one(directory, file, FILES[file])

    assert found.file == file
    assert found.language == language
    assert set(found.dependencies) == dependencies
    assert (found.runtime, found.program) == (runtime, program)
    assert found.problem == ""


def test_typescript_is_told_by_its_package_or_its_settings(tmp_path: Path) -> None:
    package = json.dumps({"devDependencies": {"typescript": "5"}})
    assert read_one(tmp_path, "package.json", package).language == "typescript"
    assert read_one(tmp_path, "package.json", "{}").language == "javascript"
    (tmp_path / "tsconfig.json").write_text("{}")
    assert read_one(tmp_path, "package.json", "{}").language == "typescript"


def test_kotlin_is_told_by_its_maven_artifacts(tmp_path: Path) -> None:
    pom = "<dependency><artifactId>kotlin-stdlib</artifactId></dependency>"

    assert read_one(tmp_path, "pom.xml", pom).language == "kotlin"


def test_a_main_source_file_is_a_program(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.rs").write_text("fn main() {}")
    assert read_one(tmp_path, "Cargo.toml", "[package]").program
    (tmp_path / "Cargo.toml").unlink()
    (tmp_path / "cmd").mkdir()
    assert read_one(tmp_path, "go.mod", "module x").program


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("package.json", "{ not json"),
        ("package.json", "[" * 100_000),
        ("composer.json", ""),
        ("Cargo.toml", "= ="),
        ("pyproject.toml", "[project"),
    ],
)
def test_a_malformed_manifest_still_tells_its_language(
    file: str, content: str, tmp_path: Path
) -> None:
    found = read_one(tmp_path, file, content)

    assert found.language == EXPECTED[file][0]
    assert found.dependencies == ()
    assert found.problem.startswith(f"{file}: ")


@pytest.mark.parametrize(
    "content",
    ["[]", "1", '{"dependencies": [1], "devDependencies": null, "bin": 0}'],
)
def test_tables_of_the_wrong_kind_hold_nothing(content: str, tmp_path: Path) -> None:
    assert read_one(tmp_path, "package.json", content).dependencies == ()


def test_bytes_that_are_no_text_do_not_stop_the_reading(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_bytes(b"\xef\xbb\xbfflask\n\xff\xfe==1\n")
    (found,) = read_manifests(tmp_path)

    assert found.dependencies == ("flask",)


def test_a_directory_with_a_manifests_name_is_none(tmp_path: Path) -> None:
    (tmp_path / "package.json").mkdir()

    assert read_manifests(tmp_path) == []


@given(st.sampled_from(sorted(FILES)), st.text())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_content_breaks_the_reading(tmp_path: Path, file: str, content: str) -> None:
    directory = tmp_path / file.replace(".", "-")
    directory.mkdir(exist_ok=True)
    (directory / file).write_bytes(content.encode("utf-8", "surrogatepass"))

    (found,) = read_manifests(directory)

    assert found.file == file
