"""Other people's readers of articles, each in an environment of its own under `.benchmarks/`: never a
dependency of ours. They are asked for title and text, which is a part of what a reading has."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measure import BrokenRun, NotMeasurable
from benchmarks.waiting import CHECKOUT

PEERS = {
    "trafilatura": ("trafilatura==2.3.1", "lxml_html_clean==0.4.6"),
    "readability-lxml": ("readability-lxml==0.9",),
    "newspaper4k": ("newspaper4k==0.9.6", "lxml_html_clean==0.4.6"),
}
"""What is installed for each."""
_SHARE_READ = 0.5
"""Of the pages: a peer that has title and text of fewer did not do the work."""


class Peer:
    """A process that reads the same pages again each time it is asked."""

    def __init__(self, name: str, process: subprocess.Popen[str], pages: int) -> None:
        self.name, self._process, self._pages = name, process, pages

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def seconds(self) -> float:
        """CPU seconds a page of one pass over all pages. Raises `BrokenRun` when it hardly reads any."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise BrokenRun(f"{self.name} ended while it read")
        told = json.loads(line)
        if told["read"] < _SHARE_READ * self._pages:
            raise BrokenRun(f"{self.name} has title and text of {told['read']} of {self._pages} pages only")
        return float(told["seconds"]) / self._pages


@contextmanager
def peers(folder: Path, bodies: Sequence[bytes]) -> Iterator[list[Peer]]:
    """All peers, ready to read `bodies`, which are put into `folder`.

    Raises `NotMeasurable` when one can't be installed.
    """
    for number, body in enumerate(bodies):
        (folder / f"{number:05}.html").write_bytes(body)
    script = Path(__file__).with_name("peer_reads.py")
    running = []
    try:
        for name in PEERS:
            command = [str(installed(name, PEERS[name])), "-I", str(script), name, str(folder)]
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
            running.append(Peer(name, process, len(bodies)))
        yield running
    finally:
        for peer in running:
            peer.end()


def installed(name: str, requirements: Sequence[str]) -> Path:
    """The Python of an environment of that name which has `requirements`, made when there is none yet. Raises
    `NotMeasurable` when they can't be installed."""
    place = CHECKOUT / ".benchmarks" / name
    python = place / "bin" / "python"
    stamp = place / "installed"
    wanted = " ".join(requirements)
    if stamp.is_file() and stamp.read_text("utf-8") == wanted:
        return python
    commands = (
        [sys.executable, "-m", "venv", "--clear", str(place)],
        [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements],
    )
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
        if done.returncode:
            said = done.stderr.strip().splitlines()
            raise NotMeasurable(f"{name} can't be installed: {said[-1] if said else done.returncode}")
    stamp.write_text(wanted, "utf-8")
    return python
