"""The daemon as the stdio server uses it: started when needed, asked for tools.

Every call has a connection of its own, so that nothing rests on one daemon living as
long as an agent's session. Safe to be used by many threads.
"""

from __future__ import annotations

import json
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from ...errors import ServiceError
from ...paths import Paths
from ...service.client import VERSION
from ...service.connect import DaemonConnection, DaemonLeftError
from ...service.lifetime import (
    SOCKET,
    is_listening,
    last_words,
    make_run_directory,
)

Tools = list[dict[str, Any]]
#: The list of tools as it was last seen, in the run directory.
CACHE = "mcp-tools.json"
#: Seconds for a list; making it takes milliseconds.
_LIST_S = 10.0
#: Seconds after which a daemon that is there and says nothing is given up.
_ANSWER_S = 6.0
_PAUSE_S = 0.05
_STARTER = (
    "import os\n"
    "from hookwright.core.errors import ServiceError\n"
    "from hookwright.core.paths import find_paths\n"
    "from hookwright.core.service.lifetime import start\n"
    "try:\n"
    "    start(find_paths(), os.environ)\n"
    "except (ServiceError, OSError):\n"
    "    os._exit(1)\n"
)


class DaemonTools:
    """Lists and calls the tools of whichever daemon runs.

    :param cwd: the session's directory, absolute: tools are called as from there.
    """

    def __init__(self, paths: Paths, cwd: str) -> None:
        self._paths = paths
        self._cwd = cwd
        self._starting = threading.Lock()
        #: When a start failed last, in monotonic seconds, and why.
        self._failed = -math.inf
        self._failure = ""

    @property
    def is_up(self) -> bool:
        """Return whether a daemon listens."""
        return is_listening(self._paths)

    def start(self) -> None:
        """Start a daemon unless one runs, and wait until it listens.

        :raises ServiceError: it does not come up; the text has its last words.
        """
        asked = time.monotonic()
        with self._starting:
            if self.is_up:
                return
            # Who waited for a start that failed does not wait for another one.
            if self._failed < asked:
                self._failure = self._start()
                self._failed = time.monotonic()
            if self._failure:
                raise ServiceError(
                    f"Hookwright's daemon does not come up: {self._failure}"
                )

    def identity(self) -> tuple[int, int]:
        """Return what changes when another daemon listens; (0, 0) when none does."""
        try:
            state = os.stat(self._paths.run / SOCKET)
        except OSError:
            return 0, 0
        return state.st_ino, state.st_mtime_ns

    def list(self) -> Tools:
        """Return the tools that the daemon offers now.

        :raises ServiceError: there is no daemon to ask.
        """
        with self._connection() as daemon:
            tools: Tools = daemon.call("tools", timeout=_LIST_S)
        self.remember(tools)
        return tools

    def remembered(self) -> Tools | None:
        """Return the tools that a daemon of this version offered last, if known."""
        try:
            found = json.loads((self._paths.run / CACHE).read_bytes())
            return found["tools"] if found["version"] == VERSION else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def remember(self, tools: Tools) -> None:
        """Keep the tools for a session that begins while no daemon runs."""
        if tools == self.remembered():
            return
        file = self._paths.run / CACHE
        draft = file.with_name(f"{CACHE}.{os.getpid()}.{threading.get_ident()}.new")
        # It is there to be quick; without it the daemon is asked.
        with suppress(OSError):
            draft.write_text(json.dumps({"version": VERSION, "tools": tools}))
            os.replace(draft, file)

    def call(
        self,
        name: str,
        arguments: Mapping[str, Any],
        began: Callable[[DaemonConnection], None],
        *,
        again: bool,
    ) -> Any:
        """Call a tool and return its result, a JSON value.

        :param began: given the connection, to `abort` it.
        :param again: whether it may be sent once more when the daemon left meanwhile:
            what one that died has done cannot be told.
        :raises HookwrightError: it cannot be done, or the daemon left meanwhile.
        """
        wanted: dict[str, Any] = {
            "name": name,
            "arguments": dict(arguments),
            "from_agent": True,
            "cwd": self._cwd,
        }
        with self._connection() as daemon:
            began(daemon)
            try:
                return daemon.call("tool", **wanted)
            except DaemonLeftError as error:
                if not again:
                    raise ServiceError(
                        f"{name} was begun and did not end ({error}); look whether it "
                        "was done before calling it again"
                    ) from error
        return self.call(name, arguments, began, again=False)

    def _start(self) -> str:
        """Start a daemon; return why it does not come up, or ""."""
        try:
            make_run_directory(self._paths)
        except OSError as error:
            return f"{error.filename}: {error.strerror}"
        except ServiceError as error:
            return str(error)
        # A process of its own: one that has threads must not fork.
        if _spawn([sys.executable, "-P", "-c", _STARTER]) == 0:
            return ""
        return last_words(self._paths) or f"see {self._paths.logs}"

    def _connection(self) -> DaemonConnection:
        deadline = time.monotonic() + _ANSWER_S
        # One of another version is told to leave by this, and there is none then.
        while (found := DaemonConnection.open(self._paths)) is None:
            if time.monotonic() > deadline:
                raise ServiceError(
                    "Hookwright's daemon does not answer; run hookwright doctor"
                )
            self.start()
            # It may be one that is just leaving.
            time.sleep(_PAUSE_S)
        return found


def _spawn(command: list[str]) -> int:
    """Run a program without our input and output; return its exit code."""
    nothing = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)]
    pid = os.posix_spawn(
        command[0],
        command,
        os.environ,
        file_actions=nothing,
        setsigdef=[signal.SIGINT, signal.SIGTERM],
    )
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
