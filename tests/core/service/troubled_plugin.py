"""A guard that gets into every kind of trouble, as the command it judges tells it."""

from __future__ import annotations

import ctypes
import os
import re
import resource
import signal
import subprocess
import sys
import time
from typing import Any

from hookwright.hookspecs import (
    Deny,
    Event,
    PluginConfig,
    PluginContext,
    PluginInfo,
    PromptSubmit,
    Record,
    RecordType,
    ToolAfter,
    ToolBefore,
    Verdict,
    hookimpl,
)


class Observed(Record):
    session: str
    delivery: str


OBSERVED = RecordType(
    name="observed",
    model=Observed,
    key=lambda seen: (seen.session, seen.delivery),
)


class GuardConfig(PluginConfig):
    secret_file: str = "vault.txt"


@hookimpl
def hookwright_plugin_info() -> PluginInfo:
    policy: Any = os.environ.get("HOOKWRIGHT_TEST_POLICY", "deny")
    return PluginInfo(config=GuardConfig, on_gate_failure=policy, gate_budget_ms=10_000)


@hookimpl
def hookwright_register_records() -> list[RecordType[Any]]:
    return [OBSERVED]


@hookimpl
def hookwright_tool_before(event: ToolBefore, context: PluginContext) -> Verdict | None:
    command = event.call.command
    if command.startswith("trouble "):
        TROUBLES[command.split()[1]]()
    if context.config(GuardConfig).secret_file in command:
        return Deny(reason="This file is not for you.")
    return None


@hookimpl
def hookwright_event(event: Event, context: PluginContext) -> None:
    if isinstance(event, ToolBefore | PromptSubmit | ToolAfter):
        record = Observed(session=event.session_id, delivery=event.id)
        context.store.put_if_absent(OBSERVED, record)
    if isinstance(event, ToolBefore) and event.call.command == "observe slowly":
        time.sleep(4)


def _sleep() -> None:
    time.sleep(3600)


def _backtrack() -> None:
    re.match(r"(a+)+$", "a" * 60 + "b")


def _exit() -> None:
    os._exit(3)


def _crash() -> None:
    ctypes.string_at(0)


def _abort() -> None:
    os.abort()


def _stop() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def _eat() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (64 * 2**20, 64 * 2**20))
    kept = []
    while True:
        kept.append(bytearray(2**20))


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _close() -> None:
    os.closerange(0, 256)
    time.sleep(3600)


def _leave_child() -> None:
    subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(3600)"])
    os._exit(0)


def _fork_child() -> None:
    if not os.fork():
        time.sleep(3600)
    os._exit(0)


def _print() -> None:
    sys.stdout.write('{"decision": "approve"}')
    sys.stdout.flush()
    os.write(1, b"{}")
    os._exit(0)


TROUBLES = {
    "sleep": _sleep,
    "backtrack": _backtrack,
    "exit": _exit,
    "crash": _crash,
    "abort": _abort,
    "stop": _stop,
    "eat": _eat,
    "kill": _kill,
    "close": _close,
    "leave-child": _leave_child,
    "fork-child": _fork_child,
    "print": _print,
}
