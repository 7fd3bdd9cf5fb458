"""wget as a peer: it fetches a list of addresses into a WARC file."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.crawling import Serving, check_asked
from benchmarks.measure import BrokenRun, NotMeasurable
from benchmarks.waiting import Cost, waited

NAME = "wget --warc-file"


@dataclass(frozen=True)
class Fetched:
    """What wget did."""

    cost: Cost
    warc: Path
    """The file with requests and responses, compressed."""


def wget_program() -> str:
    """Where wget is. Raises `NotMeasurable` when it is not installed."""
    found = shutil.which("wget")
    if found is None:
        raise NotMeasurable("wget is not installed")
    return found


def wget(served: Serving, paths: Iterable[str], folder: Path) -> Fetched:
    """Have wget fetch these paths, each once, into a WARC file in `folder`, which is made; no page is kept.

    Raises `NotMeasurable` when it is not installed, `BrokenRun` unless it fetches all of them.
    """
    program, wanted = wget_program(), frozenset(paths)
    folder.mkdir()
    (folder / "pages").write_text("".join(f"{served.base_url}{path}\n" for path in sorted(wanted)))
    command = [program, "--no-config", "--quiet", "--no-proxy", "--warc-file=kept", "--input-file=pages"]
    cost = waited([*command, "--output-document=/dev/null"], cwd=folder)
    if cost.status != 0:
        raise BrokenRun(f"wget exited {cost.status}")
    check_asked("wget", served.asked(), wanted)
    return Fetched(cost, folder / "kept.warc.gz")
