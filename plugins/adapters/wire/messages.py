"""A message of an agent host, with the parts that all of its events have."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from hookwright.core.api import locate_project
from hookwright.hookspecs import Agent, Delivery, Project

from .payload import Payload


class Message(NamedTuple):
    """One message, with what all its events need."""

    agent_host: str
    name: str
    payload: Payload
    delivery_id: str
    time: datetime
    session_id: str
    project: Project
    agent: Agent
    cwd: str

    def fields(self, number: int = 0) -> dict[str, Any]:
        """Return the fields of the message's event with that number."""
        return {
            "id": f"{self.delivery_id}.{number}",
            "time": self.time,
            "agent_host": self.agent_host,
            "host_event": self.name,
            "session_id": self.session_id,
            "project": self.project,
            "agent": self.agent,
            "cwd": self.cwd,
        }


def event_name(delivery: Delivery, field: str = "hook_event_name") -> str:
    """Return the event's name: the payload's word for it, else the client's."""
    return named_by_payload(delivery, field) or named_by_argument(delivery)


def named_by_argument(delivery: Delivery) -> str:
    """Return the first argument that is no option, or ""."""
    words = [word for word in delivery.arguments if not word.startswith("-")]
    return words[0] if words else ""


def named_by_payload(delivery: Delivery, field: str = "hook_event_name") -> str:
    """Return the name that the payload gives itself, or ""."""
    payload = delivery.payload
    name = payload.get(field) if isinstance(payload, Mapping) else None
    return name if isinstance(name, str) else ""


def directory_of(payload: Payload, delivery: Delivery, field: str = "cwd") -> str:
    """Return the absolute directory in which it happened.

    :raises ValueError: the field is no string, or holds a NUL character.
    """
    cwd = payload.text(field, "") or delivery.cwd
    if "\0" in cwd:
        raise ValueError(f"{field} holds a NUL character")
    return os.path.normpath(os.path.join(delivery.cwd or os.sep, cwd))


def project_of(cwd: str, environment: Mapping[str, Any], variable: str) -> Project:
    """Return the project of a directory, else the one that a variable names.

    :param variable: where the agent host says which directory it was started in.
    """
    project = locate_project(cwd)
    started_in = environment.get(variable)
    # An agent that steps out of the repository (`cd /tmp`) still works for it.
    if project.git_dir is None and isinstance(started_in, str) and started_in:
        return locate_project(started_in.replace("\0", ""))
    return project


def is_inside(path: str, directory: str) -> bool:
    """Compare as they are named, then with symbolic links followed (macOS /tmp)."""
    pairs = (path, directory), (os.path.realpath(path), os.path.realpath(directory))
    return any(one.startswith(top.rstrip(os.sep) + os.sep) for one, top in pairs)


def absolute(path: str, cwd: str) -> str:
    """Return a path that an event names as an absolute one."""
    return os.path.normpath(os.path.join(cwd, path))
