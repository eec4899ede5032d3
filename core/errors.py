"""Errors that a person can act on.

Each message names the thing, its value and the cure, in one or two sentences. The
command line prints the message alone; anything that is not one of these is a fault
of ours and is logged with its traceback.
"""

from __future__ import annotations


class HookwrightError(Exception):
    """An expected failure: the command line prints it and exits with `exit_code`."""

    exit_code = 1


class ConfigError(HookwrightError):
    """A setting is unknown or has a value that is not accepted."""

    exit_code = 2


class StoreError(HookwrightError):
    """The store cannot be read or written."""


class StoreFullError(StoreError):
    """The store has reached `store.max_size`; what was not written stays buffered."""


class StoreDamagedError(StoreError):
    """What is at the store's path is damaged or is no store of ours."""


class StoreReadOnlyError(StoreError):
    """The data directory cannot be written."""


class RecordError(StoreError):
    """One record cannot be stored; the rest can."""


class DeliveryError(HookwrightError):
    """An agent host's message cannot be understood."""


class PluginError(HookwrightError):
    """A plugin cannot be loaded or registered."""


class ToolError(HookwrightError):
    """A tool cannot do what it was asked for; the text is for its caller."""


class UnknownNameError(HookwrightError):
    """A name that was given does not exist; the text lists those that do."""

    exit_code = 2


class ServiceError(HookwrightError):
    """The daemon cannot be reached, started or stopped."""


class InstallError(HookwrightError):
    """Installing into an agent host, or taking it out again, cannot be done."""
