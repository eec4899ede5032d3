"""Read what a project's manifest says: language and dependencies.

Formats: package.json (docs.npmjs.com), composer.json (getcomposer.org), Cargo.toml
(doc.rust-lang.org/cargo), pyproject.toml (packaging.python.org, PEP 621 and 735,
Poetry's tables), requirements.txt (pip), go.mod (go.dev/ref/mod), pom.xml (Maven),
build.gradle and build.gradle.kts, Gemfile (bundler). A manifest that cannot be
parsed still tells its language.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: A manifest longer than this is read up to here.
_LONGEST = 1_000_000

_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_GO_REQUIRE = re.compile(r"^\s*(?:require\s+)?([\w.-]+\.[\w.-]+/\S+)\s+v\S+", re.M)
_GO_MAJOR = re.compile(r"/v\d+$")
_POM_ARTIFACT = re.compile(r"<artifactId>\s*([\w.${}-]+)\s*</artifactId>")
_GRADLE_NOTATION = re.compile(r"""["']([\w.-]+):([\w.-]+)(?::[^"']*)?["']""")
_GRADLE_PLUGIN = re.compile(r"""\bid\s*\(?\s*["']([\w.-]+)["']""")
_GRADLE_KOTLIN = re.compile(r"""\bkotlin\s*\(\s*["']|org\.jetbrains\.kotlin""")
_GEM = re.compile(r"""^\s*gem\s*\(?\s*["']([\w.-]+)["']""", re.M)


@dataclass(frozen=True)
class Manifest:
    """What one manifest says.

    :param file: its name.
    :param dependencies: names in lower case, without versions, sorted.
    :param runtime: whether it has dependencies that are not for development only.
    :param program: whether it declares something to be run from a command line.
    :param problem: why it could not be read in full, or "".
    """

    file: str
    language: str
    dependencies: tuple[str, ...] = ()
    runtime: bool = False
    program: bool = False
    problem: str = ""


@dataclass
class _Content:
    dependencies: list[str]
    runtime: bool = False
    program: bool = False


def read_manifests(directory: Path) -> list[Manifest]:
    """Return every manifest in directory, in the order of this module's list."""
    found = []
    for file, language, reader in _READERS:
        text = read_text(directory / file)
        if text is not None:
            found.append(_read(directory, file, language, reader, text))
    return found


def read_text(path: Path, longest: int = _LONGEST) -> str | None:
    """Return the file's text, undecodable bytes replaced, or None without a file."""
    try:
        with path.open("rb") as file:
            return file.read(longest).decode("utf-8-sig", "replace")
    except OSError:
        return None


def _read(
    directory: Path,
    file: str,
    language: str,
    reader: Callable[[str], _Content],
    text: str,
) -> Manifest:
    try:
        content, problem = reader(text), ""
    except (ValueError, RecursionError) as error:
        content, problem = _Content([]), f"{file}: {error}"
    names = sorted({name.lower() for name in content.dependencies})
    return Manifest(
        file=file,
        language=_language(directory, file, language, names, text),
        dependencies=tuple(names),
        runtime=content.runtime,
        program=content.program or _has_program(directory, file),
        problem=problem,
    )


def _language(
    directory: Path, file: str, language: str, names: list[str], text: str
) -> str:
    if file == "package.json" and (
        "typescript" in names or (directory / "tsconfig.json").is_file()
    ):
        return "typescript"
    if file.startswith("build.gradle") and _GRADLE_KOTLIN.search(text):
        return "kotlin"
    if file == "pom.xml" and any(name.startswith("kotlin-") for name in names):
        return "kotlin"
    return language


def _has_program(directory: Path, file: str) -> bool:
    if file == "Cargo.toml":
        return (directory / "src" / "main.rs").is_file()
    if file == "go.mod":
        return (directory / "main.go").is_file() or (directory / "cmd").is_dir()
    return False


def _table(value: object) -> Mapping[str, Any]:
    """Return value when it is a table, else an empty one: people write anything."""
    return value if isinstance(value, Mapping) else {}


def _requirements(lines: object) -> Iterator[str]:
    for line in lines if isinstance(lines, list) else ():
        match = _REQUIREMENT.match(line) if isinstance(line, str) else None
        if match:
            yield re.sub(r"[-_.]+", "-", match[1])


def _package_json(text: str) -> _Content:
    data = _table(json.loads(text))
    runtime = [
        *_table(data.get("dependencies")),
        *_table(data.get("peerDependencies")),
        *_table(data.get("optionalDependencies")),
    ]
    return _Content(
        [*runtime, *_table(data.get("devDependencies"))],
        runtime=bool(runtime),
        program=bool(data.get("bin")),
    )


def _composer_json(text: str) -> _Content:
    data = _table(json.loads(text))
    runtime = [name for name in _table(data.get("require")) if "/" in name]
    return _Content(
        [*runtime, *(name for name in _table(data.get("require-dev")) if "/" in name)],
        runtime=bool(runtime),
        program=bool(data.get("bin")),
    )


def _cargo_toml(text: str) -> _Content:
    data = tomllib.loads(text)
    places = [data, _table(data.get("workspace"))]
    places += [_table(target) for target in _table(data.get("target")).values()]
    runtime = [
        name for place in places for name in _table(_table(place).get("dependencies"))
    ]
    others = [
        name
        for place in places
        for kind in ("dev-dependencies", "build-dependencies")
        for name in _table(place.get(kind))
    ]
    return _Content(
        [*runtime, *others], runtime=bool(runtime), program=bool(data.get("bin"))
    )


def _pyproject_toml(text: str) -> _Content:
    data = tomllib.loads(text)
    project = _table(data.get("project"))
    poetry = _table(_table(data.get("tool")).get("poetry"))
    runtime = [
        *_requirements(project.get("dependencies")),
        *_requirements([*_table(poetry.get("dependencies"))]),
    ]
    groups: Iterable[object] = (
        *_table(project.get("optional-dependencies")).values(),
        *_table(data.get("dependency-groups")).values(),
        *(
            [*_table(_table(group).get("dependencies"))]
            for group in _table(poetry.get("group")).values()
        ),
    )
    others = [name for group in groups for name in _requirements(group)]
    names = [name for name in (*runtime, *others) if name.lower() != "python"]
    return _Content(
        names,
        runtime=bool(runtime),
        program=bool(project.get("scripts") or poetry.get("scripts")),
    )


def _requirements_txt(text: str) -> _Content:
    names = list(_requirements(text.splitlines()))
    return _Content(names, runtime=bool(names))


def _go_mod(text: str) -> _Content:
    names = [_GO_MAJOR.sub("", name) for name in _GO_REQUIRE.findall(text)]
    return _Content(names, runtime=bool(names))


def _pom_xml(text: str) -> _Content:
    # Only names are wanted: an XML parser would bring entity expansion with it.
    without_comments = re.sub(r"<!--.*?-->", "", text, flags=re.S)
    names = [
        artifact
        for block in re.split(r"<(?=dependency>|plugin>|parent>)", without_comments)[1:]
        for artifact in _POM_ARTIFACT.findall(block)[:1]
    ]
    return _Content(names, runtime=bool(names))


def _gradle(text: str) -> _Content:
    libraries = [artifact for _, artifact in _GRADLE_NOTATION.findall(text)]
    plugins = _GRADLE_PLUGIN.findall(text)
    return _Content([*libraries, *plugins], runtime=bool(libraries))


def _gemfile(text: str) -> _Content:
    names = _GEM.findall(text)
    return _Content(names, runtime=bool(names))


_READERS: tuple[tuple[str, str, Callable[[str], _Content]], ...] = (
    ("package.json", "javascript", _package_json),
    ("composer.json", "php", _composer_json),
    ("Cargo.toml", "rust", _cargo_toml),
    ("pyproject.toml", "python", _pyproject_toml),
    ("requirements.txt", "python", _requirements_txt),
    ("go.mod", "go", _go_mod),
    ("pom.xml", "java", _pom_xml),
    ("build.gradle", "java", _gradle),
    ("build.gradle.kts", "java", _gradle),
    ("Gemfile", "ruby", _gemfile),
)
