"""Text for people and JSON for programs, on standard output.

Whatever an agent, a model or a repository wrote may hold terminal escapes, so every
text goes through `plain` before it reaches a terminal. pydantic and rich are imported
by the functions that need them: most commands are over sooner than rich is imported.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import TypeAdapter
    from rich.console import Console, RenderableType

#: Wider than this, a table is harder to read, not easier.
MAX_WIDTH = 120
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_UNITS = ("B", "KB", "MB", "GB")


def console(*, stderr: bool = False) -> Console:
    """Return a console on the present standard output or standard error.

    Colour only on a terminal and without `NO_COLOR`; 80 columns elsewhere.
    """
    from rich.console import Console

    made = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    made.width = min(made.width, MAX_WIDTH)
    return made


def plain(text: str) -> str:
    """Return text with control characters shown as `\\x1b` instead of obeyed."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def write(text: str, *, flush: bool = False) -> None:
    """Write lines for a person."""
    sys.stdout.write(plain(text).rstrip("\n") + "\n")
    if flush:
        sys.stdout.flush()


def warn(text: str) -> None:
    """Write one line to standard error."""
    sys.stderr.write(plain(text).rstrip("\n") + "\n")


def to_json(value: object) -> Any:
    """Return value as plain JSON values; pydantic models and dataclasses included."""
    return _json_adapter().dump_python(value, mode="json", serialize_as_any=True)


@cache
def _json_adapter() -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(Any)


def write_json(value: object, *, indent: int | None = 2, flush: bool = False) -> None:
    """Write value as JSON; `indent` None puts it on one line."""
    sys.stdout.write(
        json.dumps(to_json(value), indent=indent, ensure_ascii=False) + "\n"
    )
    if flush:
        sys.stdout.flush()


def write_table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = ""
) -> None:
    """Write a table that fits the terminal; long cells are folded.

    A column whose name starts with `>` is aligned to the right.
    """
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
        title=title or None,
        title_justify="left",
        title_style="bold",
        header_style="bold",
        show_header=any(columns),
    )
    for column in columns:
        table.add_column(
            column.removeprefix(">"),
            justify="right" if column.startswith(">") else "left",
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(Text(plain(cell(value))) for value in row))
    write_rendered(table)


def write_rendered(rendered: RenderableType) -> None:
    """Write what rich can render, without the blanks it puts at the ends of lines."""
    screen = console()
    with screen.capture() as captured:
        screen.print(rendered)
    lines = (line.rstrip() for line in captured.get().splitlines())
    sys.stdout.write("\n".join(lines) + "\n")


def cell(value: object) -> str:
    """Return one value as a table shows it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    if isinstance(value, datetime):
        return local_time(value)
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(cell(item) for item in value) or "-"
    if isinstance(value, dict):
        return ", ".join(f"{key} {cell(item)}" for key, item in value.items()) or "-"
    return str(value)


def local_time(when: datetime) -> str:
    """Return a time as people of this machine read it, to the second."""
    return when.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def ago(when: datetime, now: datetime | None = None) -> str:
    """Return how long ago a time was: `12 s ago`, `3 h ago`."""
    seconds = max(0.0, ((now or datetime.now(UTC)) - when).total_seconds())
    for size, unit in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {'day' if (unit, count) == ('days', 1) else unit} ago"
    return f"{int(seconds)} s ago"


def size(count: int) -> str:
    """Return a number of bytes with its unit: `512 MB`, `1.5 KB`."""
    number = float(count)
    for unit in _UNITS:
        if number < 1024 or unit == _UNITS[-1]:
            break
        number /= 1024
    return f"{number:.1f}".removesuffix(".0") + f" {unit}"


@contextmanager
def progress(text: str) -> Iterator[Callable[[str], None]]:
    """Show on a terminal's standard error that something takes time.

    What it yields takes another text to show.
    """
    screen = console(stderr=True)
    if not screen.is_terminal:
        yield lambda _text: None
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn

    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        console=screen,
        transient=True,
    ) as shown:
        task = shown.add_task(plain(text))
        yield lambda now: shown.update(task, description=plain(now))
