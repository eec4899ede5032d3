"""The guard around each call of a plugin: isolated, timed, counted, told once."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hookwright.hookspecs import Event, StatusQuery

from .chain import Call, Fault, Reply
from .context import CallContext, Services
from .plugin import Implementation, Plugin

if TYPE_CHECKING:
    from ..store import Stage

#: Gives "" for a result that the hook may return, else what is wrong with it.
Check = Callable[[Any], str]


@dataclass(slots=True)  # not frozen: a frozen one takes thrice as long to make
class Heard:
    """What one implementation came to.

    `failure` says why there is no answer; then `value` is None and no stage is kept.
    """

    value: Any
    failure: str = ""
    seconds: float = 0.0
    stages: Sequence[Stage] = ()


class HookCall(Call):
    """A call of one implementation, with what settles it afterwards."""

    __slots__ = ("context", "hurried", "implementation", "permit")

    def __init__(
        self,
        implementation: Implementation,
        permit: int,
        context: CallContext | None,
        values: Mapping[str, Any],
        budget: float,
    ) -> None:
        self.implementation = implementation
        self.permit = permit
        self.context = context
        self.function = implementation.function
        self.args = implementation.arguments(values, context)
        self.budget = budget
        self.abandon = None if context is None else context.abandon
        #: It had less time than it may take, because others had used it up.
        self.hurried = False
        self.started = None
        self.ended = None

    def make(self) -> Reply:
        """Call the function, with the plugin noted in the flight recorder."""
        implementation = self.implementation
        recorder = implementation.plugin.recorder
        if recorder is None or not implementation.mark:
            return Call.make(self)
        slot = recorder.enter(implementation.mark)
        try:
            return Call.make(self)
        finally:
            recorder.leave(slot)


def begin(
    services: Services,
    implementation: Implementation,
    values: Mapping[str, Any],
    budget: float,
    outer: CallContext | None = None,
) -> HookCall | None:
    """Return the call to make, or None when the breaker keeps it away.

    :param values: the hook's arguments by name, without `context`.
    :param budget: seconds the call may take.
    """
    permit = implementation.ledger.breaker.permit()
    if permit is None:
        return None
    context = None
    outside = implementation.outside
    if implementation.takes_context or outside is not None:
        context = CallContext(
            services,
            implementation.plugin,
            from_agent=outer is not None and outer.from_agent,
            budget=budget,
            outer=outer,
            worktree=_worktree(values),
        )
        if outside is not None:
            return outside.call(implementation, permit, context, values, budget)
    return HookCall(implementation, permit, context, values, budget)


def left_alone() -> Heard:
    """Return what stands for a call that the breaker kept away."""
    return Heard(None, "left alone after repeated faults")


def settle(services: Services, call: HookCall, reply: Reply, check: Check) -> Heard:
    """Weigh a call's reply, count it, and tell of what went wrong."""
    implementation = call.implementation
    heard, fault = _weigh(reply, check, call.context)
    if fault is not None:
        # The text reaches the report, and for a gate the model.
        heard.failure = services.redact(heard.failure)
        _tell(services, implementation, fault)
    implementation.ledger.count_call(reply.seconds, heard.failure)
    if services.trace:
        _trace(services, implementation, heard)
    breaker = implementation.ledger.breaker
    if fault is not None and _is_blameless(call, fault) and not breaker.is_open:
        return heard  # no fault of its own, so the breaker hears nothing of it
    if fault is None or fault.kind == "wrong":
        if breaker.succeeded(call.permit):
            services.log.info(
                "plugin %s: %s works again",
                implementation.plugin.label,
                implementation.hook,
            )
    elif pause := breaker.failed(call.permit):
        services.log.warning(
            "plugin %s: %s is left alone for %d s after repeated faults",
            implementation.plugin.label,
            implementation.hook,
            pause,
        )
    return heard


def _worktree(values: Mapping[str, Any]) -> str:
    asked = values.get("event") or values.get("query")
    return asked.project.worktree if isinstance(asked, Event | StatusQuery) else ""


def nothing(value: Any) -> str:
    """Accept None only: the check of every hook whose result is ignored."""
    return (
        "" if value is None else f"returned {kind_name(value)}; it must return nothing"
    )


def instance_of(*types: type) -> Check:
    """Return a check that accepts None and instances of the types."""
    wanted = ", ".join(item.__name__ for item in types)

    def check(value: Any) -> str:
        if value is None or isinstance(value, types):
            return ""
        return f"returned {kind_name(value)}; it must return one of {wanted} or None"

    return check


def items_of(item_type: type | None, *, optional: bool = False) -> Check:
    """Return a check that accepts a list or tuple of item_type.

    :param item_type: None accepts items of any type.
    :param optional: whether None stands for an empty list.
    """
    wanted = "values" if item_type is None else f"{item_type.__name__} values"

    def check(value: Any) -> str:
        if value is None and optional:
            return ""
        if not isinstance(value, list | tuple | set | frozenset):
            return f"returned {kind_name(value)}; it must return a list of {wanted}"
        for item in value:
            if item_type is not None and not isinstance(item, item_type):
                return f"returned a list with {kind_name(item)}; it must hold {wanted}"
        return ""

    return check


def anything(_value: Any) -> str:
    """Accept every value, for hooks that plugins specify."""
    return ""


def dispose(value: Any) -> None:
    """Close a coroutine or generator that a plugin returned and nobody will run."""
    if inspect.iscoroutine(value) or inspect.isgenerator(value):
        value.close()


def tell_once(services: Services, plugin: Plugin, where: str, fault: Fault) -> None:
    """Log a fault with its traceback, the first time only."""
    if (where, fault.text) in plugin.told:
        return
    plugin.told.add((where, fault.text))
    services.log.warning(
        "plugin %s: %s %s",
        plugin.label,
        where,
        fault.text if fault.kind != "raised" else f"raised {fault.text}",
        exc_info=fault.error,
    )


def _weigh(
    reply: Reply, check: Check, context: CallContext | None
) -> tuple[Heard, Fault | None]:
    fault = reply.fault
    if fault is None and (wrong := check(reply.value)):
        dispose(reply.value)
        fault = Fault("wrong", wrong)
    if fault is not None:
        if context is not None:
            context.abandon()
        return Heard(None, _short(fault), reply.seconds), fault
    if context is None:
        return Heard(reply.value, "", reply.seconds), None
    try:
        stages = context.end()
    except Exception as error:  # noqa: BLE001 - a plugin's own thread holds the stage
        fault = Fault("raised", str(error))
        return Heard(None, fault.text, reply.seconds), fault
    return Heard(reply.value, "", reply.seconds, stages), None


def _is_blameless(call: HookCall, fault: Fault) -> bool:
    return fault.kind == "unasked" or (call.hurried and fault.kind == "hung")


def _short(fault: Fault) -> str:
    return f"raised {fault.text}" if fault.kind == "raised" else fault.text


def kind_name(value: Any) -> str:
    """Return the type of value with its article: `a dict`, `an int`."""
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _tell(services: Services, implementation: Implementation, fault: Fault) -> None:
    tell_once(services, implementation.plugin, implementation.hook, fault)


def _trace(services: Services, implementation: Implementation, heard: Heard) -> None:
    services.log.info(
        "trace %s %s %.3f ms %s",
        implementation.plugin.name,
        implementation.hook,
        heard.seconds * 1000,
        heard.failure or ("None" if heard.value is None else kind_name(heard.value)),
    )
