"""Say what kind of project a directory holds, from AGENTS.md and its manifests.

Language and framework: a line `Language: ...` or `Framework: ...` of AGENTS.md
wins; then the manifests; without a manifest, the language that AGENTS.md names most
often. The manifest that counts is the first with dependencies of its own (a
package.json that only holds development tools yields to a Cargo.toml); dependencies
are those of all manifests.

Scope, the first that holds: a line `Scope: ...` of AGENTS.md; mobile, by framework;
fullstack, by framework or when there are a frontend and a backend framework;
frontend; backend; infrastructure, by dependency or by Terraform, Helm, Kustomize
or Ansible files; data, by framework or dependency; cli, when a program is declared
or a library for command lines is used; library, when there is a manifest at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hookwright.core.api import sha256

from .frameworks import COMMAND_LINE, DATA, FRAMEWORKS, INFRASTRUCTURE
from .manifests import Manifest, read_manifests, read_text
from .models import ProjectRecord

GUIDE = "AGENTS.md"
SCOPES = (
    "frontend",
    "backend",
    "fullstack",
    "library",
    "cli",
    "mobile",
    "data",
    "infrastructure",
)
_LANGUAGES = (
    "python",
    "typescript",
    "javascript",
    "rust",
    "go",
    "java",
    "kotlin",
    "ruby",
    "php",
    "swift",
    "scala",
    "elixir",
    "haskell",
    "c#",
    "c++",
    "dart",
    "zig",
)
#: `- **Language**: Python 3.11`, `Scope = backend`
_STATEMENT = re.compile(
    r"^[\s*_#>+-]*(language|framework|scope)[\s*_`]*[:=][\s*_`]*([^\n,;(`*]+)",
    re.IGNORECASE | re.MULTILINE,
)
#: `Python 3.11` is Python.
_VERSION = re.compile(r"\s+v?\d[\w.+]*$")
_LONGEST_GUIDE = 256_000
_INFRASTRUCTURE_FILES = (
    "Chart.yaml",
    "kustomization.yaml",
    "ansible.cfg",
    "Pulumi.yaml",
)


@dataclass(frozen=True)
class Classified:
    """A classification, and what could not be read of its sources."""

    record: ProjectRecord
    problems: tuple[str, ...] = ()


def guide_hash(worktree: Path) -> str:
    """Return the SHA-256 of AGENTS.md in hexadecimal, or "" without one."""
    try:
        with (worktree / GUIDE).open("rb") as file:
            digest = sha256()
            while chunk := file.read(2**16):
                digest.update(chunk)
            return digest.hexdigest()
    except OSError:
        return ""


def classify(worktree: Path, path: str, now: datetime) -> Classified:
    """Return what the work tree holds.

    :param worktree: the directory that is read.
    :param path: the project's key.
    """
    guide = read_text(worktree / GUIDE, _LONGEST_GUIDE) or ""
    stated = _statements(guide)
    manifests = read_manifests(worktree)
    main = _main_manifest(manifests)
    dependencies = {name for each in manifests for name in each.dependencies}
    record = ProjectRecord(
        path=path,
        language=stated.get("language")
        or (main.language if main else _most_named(guide)),
        framework=stated.get("framework") or _framework(dependencies),
        scope=stated.get("scope") or _scope(worktree, manifests, dependencies),
        dependencies=tuple(sorted(dependencies)),
        manifest_type=main.file if main else "",
        classified_at=now,
        agents_md_hash=guide_hash(worktree),
    )
    return Classified(record, tuple(each.problem for each in manifests if each.problem))


def _statements(guide: str) -> dict[str, str]:
    stated: dict[str, str] = {}
    for name, value in _STATEMENT.findall(guide):
        word = _VERSION.sub("", value.strip().rstrip(".")).strip().lower()
        if name.lower() == "scope" and word not in SCOPES:
            continue
        if word and len(word) <= 40:
            stated.setdefault(name.lower(), word)
    return stated


def _most_named(guide: str) -> str:
    text = guide.lower()
    counts = {
        language: len(re.findall(rf"(?<![\w-]){re.escape(language)}(?![\w+#-])", text))
        for language in _LANGUAGES
    }
    # "go" is a verb too: it counts only where it is written as a name.
    counts["go"] = len(re.findall(r"\b(?:Go|golang|Golang)\b", guide))
    best = max(counts, key=lambda language: counts[language])
    return best if counts[best] else ""


def _main_manifest(manifests: list[Manifest]) -> Manifest | None:
    for manifest in manifests:
        if manifest.runtime:
            return manifest
    return manifests[0] if manifests else None


def _framework(dependencies: set[str]) -> str:
    for name, (framework, _) in FRAMEWORKS.items():
        if name in dependencies:
            return framework
    return ""


def _scope(worktree: Path, manifests: list[Manifest], dependencies: set[str]) -> str:
    sides = {side for name, (_, side) in FRAMEWORKS.items() if name in dependencies}
    if "mobile" in sides:
        return "mobile"
    if "fullstack" in sides or {"frontend", "backend"} <= sides:
        return "fullstack"
    for side in ("frontend", "backend"):
        if side in sides:
            return side
    if dependencies & INFRASTRUCTURE or _infrastructure_files(worktree):
        return "infrastructure"
    if "data" in sides or dependencies & DATA:
        return "data"
    if dependencies & COMMAND_LINE or any(each.program for each in manifests):
        return "cli"
    return "library" if manifests else ""


def _infrastructure_files(worktree: Path) -> bool:
    if any((worktree / name).is_file() for name in _INFRASTRUCTURE_FILES):
        return True
    return any(True for _ in worktree.glob("*.tf"))
