"""The worked example of a plugin: the tested package tests/sample_plugins/good."""

from __future__ import annotations

from pathlib import Path

SAMPLE = Path(__file__).resolve().parents[2] / "tests" / "sample_plugins" / "good"


def source() -> str:
    """Return the package's files, each in a fence under its name."""
    parts = []
    for path in sorted(SAMPLE.rglob("*")):
        if path.suffix in (".py", ".toml") and "build" not in path.parts:
            language = "toml" if path.suffix == ".toml" else "python"
            name = path.relative_to(SAMPLE)
            text = path.read_text("utf-8").strip()
            parts.append(f"`{name}`:\n\n```{language}\n{text}\n```")
    return "\n\n".join(parts)
