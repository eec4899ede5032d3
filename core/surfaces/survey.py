"""Look at every agent host of this machine, side by side.

Each look may run the agent host's own program, which takes up to ten seconds where it
hangs; so all of them together take no longer than the slowest.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from hookwright.hookspecs import HostFinding, Installer, InstallRequest


def survey(
    installers: Mapping[str, Installer], request: InstallRequest
) -> dict[str, HostFinding]:
    """Return what is found of each agent host, by its name, in order of names.

    An installer that fails is a finding with that problem.
    """
    names = sorted(installers)
    if not names:
        return {}
    with ThreadPoolExecutor(len(names), "hookwright-survey") as pool:
        looks = {
            name: pool.submit(_detect, name, installers[name], request)
            for name in names
        }
        return {name: look.result() for name, look in looks.items()}


def _detect(name: str, installer: Installer, request: InstallRequest) -> HostFinding:
    try:
        return installer.detect(request)
    except Exception as error:  # noqa: BLE001 - an installer is a plugin's
        said = f"{type(error).__name__}: {error}"
        problem = f"it cannot be looked at: {said}"
        return HostFinding(name, found=False, problems=(problem,))
