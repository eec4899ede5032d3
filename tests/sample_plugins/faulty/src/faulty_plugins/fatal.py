"""Ends, freezes or soils its process when the text it is shown says so.

The text is a tool's command line or a prompt: `fatal exit` and so on, see `DEEDS`.
The variable `HOOKWRIGHT_FAULTY` has it end the process while it is loaded: `import`,
`register` or `startup`.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable

from hookwright.hookspecs import (
    Allow,
    PluginContext,
    PluginInfo,
    PromptSubmit,
    Tool,
    ToolAfter,
    ToolBefore,
    hookimpl,
)

DIES_AT = os.environ.get("HOOKWRIGHT_FAULTY", "")
if DIES_AT == "import":
    os._exit(41)


def loop() -> None:
    """Run for ever."""
    while True:
        pass


def hold() -> None:
    """Hold the interpreter for longer than anybody waits."""
    re.match(r"(a+)+$", "a" * 64 + "b")


def eat() -> None:
    """Take more memory than there should be."""
    _hoard.append(bytearray(2**31))


def leak() -> None:
    """Keep more memory with each call."""
    _hoard.append(bytearray(2**26))


def fork() -> None:
    """Leave a child that holds all that it inherited."""
    if not os.fork():
        time.sleep(3600)


def spawn() -> None:
    """Leave threads."""
    for _ in range(20):
        threading.Thread(target=time.sleep, args=(3600,), daemon=False).start()


def soil() -> None:
    """Close the standard streams, and print to what is there then."""
    os.closerange(0, 3)
    os.open(os.devnull, os.O_RDWR)
    os.write(0, b"this is no answer")
    with contextlib.suppress(OSError):
        sys.stdout.write("nor is this")
        sys.stdout.flush()


def close() -> None:
    """Close whatever is open."""
    os.closerange(0, 1024)


_hoard: list[bytearray] = []
DEEDS: dict[str, Callable[[], object]] = {
    "exit": lambda: os._exit(3),
    "segfault": lambda: ctypes.string_at(0),
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "loop": loop,
    "hold": hold,
    "sleep": lambda: time.sleep(3600),
    "late": lambda: time.sleep(1.1),
    "eat": eat,
    "leak": leak,
    "fork": fork,
    "spawn": spawn,
    "soil": soil,
    "close": close,
    "quit": lambda: sys.exit(5),
    "raise": lambda: 1 / 0,
}


def do(text: str) -> bool:
    """Do what the text says; return whether it said anything."""
    deed = DEEDS.get(text.removeprefix("fatal ")) if "fatal " in text else None
    if deed is not None:
        deed()
    return deed is not None


def faulty_fatal(context: PluginContext, text: str) -> int:
    """Do what the text says; give the process's number."""
    do(text)
    return os.getpid()


@hookimpl
def hookwright_plugin_info() -> PluginInfo:
    """Refuse what it could not judge, and run apart."""
    return PluginInfo(
        own_process=True,
        memory_limit_mb=768,
        on_gate_failure="deny",
        gate_budget_ms=1000,
        observe_budget_ms=1000,
    )


@hookimpl
def hookwright_register_tools() -> list[Tool]:
    """Offer it to people and agents too."""
    if DIES_AT == "register":
        os._exit(42)
    return [Tool(faulty_fatal)]


@hookimpl
def hookwright_startup() -> None:
    """Start, or not."""
    if DIES_AT == "startup":
        os._exit(43)


@hookimpl
def hookwright_tool_before(event: ToolBefore) -> Allow | None:
    """Do what the command line says; it lives on to tell of some of it."""
    return Allow(reason="fatal, and alive") if do(event.call.command) else None


@hookimpl
def hookwright_tool_after(event: ToolAfter) -> None:
    """Do what the command line says."""
    do(event.call.command)


@hookimpl
def hookwright_prompt_submit(event: PromptSubmit) -> None:
    """Do what the prompt says."""
    do(event.prompt)
