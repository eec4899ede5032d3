"""How much redaction finds, how much it takes for a secret that is none, what it costs.

    python bench/redaction.py [--count 1000] [--rounds 7] [--quick] [--json]

Made-up secrets of some fifty kinds, and everyday lines, come from the generator that
the tests use. detect-secrets gets the same lines where it is installed
(`pip install detect-secrets`), hyperscan is timed as a keyword filter where it is
(`pip install hyperscan`). Times are of this process's CPU, the best of the rounds, and
are also given as multiples of the floor: one `needle in text` over the same text, which
is what makes two machines comparable.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import re
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from hookwright.core.redaction import Redactor
from hookwright.core.redaction import names as telling
from hookwright.core.redaction import surroundings as around
from hookwright.core.redaction.rules import RULES

_ROOT = Path(__file__).parent.parent
_GENERATOR = _ROOT / "tests" / "core" / "redaction" / "canaries.py"
_SIZE = 10_240
#: One pass over 10 KB on the machine that the limits were measured on, in microseconds.
_REFERENCE_FLOOR = 5.5
_BAR_MS = 1.0
Lines = Sequence[str]
#: Gets texts, returns the places of those that hold a secret.
Scanner = Callable[[Lines], set[int]]


@dataclass
class Result:
    """What one scanner found, and how long it took."""

    name: str
    found: int
    canaries: int
    wrong: int
    harmless: int
    us_per_line: float
    missed: dict[str, int] = field(default_factory=dict)


def generator() -> Any:
    """Return the tests' module that makes canaries and harmless lines."""
    spec = importlib.util.spec_from_file_location(_GENERATOR.stem, _GENERATOR)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[_GENERATOR.stem] = module
    spec.loader.exec_module(module)
    return module


def best(work: Callable[[], object], rounds: int) -> float:
    """Return the seconds of CPU time of the fastest round."""
    times = []
    for _ in range(rounds):
        begun = time.thread_time()
        work()
        times.append(time.thread_time() - begun)
    return min(times)


def ours() -> tuple[str, Scanner]:
    redactor = Redactor(b"bench" * 7)

    def scan(texts: Lines) -> set[int]:
        return {at for at, text in enumerate(texts) if redactor.find(text)}

    return "hookwright", scan


def theirs() -> tuple[str, Scanner] | None:
    """Return detect-secrets with its own plugins and filters, None without it.

    It gets all lines in one file, which is what it is made for.
    """
    try:
        core = importlib.import_module("detect_secrets.core.secrets_collection")
        settings = importlib.import_module("detect_secrets.settings")
        version = metadata.version("detect-secrets")
    except ImportError:
        return None

    def scan(texts: Lines) -> set[int]:
        owners = [at for at, text in enumerate(texts) for _ in text.split("\n")]
        with tempfile.TemporaryDirectory() as folder, settings.default_settings():
            file = Path(folder, "lines.txt")
            file.write_text("\n".join(texts) + "\n", "utf-8")
            secrets = core.SecretsCollection()
            secrets.scan_file(str(file))
        return {owners[found.line_number - 1] for _, found in secrets}

    return f"detect-secrets {version}", scan


def compared(name: str, scan: Scanner, made: Any, count: int, rounds: int) -> Result:
    """Return what a scanner does with the same lines as the others."""
    canaries = made.canaries(count)
    secret: Lines = [canary.text for canary in canaries]
    harmless: Lines = [text for _, text in made.harmless(count)]
    found, wrong = scan(secret), scan(harmless)
    missed: dict[str, int] = {}
    for at, canary in enumerate(canaries):
        if at not in found:
            missed[canary.kind] = missed.get(canary.kind, 0) + 1
    lines = sum(text.count("\n") + 1 for text in (*secret, *harmless))
    seconds = best(lambda: (scan(secret), scan(harmless)), rounds)
    return Result(
        name=name,
        found=len(found),
        canaries=count,
        wrong=len(wrong),
        harmless=count,
        us_per_line=seconds / lines * 1e6,
        missed=missed,
    )


def outputs() -> dict[str, str]:
    """Return tool outputs of 10 KB, the last of them as bad as it gets."""
    files = sorted((_ROOT / "core").rglob("*.py"))
    source = "".join(file.read_text("utf-8") for file in files[:40])
    prose = "".join(
        file.read_text("utf-8") for file in sorted((_ROOT / "docs").glob("*.md"))
    )
    names = [str(file.relative_to(_ROOT)) for file in files]
    listing = "".join(
        f"-rw-r--r-- 1 me me 4096 Nov 21 08:00 {name}\n" for name in names
    )
    tests = "".join(
        f"tests/{Path(name).parent}/test_{at}.py::test_{at} PASSED [{at}%]\n"
        for at, name in enumerate(names)
    )
    rows = [
        {"id": at, "key": f"k{at}", "url": "https://example.org"} for at in range(400)
    ]
    settings = "API_KEY=${API_KEY}\npassword: str = None\ntoken = get_token()\n"
    found = {
        "source code": source,
        "documentation": prose,
        "directory listing": listing * 9,
        "test run": tests * 9,
        "JSON with `key` members": json.dumps(rows),
        "nothing but settings": settings * 400,
    }
    return {name: text[:_SIZE] for name, text in found.items()}


def looked_for(text: str, times: int) -> list[bool]:
    """Look for what is not there, so many times: the least that any search takes."""
    return [("zzzq" in text) for _ in range(times)]


def timed(rounds: int) -> list[dict[str, Any]]:
    """Return what redacting an event with each output costs."""
    redactor = Redactor(b"bench" * 7)
    filters = hyperscan_filter()
    rows = []
    for name, text in outputs().items():
        event = {"tool": "shell", "response": {"stdout": text, "stderr": ""}}
        redactor.redact(event)  # compiles what it needs
        ms = best(partial(redactor.redact, event), rounds) * 1e3
        floor = best(partial(looked_for, text, 50), rounds) / 50
        times_floor = ms / 1e3 / floor
        row: dict[str, Any] = {
            "output": name,
            "ms": ms,
            "times_floor": times_floor,
            "reference_ms": times_floor * _REFERENCE_FLOOR / 1e3,
        }
        if filters is not None:
            row["hyperscan_filter_ms"] = best(partial(filters, text), rounds) * 1e3
        rows.append(row)
    return rows


def hyperscan_filter() -> Callable[[str], object] | None:
    """Return a filter that tells which keywords are in a text, None without it."""
    try:
        hyperscan: Any = importlib.import_module("hyperscan")
    except ImportError:
        return None
    exact = [word for rule in RULES for word in rule.keywords]
    words = [*exact, *telling.WORDS, *around.WORDS]
    single, caseless = hyperscan.HS_FLAG_SINGLEMATCH, hyperscan.HS_FLAG_CASELESS
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[re.escape(word).encode() for word in words],
        ids=list(range(len(words))),
        elements=len(words),
        flags=[
            single if at < len(exact) else single | caseless for at in range(len(words))
        ],
    )
    return lambda text: database.scan(
        text.encode("utf-8", "surrogatepass"), match_event_handler=lambda *_: None
    )


def show(results: list[Result], rows: list[dict[str, Any]]) -> None:
    console = Console()
    table = Table(title="the same lines", title_justify="left")
    for column in ("scanner", "secrets found", "harmless lines taken", "us a line"):
        table.add_column(column, justify="left" if column == "scanner" else "right")
    for result in results:
        recall = result.found / result.canaries
        wrong = result.wrong / result.harmless
        table.add_row(
            result.name,
            f"{result.found} of {result.canaries} ({recall:.1%})",
            f"{result.wrong} of {result.harmless} ({wrong:.1%})",
            f"{result.us_per_line:.1f}",
        )
    console.print(table)
    if len(results) > 1:
        times = results[1].us_per_line / results[0].us_per_line
        console.print(f"{results[1].name} takes {times:.0f} times as long a line")
    table = Table(title="one event with 10 KB of output", title_justify="left")
    for column in ("output", "ms", "times the floor", "ms on the reference machine"):
        table.add_column(column, justify="left" if column == "output" else "right")
    for row in rows:
        table.add_row(
            row["output"],
            f"{row['ms']:.2f}",
            f"{row['times_floor']:.0f}",
            f"{row['reference_ms']:.2f}",
        )
    console.print(table)
    if "hyperscan_filter_ms" in rows[0]:
        cost = max(row["hyperscan_filter_ms"] for row in rows)
        console.print(f"hyperscan as the keyword filter: {cost:.3f} ms at most")
    console.print(f"the bar: {_BAR_MS:.0f} ms on the reference machine")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    count = 200 if options.quick else options.count
    rounds = 2 if options.quick else options.rounds
    made = generator()
    scanners = [ours(), *(each for each in (theirs(),) if each is not None)]
    # The other scanner takes a hundred times as long: one round will do.
    results = [
        compared(name, scan, made, count, rounds if at == 0 else 1)
        for at, (name, scan) in enumerate(scanners)
    ]
    rows = timed(rounds * 5)
    if options.json:
        found = {"lines": [asdict(result) for result in results], "outputs": rows}
        print(json.dumps(found, indent=2))
        return
    show(results, rows)


if __name__ == "__main__":
    main()
