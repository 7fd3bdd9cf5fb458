"""Whether the WARC files are what the database says, and each capture's record is where it says.

Files are cut into pieces of some hundred records that threads check side by side: unpacking and hashing let
other threads run. What the pieces find is put in order at the end, so that two runs say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, ParamSpec

from storage.verify.asked import Asked, one
from storage.verify.findings import Finding
from storage.verify.members import Expected, Problem, check_member
from storage.verify.tails import SURPLUS_KINDS, Member, members, torn_from
from storage.warc import FOLDER
from storage.warc.healing import file_sha256

_Arguments = ParamSpec("_Arguments")

_PIECE = 200
_CAPTURES = """
SELECT c.id, c.warc_offset, c.warc_length, c.record_type, c.record_id, c.captured_at, c.block_digest,
       c.payload_digest, c.sha256, c.size, o.record_id, c.request_offset, c.request_length
FROM capture c LEFT JOIN capture o ON o.id = c.refers_to_id
WHERE c.warc_file_id = ? ORDER BY c.warc_offset, c.id
"""

Progress = Callable[[int], None]
"""Told how many more bytes have been looked at; called from several threads."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A WARC file as the database has it."""

    id: int
    name: str
    size: int
    sha256: str | None
    """None while it is written to, or since the run that wrote it was killed."""

    @property
    def label(self) -> str:
        """Its path in the archive's folder."""
        return f"{FOLDER}/{self.name}"


@dataclass(slots=True)
class _Piece:
    """Neighbouring records, and the stretches between them that no capture names."""

    records: list[Expected] = field(default_factory=list)
    gaps: list[tuple[int, int, str | None]] = field(default_factory=list)
    """Begin and end of each stretch, and the id of the record before it."""


def counted_files(connection: Asked) -> list[Counted]:
    """The files that the database names."""
    rows = connection.execute("SELECT id, name, size, sha256 FROM warc_file ORDER BY name")
    return [Counted(*row) for row in rows.fetchall()]


def is_plain(name: str) -> bool:
    """Whether a name from the database is that of a file in the folder, and leads nowhere else."""
    return name not in ("", ".", "..") and "/" not in name and "\0" not in name


def check_files(
    connection: Asked,
    folder: Path,
    files: list[Counted],
    *,
    workers: int,
    writing: bool,
    progress: Progress,
) -> list[Finding]:
    """Check every file and every capture's record. `writing`: a run is at work, and may be ahead of what
    `connection` sees."""
    found: list[Finding] = []
    pending: set[Future[list[Finding]]] = set()
    with ThreadPoolExecutor(workers, thread_name_prefix="verify") as pool:
        for file in files:
            path = folder / file.name
            if not is_plain(file.name):
                found.append(Finding("warc-missing", f"{file.name!r} is no name of a file", FOLDER))
                continue
            try:
                length = path.stat().st_size
            except OSError as error:
                found.append(_missing(connection, file, error.strerror or "it can't be read"))
                continue
            found += _length(connection, file, length)
            if file.sha256 is not None and length == file.size:
                pending.add(pool.submit(_guarded, file, _whole, path, file, progress))
            if length > file.size and file.sha256 is None and not writing:
                pending.add(pool.submit(_guarded, file, _surplus, path, file, length))
            for piece in _pieces(connection, file, min(length, file.size)):
                pending.add(pool.submit(_guarded, file, _piece, path, file, piece, progress))
                # No more in memory than the threads will soon need.
                while len(pending) > 4 * workers:
                    done, pending = wait(pending, return_when=FIRST_COMPLETED)
                    found += [finding for future in done for finding in future.result()]
        for future in pending:
            found += future.result()
    return sorted(found, key=lambda one: (one.file or "", one.offset is not None, one.offset or 0, one.code))


def _missing(connection: Asked, file: Counted, why: str) -> Finding:
    (lost,) = one(connection, "SELECT count(*) FROM capture WHERE warc_file_id = ?", file.id)
    return Finding("warc-missing", f"{why}; {_captures(lost)} in it", file.label)


def _length(connection: Asked, file: Counted, length: int) -> Iterator[Finding]:
    """The file's length against what counts of it."""
    if length < file.size:
        first, lost = one(
            connection,
            "SELECT min(id), count(*) FROM capture WHERE warc_file_id = ? AND "
            "max(warc_offset + warc_length, coalesce(request_offset + request_length, 0)) > ?",
            file.id,
            length,
        )
        more = f", from capture {first} on" if lost else ""
        yield Finding(
            "warc-cut",
            f"it has {length:,} bytes, {file.size:,} were written; {_captures(lost)} lost{more}",
            file.label,
            length,
        )
    elif length > file.size and file.sha256 is not None:
        yield Finding(
            "warc-grown",
            f"it has {length:,} bytes, {length - file.size:,} more than when it was finished",
            file.label,
            file.size,
        )


def _pieces(connection: Asked, file: Counted, length: int) -> Iterator[_Piece]:
    """What lies in the first `length` bytes. A record that a cut took away is not looked for: the line about
    the cut counts it."""
    piece, behind, last = _Piece(), 0, None
    rows = connection.execute(_CAPTURES, (file.id,))
    while (row := rows.fetchone()) is not None:
        for expected in _expected(row):
            if file.size >= expected.end > length:
                continue
            if expected.offset > behind:
                piece.gaps.append((behind, expected.offset, last))
            piece.records.append(expected)
            behind, last = max(behind, expected.end), expected.record_id
        if len(piece.records) >= _PIECE:
            yield piece
            piece = _Piece()
    if behind < length == file.size:
        piece.gaps.append((behind, length, last))
    yield piece


def _expected(row: tuple[object, ...]) -> Iterator[Expected]:
    capture_id, offset, size, *facts, asked_at, asked_size = row
    yield Expected(capture_id, "capture", offset, size, *facts)  # type: ignore[arg-type]
    if asked_at is not None:
        yield Expected(capture_id, "request", asked_at, asked_size, *facts)  # type: ignore[arg-type]


def _piece(path: Path, file: Counted, piece: _Piece, progress: Progress) -> list[Finding]:
    found: list[Finding] = []
    with path.open("rb") as data:
        for expected in piece.records:
            problem = _record(data, file, expected)
            if problem is not None:
                code = "record-damaged" if problem.damaged else "record-differs"
                which = f"capture {expected.capture_id}{', request' if expected.part == 'request' else ''}"
                message = f"{which}: {problem.message}"
                found.append(Finding(code, message, file.label, expected.offset, expected.capture_id))
            progress(expected.length)
    for start, end, before in piece.gaps:
        found += _gap(path, file, start, end, before)
    return found


def _record(data: BinaryIO, file: Counted, expected: Expected) -> Problem | None:
    if expected.end > file.size:
        return Problem(False, f"the database says it ends at {expected.end}, behind the file's end")
    data.seek(expected.offset)
    return check_member(data.read(expected.length), expected)


def _gap(path: Path, file: Counted, start: int, end: int, before: str | None) -> list[Finding]:
    """Bytes that no capture names: the file's warcinfo, what was said besides the record before, or what a
    killed run left."""
    seen = members(path, start, end)
    about = [one for one in seen if one.type == "metadata" and one.concurrent_to == before]
    found = _unnamed(file, [one for one in seen if one not in about])
    behind = seen[-1].end if seen else start
    if behind < end:
        found.append(
            Finding("warc-damaged", f"{end - behind:,} bytes are no whole record", file.label, behind)
        )
    return found


def _surplus(path: Path, file: Counted, length: int) -> list[Finding]:
    """What lies behind the part of an unfinished file that counts."""
    seen = members(path, file.size, length)
    found = _unnamed(file, seen)
    behind = seen[-1].end if seen else file.size
    if behind < length:
        torn = torn_from(path, file.size, length) is not None
        left = f"{length - behind:,} bytes"
        why = f"{left} of a record that was never finished" if torn else f"{left} are no whole record"
        found.append(Finding("torn-end" if torn else "warc-damaged", why, file.label, behind))
    return found


def _unnamed(file: Counted, seen: list[Member]) -> list[Finding]:
    stray = [member for member in seen if member.type != "warcinfo"]
    broken = [member for member in stray if member.type not in SURPLUS_KINDS]
    found = [
        Finding("warc-damaged", "a gzip member that is no WARC record", file.label, member.start)
        for member in broken
    ]
    whole = len(stray) - len(broken)
    if whole:
        message = f"{whole} whole {'record' if whole == 1 else 'records'} that no capture names"
        found.append(Finding("records-unnamed", message, file.label, stray[0].start))
    return found


def _whole(path: Path, file: Counted, progress: Progress) -> list[Finding]:
    """A finished file against its SHA-256."""
    sha256 = file_sha256(path)
    progress(file.size)
    if sha256 == file.sha256:
        return []
    return [Finding("warc-changed", f"its SHA-256 is {sha256}, was {file.sha256}", file.label)]


def _guarded(
    file: Counted,
    check: Callable[_Arguments, list[Finding]],
    *given: _Arguments.args,
    **named: _Arguments.kwargs,
) -> list[Finding]:
    """What `check` finds; a file that can't be read is a finding too."""
    try:
        return check(*given, **named)
    except OSError as error:
        return [Finding("warc-missing", error.strerror or "it can't be read", file.label)]


def _captures(number: int) -> str:
    return f"{number:,} {'capture' if number == 1 else 'captures'}"
