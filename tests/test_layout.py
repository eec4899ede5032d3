from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PARTS = ("core", "hookspecs", "plugins")


def sources(*directories: str) -> Iterator[Path]:
    for directory in directories:
        yield from (ROOT / directory).rglob("*.py")


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (leading dots, dotted name) of every import statement."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.level, node.module or ""


def test_every_directory_with_code_is_packaged() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    found = {
        ".".join(("hookwright", *path.parent.relative_to(ROOT).parts))
        for path in sources(*PARTS)
    }

    assert found == set(config["tool"]["setuptools"]["packages"])


def test_nothing_imports_a_part_without_the_namespace() -> None:
    # The root is on sys.path under `python -m pytest`: `import core` would work
    # there, load a second copy of every class, and fail from a wheel.
    bare = [
        (str(path.relative_to(ROOT)), name)
        for path in sources(*PARTS, "tests")
        for dots, name in imports(path)
        if not dots and name.partition(".")[0] in PARTS
    ]

    assert bare == []


def test_imports_are_relative_inside_a_part_and_absolute_across() -> None:
    # A checker that opens core/x.py by its path calls it core.x. It sees one
    # class as two as soon as core/x.py also reaches itself as hookwright.core.x.
    # The client, what it becomes and the MCP server's start run by themselves, outside
    # any package, and make the package by hand before they import from it.
    alone = {"client.py", "cold_start.py", "start.py"}
    wrong = [
        (str(path.relative_to(ROOT)), "." * dots + name)
        for part in PARTS
        for path in sources(part)
        if path.name not in alone
        for dots, name in imports(path)
        if dots > len(path.relative_to(ROOT / part).parts)
        or f"{name}.".startswith(f"hookwright.{part}.")
    ]

    assert wrong == []


def test_every_part_is_typed_and_linked_for_type_checkers() -> None:
    for part in PARTS:
        assert (ROOT / part / "py.typed").is_file()
        assert (ROOT / ".importroot" / "hookwright" / part).samefile(ROOT / part)
