"""The fixity of `archive.db`: a checksum beside it, as archivists keep them.

SQLite's own check looks at the structure of its pages, not at what they say: a bit that flips inside a text
is not found. So when a writer closes and nothing is left in the write-ahead log, the file's SHA-256 is
written to `archive.db.sha256`, in the form that `sha256sum --check` takes; a writer that opens removes it,
because from then on it would not be true. Readers never need it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

SUFFIX = ".sha256"
_LINE = re.compile(r"(?P<digest>[0-9a-f]{64}) [ *](?P<name>[^\n]+)\n?")


@dataclass(frozen=True, slots=True)
class Fixity:
    """What the checksum beside a file says of it."""

    state: Literal["same", "changed", "none", "unreadable"]
    """`none`: there is no checksum; `unreadable`: it is no line of the form that `sha256sum` writes."""
    recorded: str | None = None
    """The SHA-256 (hex) as recorded; None without."""
    found: str | None = None
    """The file's SHA-256 (hex); None when it was not computed."""


def checksum_path(path: Path) -> Path:
    """Where the checksum of `path` is kept: `NAME.sha256` beside it."""
    return path.with_name(path.name + SUFFIX)


def record(path: Path) -> None:
    """Write the checksum of `path` beside it, whole or not at all. Raises OSError."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    target = checksum_path(path)
    scratch = target.with_name(f"{target.name}.{os.getpid()}")
    try:
        with scratch.open("w", encoding="utf-8") as out:
            out.write(f"{digest}  {path.name}\n")
            out.flush()
            os.fsync(out.fileno())
        scratch.replace(target)
    except OSError:
        with contextlib.suppress(OSError):
            scratch.unlink(missing_ok=True)
        raise


def forget(path: Path) -> None:
    """Remove the checksum of `path`, which is about to change, and what a run that was killed left of one;
    harmless without. For the one writer. Raises OSError."""
    for scratch in path.parent.glob(f"{path.name}{SUFFIX}.*"):
        if scratch.suffix[1:].isdecimal():
            scratch.unlink(missing_ok=True)
    try:
        checksum_path(path).unlink()
    except FileNotFoundError:
        return
    # The loss of power must not bring the checksum back beside a database that has changed.
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def check(path: Path) -> Fixity:
    """Compare `path` with its checksum. Raises OSError when `path` itself can't be read."""
    try:
        said = checksum_path(path).read_bytes()
    except FileNotFoundError:
        return Fixity("none")
    except OSError:
        return Fixity("unreadable")
    line = _LINE.fullmatch(said.decode("utf-8", "replace"))
    if line is None or line["name"] != path.name:
        return Fixity("unreadable")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    return Fixity("same" if found == line["digest"] else "changed", line["digest"], found)
