"""`hookwright` itself: an agent may ask what the guard says, not change it."""

from __future__ import annotations

from .call import Call, Reader, programs

_CHANGING = frozenset(
    {"allow", "trust", "uninstall", "disable", "set", "enable", "stop"}
)
_SETTINGS = ".config/hookwright/hookwright.toml"


def _hookwright(call: Call) -> None:
    words = [word.text for word in call.words if not word.text.startswith("-")]
    if words[:1] == ["guard"] and words[1:2] and words[1] not in _CHANGING:
        if words[1] == "scan":
            call.access(
                "look", words[2] if words[2:] else ".", "looks for secrets in it"
            )
        return
    changes = {
        ("guard", "allow"), ("config", "set"), ("plugins", "disable"), ("trust",),
        ("uninstall",), ("plugins", "enable"), ("config", "unset"), ("config", "edit"),
    }  # fmt: skip
    if tuple(words[:2]) in changes or tuple(words[:1]) in changes:
        changes_guard(call, " ".join(["hookwright", *words[:2]]))
        return
    for word in call.words:
        call.perhaps(word.text)


def changes_guard(call: Call, command: str) -> None:
    """Report that a command takes protection away."""
    call.name = command
    file = f"{call.world.home}/{_SETTINGS}"
    call.access("write", file, "changes what is protected")


TABLE: dict[str, Reader] = programs("hookwright", _hookwright)
