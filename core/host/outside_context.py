"""What a plugin is handed in its worker process: the daemon answers it.

It implements `hookspecs.PluginContext`. Each use is a question to the daemon over the
channel of the call under way, so it ends with the call.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import BaseModel

from hookwright.hookspecs import Key, Record, RecordType

from ..errors import PluginError
from .channel import Channel, ChannelError
from .messages import Ask, Raised, type_name, unreadable

C = TypeVar("C", bound=BaseModel)
M = TypeVar("M", bound=Record)


class Desk:
    """Where one call asks the daemon; a plugin's threads take turns."""

    def __init__(self, plugin: str, channel: Channel) -> None:
        self.plugin = plugin
        self._channel = channel
        self._lock = threading.Lock()
        self._over = False

    def ask(self, service: str, *arguments: Any, **named: Any) -> Any:
        """Return the daemon's answer.

        :raises Exception: what the service raised there.
        """
        with self._lock:
            self.check(service)
            try:
                self._channel.send(Ask(service, arguments, named), asks=True)
                answer = self._channel.receive()
            except ChannelError as error:
                raise unreadable(error, f"what context.{service} takes or gives") from (
                    error
                )
        if isinstance(answer, Raised):
            raise answer.error or PluginError(answer.text)
        return answer.value

    def check(self, service: str) -> None:
        """Refuse what comes after the call.

        :raises PluginError: the call has ended.
        """
        if self._over:
            raise PluginError(
                f"plugin {self.plugin}: context.{service} was used after its call had "
                "ended; use it inside the hook or tool only"
            )

    def close(self) -> None:
        """Refuse everything from now on, once what is being asked is answered."""
        with self._lock:
            self._over = True


class OutsideStore:
    """The store as the call sees it; implements `hookspecs.RecordStore`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def get(self, record_type: RecordType[M], *key: str) -> M | None:
        """Return the record under key, or None."""
        return cast("M | None", self._desk.ask("get", type_name(record_type), *key))

    def scan(
        self,
        record_type: RecordType[M],
        *prefix: str,
        reverse: bool = False,
        limit: int | None = None,
    ) -> Iterator[M]:
        """Yield the records whose key begins with prefix, in key order."""
        self._desk.check("store")
        how = {"reverse": reverse, "limit": limit}
        return self._records("scan", record_type, *prefix, **how)

    def find(self, record_type: RecordType[M], index: str, value: str) -> Iterator[M]:
        """Yield the records that `index` lists under value, in key order.

        :raises KeyError: the record type declares no such index.
        """
        self._desk.check("store")
        if index not in record_type.indexes:
            raise KeyError(f"{record_type.name} has no index {index!r}")
        return self._records("find", record_type, index, value)

    def count(self, record_type: RecordType[M], *prefix: str) -> int:
        """Return how many records there are under prefix."""
        return int(self._desk.ask("count", type_name(record_type), *prefix))

    def put(self, record_type: RecordType[M], record: M) -> None:
        """Write the record, replacing what its key held."""
        self._desk.ask("put", type_name(record_type), record)

    def put_if_absent(self, record_type: RecordType[M], record: M) -> None:
        """Write the record unless its key holds one when the write is applied."""
        self._desk.ask("put_if_absent", type_name(record_type), record)

    def merge(self, record_type: RecordType[M], key: Key, /, **changes: object) -> None:
        """Merge changes into the record under key, by the type's merge policy."""
        self._desk.ask("merge", type_name(record_type), key, **changes)

    def delete(self, record_type: RecordType[M], *key: str) -> None:
        """Remove the record under key; nothing happens when there is none."""
        self._desk.ask("delete", type_name(record_type), *key)

    def _records(
        self, service: str, record_type: RecordType[M], *arguments: str, **how: Any
    ) -> Iterator[M]:
        number, piece, is_last = self._desk.ask(
            service, type_name(record_type), *arguments, **how
        )
        while True:
            yield from piece
            if is_last:
                return
            piece, is_last = self._desk.ask("more", number)


class OutsideContext:
    """One call's context; implements `hookspecs.PluginContext`."""

    def __init__(self, desk: Desk, log: logging.Logger, from_agent: bool) -> None:
        self._desk = desk
        self.log = log
        #: Whether an agent, not a person, made this call.
        self.from_agent = from_agent
        self.store = OutsideStore(desk)

    @property
    def name(self) -> str:
        """The plugin's name."""
        return self._desk.plugin

    @property
    def state_dir(self) -> Path:
        """A directory of the plugin's own, made at first use (mode 0700)."""
        found: Path = self._desk.ask("state_dir")
        return found

    def config(self, model: type[C]) -> C:
        """Return the plugin's validated config, an instance of its config model."""
        config = self._desk.ask("config")
        if not isinstance(config, model):
            raise PluginError(
                f"plugin {self.name}: its config model is {type(config).__name__}, "
                f"not {model.__name__}; name that model in PluginInfo(config=...)"
            )
        return config

    def now(self) -> datetime:
        """Return the time in UTC; it never goes backwards."""
        now: datetime = self._desk.ask("now")
        return now

    def new_id(self) -> str:
        """Return a ULID: 26 characters that sort by time and never repeat."""
        return str(self._desk.ask("new_id"))

    def redact(self, text: str) -> str:
        """Return text with every secret replaced by its token."""
        return str(self._desk.ask("redact", text))

    def call_hook(self, hook: str, /, **arguments: object) -> list[Any]:
        """Call a hook that a plugin specified; return the results, failures left out.

        :raises LookupError: no loaded plugin specifies that hook.
        """
        results: list[Any] = self._desk.ask("call_hook", hook, **arguments)
        return results
