"""Where the programs that others wrote are: in `.tools/` of the checkout (`make tools`), or on the system.

A test that needs one that is not there is skipped with the reason. Continuous integration sets
MSARCHIVE_REQUIRE_TOOLS=1: there it fails.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]


def program(environment: str, name: str) -> str:
    """The path of a program in an environment of `make tools` (named as in tests/tools/environments)."""
    path = CHECKOUT / ".tools" / environment / "bin" / name
    if not path.is_file():
        missing(f"{name} is not set up; 'make tools' does it")
    return str(path)


def wget() -> str:
    """The system's wget."""
    return system_program("wget")


def system_program(name: str) -> str:
    """The path of a program that the system has."""
    path = shutil.which(name)
    if path is None:
        missing(f"{name} is not installed")
    assert path is not None
    return path


def browser() -> str:
    """The system's Chromium."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        missing("Chromium is not installed")
    assert path is not None
    return path


def run(*command: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, whatever its exit status; what it said is kept."""
    return subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, timeout=300, check=False
    )


def missing(reason: str) -> None:
    """Skip the test for that reason; in continuous integration fail it."""
    if os.environ.get("MSARCHIVE_REQUIRE_TOOLS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
