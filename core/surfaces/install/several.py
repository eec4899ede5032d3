"""Install into several agent hosts, or take Hookwright out of them, one by one.

What fails in one is reported and never stops the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from hookwright.hookspecs import Installer, InstallRequest

from ...errors import HookwrightError
from ..failures import redacted
from .engine import InstallReport, install, uninstall

NOTHING = "Nothing of Hookwright's is installed here."


@dataclass(frozen=True)
class Job:
    """One agent host's part.

    :param named: a person named it, so that its failure is the command's; else it
        comes along, as one of all or as a companion.
    """

    installer: Installer
    request: InstallRequest
    named: bool

    @property
    def fits(self) -> bool:
        """Return whether it can be tried: who is named says itself why it cannot."""
        return self.named or self.request.scope in self.installer.scopes


def install_each(
    jobs: Sequence[Job],
    *,
    dry_run: bool = False,
    tell: Callable[[str], None] = lambda _name: None,
) -> InstallReport:
    """Install into each; `failed` in the report says which could not and why.

    :param tell: called with each agent host's name before its part.
    :raises HookwrightError: there is one job alone, which is named, and it fails.
    """

    def one(job: Job) -> InstallReport:
        return install([job.installer], job.request, dry_run=dry_run)

    return _each("install", jobs, one, dry_run, tell)


def uninstall_each(
    jobs: Sequence[Job],
    *,
    dry_run: bool = False,
    tell: Callable[[str], None] = lambda _name: None,
) -> InstallReport:
    """Take Hookwright out of each; as `install_each`.

    Of agent hosts that nobody named, only those that had something are reported.
    """

    def one(job: Job) -> InstallReport:
        name = job.installer.agent_host
        report = uninstall(
            [job.installer],
            job.request,
            optional=() if job.named else (name,),
            dry_run=dry_run,
        )
        if job.named or report.changed:
            return report
        return InstallReport(action="uninstall", dry_run=dry_run)

    report = _each("uninstall", jobs, one, dry_run, tell)
    if report.agent_hosts or report.failed:
        return report
    return report.model_copy(update={"notes": (*report.notes, NOTHING)})


def _each(
    action: Literal["install", "uninstall"],
    jobs: Sequence[Job],
    one: Callable[[Job], InstallReport],
    dry_run: bool,
    tell: Callable[[str], None],
) -> InstallReport:
    reports: list[InstallReport] = []
    failed: dict[str, str] = {}
    for job in filter(lambda job: job.fits, jobs):
        name = job.installer.agent_host
        tell(name)
        try:
            reports.append(one(job))
        except HookwrightError as error:
            if len(jobs) == 1 and job.named:
                raise
            failed[name] = str(error)
        except Exception as error:  # an installer is a plugin's
            if len(jobs) == 1 and job.named:
                raise
            failed[name] = redacted(f"{type(error).__name__}: {error}")
    return InstallReport(
        action=action,
        dry_run=dry_run,
        agent_hosts=tuple(name for each in reports for name in each.agent_hosts),
        changed=tuple(path for each in reports for path in each.changed),
        unchanged=tuple(path for each in reports for path in each.unchanged),
        diff="".join(each.diff for each in reports),
        notes=tuple(dict.fromkeys(note for each in reports for note in each.notes)),
        failed=failed,
    )
