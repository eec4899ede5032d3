"""Write the parts of the documents that are made from code, or check them.

    python docs/generate.py            write them
    python docs/generate.py --check    exit 1 and name the documents that are stale

A generated part stands between `<!-- generated: NAME -->` and `<!-- end generated -->`.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(Path(__file__).parent))

from generators import cli, hooks, pages, plugin_example, settings, truth  # noqa: E402

_BLOCK = re.compile(
    r"(<!-- generated: (?P<name>[a-z-]+) -->\n).*?(<!-- end generated -->)", re.DOTALL
)
GENERATORS: Mapping[str, Callable[[], str]] = {
    "hooks": hooks.hook_reference,
    "events": hooks.event_reference,
    "values": hooks.value_reference,
    "settings": settings.settings_reference,
    "cli": cli.command_reference,
    "plugin-example": plugin_example.source,
    "records": pages.record_reference,
    "guard-records": partial(pages.record_reference, "env_protection"),
    "claude-code": partial(pages.page, "adapters.claude_code"),
    "git": partial(pages.page, "adapters.git"),
    "tracking": partial(pages.page, "tracking"),
    "demo": partial(pages.page, "demo"),
    "truth-events": truth.events_table,
    "truth-answers": truth.answers_table,
}


def documents() -> list[Path]:
    """Return every document that may hold generated parts."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def generated(text: str) -> str:
    """Return a document with its generated parts made anew."""

    def block(found: re.Match[str]) -> str:
        made = GENERATORS[found["name"]]().strip("\n")
        return f"{found[1]}{made}\n{found[3]}"

    return _BLOCK.sub(block, text)


def main(arguments: list[str]) -> int:
    """Write or check all documents; return the exit code."""
    stale = []
    for path in documents():
        before = path.read_text("utf-8")
        after = generated(before)
        if after != before:
            stale.append(path)
            if "--check" not in arguments:
                path.write_text(after, "utf-8")
    word = "stale" if "--check" in arguments else "written"
    for path in stale:
        sys.stdout.write(f"{word}: {path.relative_to(ROOT)}\n")
    return 1 if stale and "--check" in arguments else 0


def in_a_place_of_its_own() -> tempfile.TemporaryDirectory[str]:
    """Let nothing of the person's own settings or plugins reach the documents."""
    place = tempfile.TemporaryDirectory()
    for name in list(os.environ):
        if name.startswith("HOOKWRIGHT"):
            del os.environ[name]
    os.environ["HOOKWRIGHT_DATA_DIR"] = str(Path(place.name) / "data")
    os.environ["HOOKWRIGHT_CONFIG_DIR"] = str(Path(place.name) / "config")
    return place


if __name__ == "__main__":
    with in_a_place_of_its_own():
        sys.exit(main(sys.argv[1:]))
