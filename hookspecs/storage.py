"""Hooks around the store."""

from __future__ import annotations

from .markers import hookspec
from .plugins import PluginContext
from .records import FlushReport


@hookspec
def hookwright_flush_after(report: FlushReport, context: PluginContext) -> None:
    """Observe that buffered records were written to the store in one transaction.

    Call rule: each implementation is called, in registration order, after the
    transaction is durable and off the answer path; results are ignored. What it
    writes through `context.store` goes into the next flush. Failure policy: reported;
    the flush stands.

    :param report: why it ran, what it wrote and how long it took.
    :param context: the plugin's own context.

    Example::

        @hookimpl
        def hookwright_flush_after(report, context):
            if report.written.get("agents"):
                export_status(context)
    """
