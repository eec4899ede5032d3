"""The status card: one agent in at most 60 columns of ASCII."""

from __future__ import annotations

from .plain import cut, cut_front, plain
from .results import AgentStatus

WIDTH = 60
_INNER = WIDTH - 4
_LABEL = 16
_BAR = 20


def bar(value: int, full: int, width: int = _BAR) -> str:
    """Return a bar of width characters; it is whole only when value reaches full."""
    filled = min(max(value, 0) * width // max(full, 1), width)
    return "#" * filled + "-" * (width - filled)


def status_card(status: AgentStatus) -> str:
    """Return the card's lines, each exactly `WIDTH` columns."""
    edge = "+" + "-" * (WIDTH - 2) + "+"
    tier = str(status.tier)
    name = cut(plain(status.id), _INNER - len(tier) - 2)
    lines = [
        edge,
        _line(f"{name}{tier:>{_INNER - len(name)}}"),
        edge,
        _row("Skill points", str(status.skill_points)),
        _row("Experience", _experience(status)),
        _row("Communication", str(status.communication_score)),
        _row("Commits", str(status.total_commits)),
        _row("Bugs", str(status.total_bugs)),
        *_halt(status),
        _row("Pending changes", _pending(status)),
        edge,
    ]
    return "\n".join(lines)


def _line(text: str) -> str:
    return f"| {cut(text, _INNER):<{_INNER}} |"


def _row(label: str, value: str) -> str:
    return _line(f"{label:<{_LABEL}}{value}")


def _experience(status: AgentStatus) -> str:
    xp, needed = status.experience_points, status.experience_for_next
    return f"[{bar(xp, needed)}] {xp}/{needed}"


def _halt(status: AgentStatus) -> list[str]:
    if not status.halted:
        return [_row("Halted", "no")]
    reason = plain(" ".join(status.halt_reason.split()))
    return [_row("Halted", cut(f"YES: {reason}", _INNER - _LABEL))]


def _pending(status: AgentStatus) -> str:
    if not status.project:
        return "unknown"
    count = "unknown" if status.pending_changes is None else str(status.pending_changes)
    where = cut_front(plain(status.project), _INNER - _LABEL - len(count) - 4)
    return f"{count} in {where}"
