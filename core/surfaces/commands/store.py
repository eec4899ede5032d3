"""`hookwright store`: look after the data on this machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from hookwright.hookspecs import FlushReport

from ...clock import Clock
from ...errors import StoreError
from ...store import CheckReport, Store, StoreStats
from ..engine import engine, looking, store_stats
from ..invocation import Invocation
from ..options import AsJson
from ..output import (
    ago,
    local_time,
    progress,
    size,
    warn,
    write,
    write_json,
    write_table,
)


def add(app: typer.Typer, invocation: Invocation) -> None:
    """Add the group `store`."""
    group = typer.Typer(no_args_is_help=True)
    app.add_typer(group, name="store", help="Look after the data on this machine.")
    _add_looking(group, invocation)
    _add_working(group, invocation)


def _add_looking(group: typer.Typer, invocation: Invocation) -> None:
    @group.command()
    def check(as_json: AsJson = False) -> None:
        """Check every record and index. Exits with 1 when something is wrong."""
        with progress("Checking ..."), looking(invocation) as store:
            report = store.check()
        if as_json or invocation.json:
            write_json({**report.model_dump(mode="json"), "ok": report.ok})
        else:
            write(check_text(report))
        if not report.ok:
            raise typer.Exit(1)

    @group.command()
    def stats(as_json: AsJson = False) -> None:
        """Show sizes, records by type, what waits, and the flushes."""
        found = store_stats(invocation)
        if as_json or invocation.json:
            write_json(found)
        else:
            write_stats(found)

    @group.command()
    def export(
        file: Annotated[
            Path | None, typer.Argument(help="Standard output by default.")
        ] = None,
    ) -> None:
        """Write every record as JSON Lines: type, key, version, record."""
        with engine(invocation) as working:
            working.flush()
        with looking(invocation) as store:
            count = export_to(store, invocation.cwd / file if file else None)
        warn(f"{count} records written.")

    @group.command()
    def backup(
        directory: Annotated[
            Path | None,
            typer.Argument(help="A new one; in the data directory by default."),
        ] = None,
        as_json: AsJson = False,
    ) -> None:
        """Copy the store, compacted, while it is in use.

        A damaged store is rebuilt from the newest backup of the data directory.
        """
        target = invocation.paths.data / "backups" / Clock().new_id()
        if directory is not None:
            target = invocation.cwd / directory
        with progress("Copying ..."), engine(invocation) as working:
            working.flush()
            written = working.backup(target)
        if as_json or invocation.json:
            write_json({"directory": str(target), "bytes": written})
        else:
            write(f"{size(written)} written to {target}.")


def _add_working(group: typer.Typer, invocation: Invocation) -> None:
    @group.command()
    def flush(as_json: AsJson = False) -> None:
        """Write what is buffered to the store now."""
        with progress("Flushing ..."), engine(invocation) as working:
            report = working.flush()
        if as_json or invocation.json:
            write_json(report)
        else:
            write(flush_text(report))

    @group.command()
    def compact(as_json: AsJson = False) -> None:
        """Give unused space of the store's file back to the disk."""
        with progress("Compacting ..."), engine(invocation) as working:
            working.flush()
            before, after = working.compact()
        if as_json or invocation.json:
            write_json({"before": before, "after": after})
        else:
            write(f"{size(before)} before, {size(after)} now.")


def export_to(store: Store, path: Path | None) -> int:
    """Write every record to a new file (mode 0600), or to standard output."""
    if path is None:
        sys.stdout.flush()
        out: BinaryIO = sys.stdout.buffer
        return store.export(out)
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
            return store.export(file)
    except FileExistsError as error:
        raise StoreError(f"{path} exists; name a new file") from error
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}") from error


def check_text(report: CheckReport) -> str:
    """Return a check's result for a person."""
    count = sum(report.records.values())
    lines = [f"{count} records and {report.index_entries} index entries checked."]
    lines += [f"problem: {text}" for text in report.problems]
    lines.append("All is well." if report.ok else f"{len(report.problems)} problems.")
    return "\n".join(lines)


def flush_text(report: FlushReport) -> str:
    """Return a flush's result for a person."""
    if not sum(report.written.values()):
        return "Nothing was waiting."
    counts = ", ".join(f"{count} {name}" for name, count in report.written.items())
    return f"Written in {report.duration_ms:.1f} ms: {counts}."


def write_stats(found: StoreStats) -> None:
    """Write the numbers for a person."""
    rows: list[tuple[str, Any]] = [
        ("store", found.path),
        ("size", f"{size(found.used)} used of {size(found.max_size)}"),
        (
            "buffered",
            f"{found.buffered_operations} operations, {size(found.buffered_bytes)}",
        ),
        ("spool", f"{found.spool_files} files, {size(found.spool_bytes)}"),
        ("inbox", f"{found.inbox} events of ended processes, to be taken over"),
        ("waiting", f"{found.waiting} operations for plugins that are not loaded"),
        (
            "set aside",
            f"{found.dead_letters} records, "
            f"{found.quarantine_files} files in quarantine",
        ),
        ("flushes", found.flushes),
    ]
    if last := found.last_flush:
        when = f"{local_time(last.time)} ({ago(last.time)})"
        rows.append(("last flush", f"{when}, {last.reason}, {last.written} records"))
    rows += [("note", note) for note in found.notes]
    write_table(("", ""), rows)
    if found.records:
        write("")
        write_table(("record type", ">records"), sorted(found.records.items()))
