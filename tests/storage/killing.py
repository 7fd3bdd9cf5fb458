"""A process that is killed while it opens an archive: makes it, or brings it up to date."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
_KILLED = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import Engine, event
from storage.archive import open_archive

left = int(sys.argv[2])

def count(*_):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

event.listen(Engine, sys.argv[3], count)
open_archive(Path(sys.argv[1]), create=True, database=sys.argv[4] or None)
"""


def killed_opening(
    directory: Path, moment: int, what: str = "after_cursor_execute", database: str | None = None
) -> None:
    """Open a folder's archive in a process that is killed at so manieth an event of SQLAlchemy's engine."""
    arguments = [str(directory), str(moment), what, database or ""]
    child = subprocess.run([sys.executable, "-c", _KILLED, *arguments], cwd=ROOT, check=False)
    assert child.returncode == -signal.SIGKILL
