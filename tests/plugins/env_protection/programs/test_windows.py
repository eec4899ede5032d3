"""PowerShell and cmd: every access is found, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Reached = Callable[[str], list[str]]

ACCESSES = [
    'pwsh -c "Get-Content .env"',
    'pwsh -Command "gc .env"',
    "pwsh -c \"[IO.File]::ReadAllText('.env')\"",
    'powershell -Command "type .env"',
    'cmd /c "type .env"',
    "pwsh -c 'Get-Content -Path .env'",
    "pwsh -c 'cat .env'",
    "pwsh -c 'Select-String KEY .env'",
    "pwsh -c 'Copy-Item .env x'",
    "pwsh -c '$f=\".env\"; Get-Content $f'",
    "pwsh -c 'iex \"cat .env\"'",
    "pwsh -c '[System.IO.File]::ReadAllText(\".env\")'",
    "pwsh -e RwBlAHQALQBDAG8AbgB0AGUAbgB0ACAALgBlAG4AdgA=",
    'pwsh -c \'gc (".e"+"nv")\'',
    "pwsh -c 'Get-Content .e*'",
    "cmd.exe /c type .env",
    "pwsh -c 'Get-FileHash .env'",
]
HARMLESS = [
    "pwsh -c 'Get-ChildItem'",
    "pwsh -c 'Test-Path .env'",
    "pwsh -c '$x = 1; Write-Host $x'",
    'powershell -Command "Get-Content README.md"',
    "cmd /c dir",
]


@pytest.mark.parametrize("command", ACCESSES)
def test_an_access_to_a_protected_file_is_found(command: str, reached: Reached) -> None:
    assert [found for found in reached(command) if found != "?"]


@pytest.mark.parametrize("command", HARMLESS)
def test_an_ordinary_command_reaches_nothing_protected(
    command: str, reached: Reached
) -> None:
    assert reached(command) == []
