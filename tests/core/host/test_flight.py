from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from hookwright.core.host.flight import FILE, Flight, Recorder, read_flights
from hookwright.core.host.plugin import Plugin

GUARD = Plugin("guard", "some-dist", "1.0")
OTHER = Plugin("other", "some-dist", "2.0")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "run" / FILE


def test_a_call_is_in_the_file_while_it_is_under_way(file: Path) -> None:
    recorder = Recorder(file)
    assert read_flights(file) == []

    slot = recorder.enter(recorder.mark(GUARD, "hookwright_event"))

    assert read_flights(file) == [Flight("guard", "1.0", "hookwright_event")]
    recorder.leave(slot)
    assert read_flights(file) == []


def test_the_file_is_private_and_gone_after_an_orderly_end(file: Path) -> None:
    recorder = Recorder(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700

    slot = recorder.enter(recorder.mark(GUARD, "hookwright_event"))
    recorder.close()

    assert read_flights(file) == []
    # A thread that was left behind may still come back.
    recorder.leave(slot)
    recorder.leave(recorder.enter(recorder.mark(GUARD, "hookwright_event")))
    assert not file.exists()


def test_each_thread_has_a_slot_of_its_own_and_gives_it_back(file: Path) -> None:
    recorder = Recorder(file)
    inside, leave = threading.Barrier(101), threading.Event()

    def call(number: int) -> None:
        mark = recorder.mark(GUARD, f"hook_{number}")
        slot = recorder.enter(mark)
        inside.wait(30)
        leave.wait(30)
        recorder.leave(slot)

    for _ in range(3):
        threads = [threading.Thread(target=call, args=(n,)) for n in range(100)]
        for thread in threads:
            thread.start()
        inside.wait(30)
        assert {flight.hook for flight in read_flights(file)} == {
            f"hook_{number}" for number in range(100)
        }
        leave.set()
        for thread in threads:
            thread.join(30)
        assert read_flights(file) == []
        inside.reset()
        leave.clear()


def test_more_threads_than_slots_are_called_all_the_same(file: Path) -> None:
    recorder = Recorder(file)
    inside, leave = threading.Barrier(301), threading.Event()

    def call() -> None:
        slot = recorder.enter(recorder.mark(GUARD, "hook"))
        inside.wait(30)
        leave.wait(30)
        recorder.leave(slot)

    threads = [threading.Thread(target=call) for _ in range(300)]
    for thread in threads:
        thread.start()
    inside.wait(30)

    assert len(read_flights(file)) == 128
    leave.set()
    for thread in threads:
        thread.join(30)
    assert read_flights(file) == []


def test_a_plugin_that_waits_for_others_is_not_in_the_air(file: Path) -> None:
    recorder = Recorder(file)
    with recorder.during(recorder.mark(GUARD, "hookwright_event")):
        with recorder.aside():
            assert read_flights(file) == []
        assert [flight.plugin for flight in read_flights(file)] == ["guard"]
    with recorder.aside():
        assert read_flights(file) == []
    assert read_flights(file) == []


def test_names_that_are_too_long_are_cut_and_do_no_harm(file: Path) -> None:
    recorder = Recorder(file)
    long = Plugin("p" * 63, "dist", "v" * 400)

    with recorder.during(recorder.mark(long, "hookwright_event")):
        # Without its hook it cannot be told; nothing else is read wrongly.
        assert read_flights(file) == []
        with recorder.during(recorder.mark(OTHER, "hookwright_event")):
            assert [flight.plugin for flight in read_flights(file)] == ["other"]


@pytest.mark.parametrize(
    "content", [b"", b"\x01", b"\x01ab\0c", os.urandom(99), b"\x01" * 40_000]
)
def test_a_foreign_file_names_nobody(file: Path, content: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(content)

    assert read_flights(file) == []
    Recorder(file)
    assert read_flights(file) == []


def test_a_link_is_not_followed(file: Path, tmp_path: Path) -> None:
    file.parent.mkdir()
    target = tmp_path / "precious"
    target.write_text("precious")
    file.symlink_to(target)

    assert read_flights(file) == []
    with pytest.raises(OSError, match="symbolic link"):
        Recorder(file)
    assert target.read_text() == "precious"


PROGRAM = """
import os, sys
from pathlib import Path
from hookwright.core.host.flight import Recorder
from hookwright.core.host.plugin import Plugin
recorder = Recorder(Path(sys.argv[1]))
plugin = Plugin("guard", "some-dist", "1.0")
recorder.leave(recorder.enter(recorder.mark(plugin, "over")))
recorder.enter(recorder.mark(plugin, "under way"))
os.kill(os.getpid(), int(sys.argv[2]))
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGPROF])
def test_the_file_survives_the_process(file: Path, number: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, file, str(int(number))], check=False, timeout=60
    )

    assert done.returncode == -number
    assert read_flights(file) == [Flight("guard", "1.0", "under way")]
