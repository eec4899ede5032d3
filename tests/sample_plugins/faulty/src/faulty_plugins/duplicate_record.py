"""Adds a record type whose name is taken, and a tool that must not stay."""

from __future__ import annotations

from typing import Any

from hookwright.hookspecs import PluginContext, Record, RecordType, Tool, hookimpl


class First(Record):
    """One thing."""

    name: str


class Second(Record):
    """Another thing under the same name."""

    title: str


def faulty_orphan(context: PluginContext) -> str:
    """Be offered by nobody."""
    return context.name


@hookimpl
def hookwright_register_records() -> list[RecordType[Any]]:
    """Return two record types of one name."""
    return [
        RecordType(name="faulty_things", model=First, key=lambda item: (item.name,)),
        RecordType(name="faulty_things", model=Second, key=lambda item: (item.title,)),
    ]


@hookimpl
def hookwright_register_tools() -> list[Tool]:
    """Offer a tool beside them."""
    return [Tool(faulty_orphan)]
