"""Real processes for the service's tests, each of them ended by its number."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import threading
import time
import venv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import pytest

from hookwright.core.paths import Paths
from hookwright.core.service import client, lifetime, wire
from hookwright.core.service.connect import DaemonConnection
from hookwright.core.service.intake import RawDelivery
from hookwright.core.service.runtime import Runtime

_SOURCE = Path(__file__).with_name("sample_plugin.py")


@pytest.fixture(scope="session")
def sample() -> ModuleType:
    """Return the sample plugin's module."""
    spec = importlib.util.spec_from_file_location("sample_plugin", _SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["sample_plugin"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def open_runtime(paths: Paths, sample: ModuleType) -> Iterator[Callable[..., Runtime]]:
    """Return what opens a runtime with the sample plugin; each is closed."""
    opened: list[Runtime] = []

    def open_one(**more: Any) -> Runtime:
        plugins = [(sample, "sample")]
        runtime = Runtime.open(paths, entry_points=False, plugins=plugins, **more)
        opened.append(runtime)
        return runtime

    yield open_one
    for runtime in opened:
        runtime.close("")


class MakeRaw(Protocol):
    def __call__(
        self,
        event: str,
        text: str = "",
        *,
        session: str = "s1",
        host: str = "sample",
        stdin: bytes | None = None,
        number: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> RawDelivery: ...


@pytest.fixture
def raw(tmp_path: Path) -> MakeRaw:
    """Return a maker of deliveries of the sample agent host."""

    def make(
        event: str,
        text: str = "",
        *,
        session: str = "s1",
        host: str = "sample",
        stdin: bytes | None = None,
        number: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> RawDelivery:
        payload = {"event": event, "text": text, "session": session}
        return RawDelivery(
            id=os.urandom(10).hex() if number is None else f"{number:020x}",
            agent_host=host,
            arguments=(event,),
            cwd=str(tmp_path),
            environment=environment or {},
            stdin=json.dumps(payload).encode() if stdin is None else stdin,
        )

    return make


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Return a folder in which the sample plugin is installed."""
    folder = tmp_path / "site"
    info = folder / "sample_plugin-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / "sample_plugin.py").write_text(_SOURCE.read_text("utf-8"))
    (info / "METADATA").write_text("Name: sample-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[hookwright]\nsample = sample_plugin\n")
    return folder


def wait_for(done: Callable[[], Any], seconds: float = 15.0) -> Any:
    """Wait until something is true; return it."""
    deadline = time.monotonic() + seconds
    while not (found := done()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return found


@pytest.fixture
def until() -> Callable[..., Any]:
    """Return `wait_for`."""
    return wait_for


class StartDaemon(Protocol):
    def __call__(self, **variables: str) -> subprocess.Popen[bytes]: ...


@pytest.fixture
def start_daemon(paths: Paths, site: Path) -> Iterator[StartDaemon]:
    """Return what starts a daemon that has the sample plugin, and waits for it."""
    started: list[subprocess.Popen[bytes]] = []

    def start(**variables: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "hookwright.core.service.daemon"],
            env={**os.environ, "PYTHONPATH": str(site), **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        started.append(process)

        def ready() -> bool:
            assert process.poll() is None, process.communicate()[1].decode()
            return (lifetime.holder(paths) or {}).get("pid") == process.pid and (
                lifetime.is_listening(paths)
            )

        wait_for(ready)
        return process

    yield start
    for process in started:
        process.terminate()
        try:
            process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


class Ask(Protocol):
    def __call__(
        self,
        payload: dict[str, str],
        *,
        flags: str = "",
        number: int | None = None,
        version: str = wire.VERSION,
        timeout: float = 10.0,
    ) -> bytes: ...


@pytest.fixture
def ask(paths: Paths, tmp_path: Path) -> Ask:
    """Return what sends one event as the client does, without a process for it."""
    connecting = threading.Lock()

    def send(
        payload: dict[str, str],
        *,
        flags: str = "",
        number: int | None = None,
        version: str = wire.VERSION,
        timeout: float = 10.0,
    ) -> bytes:
        delivery = os.urandom(10).hex() if number is None else f"{number:020x}"
        words = f"sample\0{payload['event']}"
        fields = [version, delivery, flags, words, str(tmp_path), ""]
        stdin = json.dumps(payload).encode()
        with connecting:  # it changes the process's directory for a moment
            connection = client.connect(os.fsencode(paths.run))
        request = wire.encode(wire.HOOK, [*(f.encode() for f in fields), stdin])
        try:
            return client.ask(connection, request, timeout)
        finally:
            connection.close()

    return send


@pytest.fixture
def tell(paths: Paths) -> Callable[..., Any]:
    """Return what runs an operation of the daemon."""

    def run(op: str, **args: Any) -> Any:
        connection = DaemonConnection.open(paths)
        assert connection is not None
        with connection:
            return connection.call(op, timeout=20, **args)

    return run


@pytest.fixture
def seen_in(tell: Callable[..., Any]) -> Callable[[str], Any]:
    """Return what gives the sample plugin's record of a session."""
    return lambda session: tell("tool", name="seen", arguments={"session": session})


@pytest.fixture
def hold(paths: Paths) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Return what starts a process that holds a lock, and does what it is told."""
    held: list[subprocess.Popen[bytes]] = []

    def begin(lock: str, then: str = "") -> subprocess.Popen[bytes]:
        lifetime.make_run_directory(paths)
        script = (
            "import signal, sys, time\n"
            "from hookwright.core.paths import find_paths\n"
            "from hookwright.core.service.locks import InstanceLock, StartLock\n"
            f"lock = {lock}(find_paths())\n"
            f"lock.acquire({'0.0' if lock == 'InstanceLock' else ''})\n"
            f"{then}\n"
            "print(flush=True)\n"
            "time.sleep(60)\n"
        )
        command = [sys.executable, "-c", script]
        held.append(subprocess.Popen(command, stdout=subprocess.PIPE))
        stdout = held[-1].stdout
        assert stdout is not None
        stdout.readline()
        return held[-1]

    yield begin
    for process in held:
        process.kill()
        process.communicate()


@dataclass(frozen=True)
class Installed:
    """Another Hookwright of the same machine."""

    python: Path
    client: Path
    version: str

    def run_client(self, *words: str, stdin: bytes) -> tuple[int, bytes, bytes]:
        """Run its client as an agent host does; return what came of it."""
        command = [str(self.python), "-I", "-S", str(self.client), *words]
        found = subprocess.run(
            command, input=stdin, capture_output=True, timeout=60, check=False
        )
        return found.returncode, found.stdout, found.stderr


@pytest.fixture
def install(tmp_path: Path) -> Callable[[str], Installed]:
    """Return what installs Hookwright as another version, beside this one."""

    def make(version: str) -> Installed:
        place = tmp_path / f"version-{version}"
        parts = Path(client.__file__).parents[2]
        for part in ("core", "hookspecs", "plugins"):
            shutil.copytree(
                parts / part,
                place / "tree" / "hookwright" / part,
                ignore=shutil.ignore_patterns("__pycache__"),
            )
        copy = place / "tree" / "hookwright" / "core" / "service" / "client.py"
        source = copy.read_text("utf-8")
        assert source.count(f'VERSION = "{wire.VERSION}"') == 1
        copy.write_text(source.replace(f'"{wire.VERSION}"', f'"{version}"'))
        venv.create(place / "python", symlinks=True, with_pip=False)
        packages = sysconfig.get_path("purelib", vars={"base": str(place / "python")})
        lines = (str(place / "tree"), sysconfig.get_path("purelib"))
        Path(packages, "other.pth").write_text("\n".join(lines))
        return Installed(place / "python" / "bin" / "python", copy, version)

    return make


class RunClient(Protocol):
    def __call__(
        self,
        *words: str,
        stdin: bytes | Mapping[str, Any] = b"",
        site: Path | None = None,
        cwd: Path | None = None,
        **variables: str,
    ) -> subprocess.CompletedProcess[bytes]: ...


@pytest.fixture
def run_client(daemons: Callable[[], list[int]], tmp_path: Path) -> RunClient:
    """Return what runs the client as an agent host does; the daemons are ended."""

    def run(
        *words: str,
        stdin: bytes | Mapping[str, Any] = b"",
        site: Path | None = None,
        cwd: Path | None = None,
        **variables: str,
    ) -> subprocess.CompletedProcess[bytes]:
        data = stdin if isinstance(stdin, bytes) else json.dumps(dict(stdin)).encode()
        python_path = {} if site is None else {"PYTHONPATH": str(site)}
        return subprocess.run(
            [sys.executable, "-I", "-S", client.__file__, *words],
            input=data,
            capture_output=True,
            cwd=cwd or tmp_path,
            env={**os.environ, **python_path, **variables},
            timeout=30,
            check=False,
        )

    return run
