"""HTTrack as a peer: it mirrors the site into a folder."""

from __future__ import annotations

import shutil
from pathlib import Path

from benchmarks.crawling import Serving
from benchmarks.measure import BrokenRun
from benchmarks.waiting import waited

NAME = "HTTrack's folder"
_UNLIMITED = ("--max-rate=0", "--disable-security-limits", "--connection-per-second=0", "--sockets=8")


def httrack_program() -> str | None:
    """Where HTTrack is; None when it is not installed."""
    return shutil.which("httrack")


def httrack(program: str, served: Serving, folder: Path) -> int:
    """Have HTTrack mirror the site into `folder`, or bring it up to date there; bytes of all its files then.

    Raises `BrokenRun` when it fails.
    """
    folder.mkdir(exist_ok=True)
    again = ("--update",) if (folder / "hts-cache").is_dir() else ("--mirror",)
    command = [program, f"{served.base_url}/", *again, "--path", str(folder), "--robots=0", "--quiet"]
    with (folder / "said").open("wb") as said:
        cost = waited([*command, *_UNLIMITED], cwd=folder, stdout=said, stderr=said)
    if cost.status != 0:
        raise BrokenRun(f"httrack exited {cost.status}")
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
