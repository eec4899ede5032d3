"""One event without a daemon.

What is only recorded is redacted and put in the spool with the standard library
alone: the daemon or the next flush does the rest. Everything else is answered in
this process by the same code as in the daemon (`direct.py`). `client.py` becomes
this: `python -P -m hookwright.core.service.cold ID FLAGS AGENT_HOST [ARGS...]`, the
event on standard input. Flags: `o` only record, `d` direct, `s` start a daemon,
`t` standard input is a terminal.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping, Sequence

from ..paths import PROJECT_CONFIG_FILE, Paths, find_paths
from . import cold_rules, quarantine
from .client import read_all, sent_environment, write_all
from .complaints import line, no_event, unknown_host
from .intake import IntakeError, RawDelivery, take_in


def main(arguments: Sequence[str] | None = None) -> int:
    """Deliver one event; return the exit code for the agent host."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        delivery, flags, agent_host, *rest = words
        raw = RawDelivery(
            id=delivery,
            agent_host=agent_host,
            arguments=tuple(rest),
            cwd=_working_directory(),
            environment=dict(os.environ),
            stdin=b"" if "t" in flags else read_all(0),
        )
        return deliver(raw, flags, find_paths())
    except Exception as error:  # noqa: BLE001 - our own fault never stops the agent
        complain(f"a fault of its own, the agent goes on: {error!r}")
        return 0


def deliver(raw: RawDelivery, flags: str, paths: Paths) -> int:
    """Record or answer one event; return the exit code."""
    if "s" in flags:
        from .lifetime import start_detached

        start_detached(paths, raw.environment)
    if "o" in flags and "d" not in flags:
        rules = cold_rules.load(paths, raw.environment)
        # A project's own redaction rules are in its file, which is TOML: not for here.
        own = os.path.join(_worktree(raw.cwd), PROJECT_CONFIG_FILE)
        if rules is not None and not os.path.exists(own):
            return record(raw, flags, paths, rules)
    from .direct import answer_here

    return answer_here(raw, flags, paths)


def record(
    raw: RawDelivery, flags: str, paths: Paths, rules: cold_rules.ColdRules
) -> int:
    """Redact one event and put it in the spool; return the exit code."""
    from ..redaction import Redactor, load_key, project_secrets
    from ..store.cold_spool import append_cold

    host = cold_rules.HostRules(None)
    if rules.hosts is not None:
        if raw.agent_host not in rules.hosts:
            complain(unknown_host(raw.agent_host, rules.hosts))
            return 2 if "t" in flags else 0
        host = rules.hosts[raw.agent_host]
    redactor = Redactor(
        load_key(paths.data),
        extra=rules.extra,
        allow=rules.allow,
        values=project_secrets(_worktree(raw.cwd)) if rules.env_files else None,
    )
    try:
        taken = take_in(raw.stdin, host.input_format)
        payload = redactor.value(taken.payload)
    except IntakeError as error:
        complain(no_event(raw.agent_host, raw.arguments, str(error)))
        quarantine.keep(paths.quarantine, redactor.text, raw, str(error))
        return 0
    if taken.note:
        complain(no_event(raw.agent_host, raw.arguments, taken.note))
    delivery = {
        "id": raw.id,
        "agent_host": raw.agent_host,
        "time": _now(),
        "arguments": redactor.value(list(raw.arguments)),
        "cwd": redactor.text(raw.cwd),
        "environment": redactor.value(_wanted(raw.environment, host, rules)),
        "payload": payload,
    }
    try:
        append_cold(paths.spool, raw.cwd, raw.id, json.dumps(delivery).encode())
    except OSError as error:
        complain(f"this event is lost: {paths.spool} cannot be written: {error}")
    return 0


def complain(text: str) -> None:
    """Say one line to whoever reads the agent host's log."""
    write_all(2, line(text).encode("utf-8", "replace"))


def _wanted(
    environment: Mapping[str, str],
    host: cold_rules.HostRules,
    rules: cold_rules.ColdRules,
) -> dict[str, str]:
    if rules.hosts is not None:
        return {
            name: environment[name] for name in host.environment if name in environment
        }
    # Nobody ran yet: what the client would send; the adapter's list is applied later.
    pairs = {os.fsencode(k): os.fsencode(v) for k, v in environment.items()}
    sent = (os.fsdecode(pair).partition("=") for pair in sent_environment(pairs))
    return {name: value for name, _, value in sent}


def _worktree(cwd: str) -> str:
    directory = cwd
    while not os.path.exists(os.path.join(directory, ".git")):
        parent = os.path.dirname(directory)
        if parent == directory:
            return cwd
        directory = parent
    return directory


def _working_directory() -> str:
    try:
        return os.getcwd()
    except OSError:  # it was removed under the agent
        return os.environ.get("PWD", "/")


def _now() -> str:
    milliseconds = time.time_ns() // 1_000_000
    whole = time.gmtime(milliseconds // 1000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', whole)}.{milliseconds % 1000:03}Z"


if __name__ == "__main__":
    # At once: a thread that a plugin left behind must not keep the agent waiting.
    os._exit(main())
