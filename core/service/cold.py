"""One event without a daemon.

What is only recorded is redacted and put in the spool with the standard library
alone: the daemon or the next flush does the rest. Everything else is answered in
a process by the same code as in the daemon (`direct.py`). `client.py` calls this for
the first and becomes this for the second, by way of `cold_start.py`, with the arguments
ID FLAGS AGENT_HOST [ARGS...] and the event on standard input. Flags: `o` only record,
`d` direct, `s` start a daemon, `t` standard input is a terminal.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Mapping, Sequence

from .. import light_json
from ..places import PROJECT_CONFIG_FILE, QUARANTINE, SPOOL, find_places
from . import cold_rules, quarantine
from .client import read_all, sent_environment, write_all
from .complaints import line, no_event, unknown_host
from .intake import IntakeError, RawDelivery, holds_known, take_in
from .light_start import leave_out_pydantic_plugins

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..redaction import Redactor


def main(arguments: Sequence[str] | None = None) -> int:
    """Deliver one event; return the exit code for the agent host."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        delivery, flags, *rest = words
        stdin = b"" if "t" in flags else read_all(0)
        return deliver(_raw(delivery, rest, stdin), flags)
    except Exception as error:  # noqa: BLE001 - our own fault never stops the agent
        complain(f"a fault of its own, the agent goes on: {error!r}")
        return 0


def record_only(
    delivery: str, flags: str, words: Sequence[str], stdin: bytes
) -> int | None:
    """Record one event; return the exit code, or None when that takes more than this.

    :param words: the agent host and its arguments.
    """
    try:
        return _record(_raw(delivery, words, stdin), flags)
    except Exception as error:  # noqa: BLE001 - our own fault never stops the agent
        complain(f"a fault of its own, the agent goes on: {error!r}")
        return 0


def _record(raw: RawDelivery, flags: str) -> int | None:
    rules = cold_rules.load_here(os.environ)
    # A project's own redaction rules are in its file, which is TOML: not for here.
    own = os.path.join(worktree_of(raw.cwd), PROJECT_CONFIG_FILE)
    if rules is None or os.path.exists(own):
        return None
    code: int | None = 0
    try:
        code = record(raw, flags, rules, hand_on=True)
    finally:
        if code is not None and "s" in flags:
            start_daemon(raw.environment)
    return code


def deliver(raw: RawDelivery, flags: str) -> int:
    """Record or answer one event; return the exit code."""
    if "o" in flags and "d" not in flags:
        code = _record(raw, flags)
        if code is not None:
            return code
    if "s" in flags:
        start_daemon(raw.environment)
    from .supervisor import supervise

    return supervise(raw, flags)


def start_daemon(environment: Mapping[str, str]) -> None:
    """Start a daemon that outlives this process; return at once."""
    if child := os.fork():
        os.waitpid(child, 0)
        return
    try:
        os.setsid()
        if not os.fork():
            # Imported here, because nobody waits for this process.
            from ..paths import find_paths
            from .lifetime import become_daemon

            become_daemon(find_paths(), environment)
    finally:
        os._exit(0)


def add_site_packages() -> None:
    """Make other distributions importable in a process that was started without."""
    if sys.flags.no_site:
        import site

        site.main()
    # One event makes little garbage, and looking for it takes a tenth of the time.
    gc.disable()
    leave_out_pydantic_plugins()


def record(
    raw: RawDelivery,
    flags: str,
    rules: cold_rules.ColdRules,
    *,
    hand_on: bool = False,
) -> int | None:
    """Redact one event and put it in the spool; return the exit code.

    :param hand_on: whether to do nothing and return None where the agent host must be
        told something: that its model must not read a secret in a tool's output.
    """
    from ..redaction import Redactor, load_key, project_secrets

    data, _ = find_places()
    host = cold_rules.HostRules(None)
    if rules.hosts is not None:
        if raw.agent_host not in rules.hosts:
            complain(unknown_host(raw.agent_host, rules.hosts))
            return 2 if "t" in flags else 0
        host = rules.hosts[raw.agent_host]
    redactor = Redactor(
        load_key(data),
        extra=rules.extra,
        allow=rules.allow,
        values=project_secrets(worktree_of(raw.cwd)) if rules.env_files else None,
    )
    try:
        taken = take_in(raw.stdin, host.input_format)
        redaction = redactor.redact(taken.payload)
    except IntakeError as error:
        complain(no_event(raw.agent_host, raw.arguments, str(error)))
        quarantine.keep(os.path.join(data, QUARANTINE), redactor.text, raw, str(error))
        return 0
    found = redaction.originals or taken.partial
    if hand_on and found and _is_output(raw, host, rules):
        # Imported late: hardly any output holds a secret.
        from ..redaction.outputs import hidden

        known = redactor.values
        if taken.partial and holds_known(raw.stdin, known):
            return None
        if hidden(redaction, known, everything=rules.output == "all"):
            return None
    if taken.note:
        complain(no_event(raw.agent_host, raw.arguments, taken.note))
    wanted = _wanted(raw.environment, host, rules)
    _keep(raw, redactor, wanted, redaction.value)
    return 0


def _keep(
    raw: RawDelivery,
    redactor: Redactor,
    environment: Mapping[str, str],
    payload: Any,
) -> None:
    """Put an event in the spool.

    :param payload: what the agent host wrote, redacted.
    """
    from ..store.cold_spool import append_cold

    data, _ = find_places()
    delivery = {
        "id": raw.id,
        "agent_host": raw.agent_host,
        "time": _now(),
        "arguments": redactor.value(list(raw.arguments)),
        "cwd": redactor.text(raw.cwd),
        "environment": redactor.value(environment),
        "payload": payload,
    }
    try:
        append_cold(
            os.path.join(data, SPOOL),
            raw.cwd,
            raw.id,
            light_json.dumps(delivery).encode(),
        )
    except OSError as error:
        complain(f"this event is lost: {data}/{SPOOL} cannot be written: {error}")


def _is_output(
    raw: RawDelivery, host: cold_rules.HostRules, rules: cold_rules.ColdRules
) -> bool:
    """Return whether a tool's output is in the message that may be replaced.

    Where nobody knows the agent hosts yet, any may.
    """
    if rules.output == "off":
        return False
    first = raw.arguments[:1]
    return bool(first) and (rules.hosts is None or first[0] in host.outputs)


def _raw(delivery: str, words: Sequence[str], stdin: bytes) -> RawDelivery:
    agent_host, *arguments = words
    return RawDelivery(
        id=delivery,
        agent_host=agent_host,
        arguments=tuple(arguments),
        cwd=_working_directory(),
        environment=dict(os.environ),
        stdin=stdin,
    )


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


def worktree_of(cwd: str) -> str:
    """Return the directory above cwd that git works in; cwd where there is none."""
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
