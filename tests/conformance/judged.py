"""A workplace whose Hookwright has a sample plugin, installed with pip."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .scripted_model import Call, ScriptedModel

if TYPE_CHECKING:
    from .conftest import Workplace

SAMPLES = Path(__file__).parents[1] / "sample_plugins"
#: What the sample plugin `judge` says.
DENIED = "The judge denies this command."
ASKED = "The judge wants a person to see this command."
TOLD_WITH_CALL = "The judge says this with the call."
REFUSED = "The judge refuses this prompt."
TOLD_WITH_PROMPT = "The judge says this with the prompt."
TOLD_AT_START = "The judge says this as the session starts."


@dataclass
class ActingModel(ScriptedModel):
    """Does something before a step is played, once."""

    before: Mapping[int, Callable[[], object]] = field(default_factory=dict)
    _done: set[int] = field(default_factory=set)

    def answer(self, body: dict[str, Any]) -> Call | str:
        said = super().answer(body)
        step = len(self.wire.read(body).results)
        if isinstance(said, Call) and step in self.before and step not in self._done:
            self._done.add(step)
            self.before[step]()
        return said


def add_sample(place: Workplace, name: str, folder: Path) -> None:
    """Give the workplace a Python of its own in folder, with that sample plugin."""
    venv.create(folder / "python", with_pip=False, symlinks=True)
    base = {"base": str(folder / "python")}
    site = Path(sysconfig.get_path("purelib", vars=base, scheme="posix_prefix"))
    # What the tests run with, `.pth` files (an editable install) included.
    ours = sysconfig.get_path("purelib")
    (site / "ours.pth").write_text(f"import site; site.addsitedir({ours!r})\n")
    copy = folder / name
    shutil.copytree(SAMPLES / name, copy)
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, "--target", site, copy],
        check=True,
    )
    place.python = str(folder / "python" / "bin" / "python")


def daemons(place: Workplace) -> Iterator[int]:
    """Yield the process ids of the workplace's daemons."""
    mark = f"HOOKWRIGHT_DATA_DIR={place.data}\0".encode()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with suppress(OSError):  # it ended while we looked
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if b"hookwright.core.service.daemon" not in words:
                continue
            if mark in (entry / "environ").read_bytes():
                yield int(entry.name)
