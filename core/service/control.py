"""What the command line and other surfaces may ask of the running daemon."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel

from hookwright.hookspecs import StatusQuery

from ..errors import StoreError, UnknownNameError
from ..store import Store
from ..worktree import locate_project
from .eventlog import Line, tail
from .runtime import Runtime
from .wire import VERSION, Reply

if TYPE_CHECKING:
    from .answering import Answering
    from .door import Send

R = TypeVar("R")
Arguments = Mapping[str, Any]


class Control:
    """The operations, by name: each takes JSON arguments and gives a JSON value."""

    #: Understood by every version, so that any program can tell any daemon to leave.
    ANY_VERSION = frozenset(("ping", "status", "stop"))

    def __init__(
        self, runtime: Runtime, answering: Answering, leave: Callable[[str], None]
    ) -> None:
        self._runtime = runtime
        self._answering = answering
        self._leave = leave
        #: What the daemon adds to its status.
        self.about: Callable[[], dict[str, Any]] = dict
        #: Called after the settings were read again.
        self.reloaded: Callable[[], None] = lambda: None

    async def run(self, name: str, arguments: Arguments, send: Send) -> Any:
        """Run one operation; return its result as a JSON value.

        :raises HookwrightError: it cannot be done; the text is for people.
        """
        if name == "events":
            return await self._events(arguments, send)
        operation = self._operations().get(name)
        if operation is None:
            known = ", ".join(sorted([*self._operations(), "events"]))
            raise UnknownNameError(f"there is no operation {name!r}; known: {known}")
        return await operation(arguments)

    def _operations(self) -> dict[str, Callable[[Arguments], Awaitable[Any]]]:
        return {
            "backup": self._backup,
            "check": self._check,
            "compact": self._compact,
            "flush": self._flush,
            "ping": self._ping,
            "plugins": self._plugins,
            "reload": self._reload,
            "stats": self._stats,
            "status": self._status,
            "status_line": self._status_line,
            "stop": self._stop,
            "tail": self._tail,
            "tool": self._tool,
            "tools": self._tools,
        }

    async def _ping(self, _arguments: Arguments) -> Any:
        return {"pid": os.getpid(), "version": VERSION}

    async def _status(self, _arguments: Arguments) -> Any:
        runtime = self._runtime
        return {
            "pid": os.getpid(),
            "version": VERSION,
            "data": str(runtime.paths.data),
            "events": self._answering.count,
            "sessions_busy": self._answering.lanes.busy,
            "notes": runtime.notes,
            "problem": runtime.problem,
            **self.about(),
        }

    async def _status_line(self, arguments: Arguments) -> Any:
        cwd = str(arguments["cwd"])

        def line() -> str:
            query = StatusQuery(project=locate_project(cwd), cwd=cwd)
            return self._runtime.status_line(query)

        return await self._answering.in_worker(line)

    async def _stop(self, _arguments: Arguments) -> Any:
        self._leave("asked to")
        return {"pid": os.getpid()}

    async def _plugins(self, _arguments: Arguments) -> Any:
        return plain(self._runtime.host.report())

    async def _tool(self, arguments: Arguments) -> Any:
        def call() -> Any:
            return self._runtime.call_tool(
                str(arguments["name"]),
                dict(arguments.get("arguments", {})),
                from_agent=arguments.get("from_agent") is not False,
                cwd=str(arguments.get("cwd", "")),
            )

        return await self._answering.in_worker(call)

    async def _tools(self, _arguments: Arguments) -> Any:
        return await self._answering.in_worker(self._runtime.tools)

    async def _flush(self, arguments: Arguments) -> Any:
        reason = str(arguments.get("reason", "command"))

        def flush() -> Any:
            self._answering.take_over()
            self._answering.lanes.drain(2.0)
            return plain(self._runtime.must_flush(reason))

        return await self._answering.in_worker(flush)

    async def _reload(self, _arguments: Arguments) -> Any:
        problems = await self._answering.in_worker(self._runtime.reload)
        self.reloaded()
        return problems

    async def _stats(self, _arguments: Arguments) -> Any:
        return await self._with_store(lambda store: store.stats())

    async def _check(self, _arguments: Arguments) -> Any:
        return await self._with_store(lambda store: store.check())

    async def _compact(self, _arguments: Arguments) -> Any:
        return await self._with_store(lambda store: list(store.compact()))

    async def _backup(self, arguments: Arguments) -> Any:
        target = Path(str(arguments["target"]))
        return await self._with_store(lambda store: store.backup(target))

    async def _tail(self, arguments: Arguments) -> Any:
        count = int(arguments.get("count", 20))
        logs = self._runtime.paths.logs
        return await self._answering.in_worker(lambda: tail(logs, count))

    async def _with_store(self, work: Callable[[Store], R]) -> Any:
        store = self._runtime.store
        if store is None:
            raise StoreError(self._runtime.problem)
        found = store
        return plain(await self._answering.in_worker(lambda: work(found)))

    async def _events(self, arguments: Arguments, send: Send) -> None:
        """Send events as they happen until the subscriber leaves."""
        loop = asyncio.get_running_loop()
        waiting: asyncio.Queue[Line] = asyncio.Queue()

        def tell(event: Line) -> None:
            loop.call_soon_threadsafe(waiting.put_nowait, event)

        for event in self._runtime.events.recent(int(arguments.get("recent", 0))):
            waiting.put_nowait(event)
        unsubscribe = self._runtime.events.subscribe(tell)
        try:
            # An empty reply now and then finds out whether anybody still listens.
            while send(Reply()):
                try:
                    event = await asyncio.wait_for(waiting.get(), 1.0)
                except TimeoutError:
                    continue
                if not send(Reply(stdout=json.dumps({"event": event}).encode())):
                    return
        finally:
            unsubscribe()


def plain(value: Any) -> Any:
    """Return a pydantic model, or a list of them, as JSON values."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value
