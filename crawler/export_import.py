"""An export of this program into an empty archive: the same data again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crawler.clock import utc_now
from crawler.exits import ExitCode, UserError
from crawler.min_free import min_free
from crawler.skipping import noting_a_skip
from pipelines.grouping import body_digest
from pipelines.session import revisit_policy
from spiders.reading.model import READER_VERSION, Section
from spiders.reading.profile import SiteProfile
from storage.archive import open_archive
from storage.export import reading
from storage.room import Room
from storage.writer import RunOutcome, Writer


@dataclass(frozen=True, slots=True)
class ExportImported:
    """What importing an export came to."""

    run_id: int
    articles: int
    """Written now."""
    known: int
    """There already, from an import that was interrupted."""
    stands_for: dict[str, Any]
    """What the export says of itself."""


def exported_site(paths: Sequence[Path]) -> str | None:
    """The site of the export that is the only path; None when that is no export."""
    said = reading.about(paths[0]) if len(paths) == 1 else None
    sites: Sequence[str] = [] if said is None else said.get("sites", [])
    return str(sites[0]) if len(sites) == 1 else None


def is_export(paths: Sequence[Path]) -> bool:
    """Whether an export is the only path."""
    return len(paths) == 1 and reading.about(paths[0]) is not None


def import_export(
    path: Path,
    *,
    directory: Path,
    database: str | None = None,
    profile: SiteProfile,
    program_version: str,
    progress: Callable[[int], None] = lambda done: None,
) -> ExportImported:
    """Import an export into the archive in `directory` (made when there is none), or in `database`, whose
    captures are there. It holds nothing else.

    Raises `UserError` when the export can't be read or the archive holds pages, `ArchiveError` when it can't
    be opened for writing.
    """
    said = reading.about(path)
    assert said is not None
    digest = _checked(path, profile)
    settings = {"paths": [str(path)], "export": digest, "stands_for": said}
    min_free()
    with noting_a_skip(
        directory, kind="import", site=profile.name, profile_digest=profile.digest, settings=settings
    ):
        opened = open_archive(directory, create=True, database=database)
    with opened as archive:
        writer = Writer(
            archive, profile.name, policy=revisit_policy(profile), room=Room(directory, min_free())
        )
        if not writer.restoring().is_open():
            raise UserError(
                f"{directory} holds captured pages: an export is imported into an empty archive only"
            )
        run_id = writer.begin_run(
            "import",
            program_version=program_version,
            reader_version=READER_VERSION,
            profile_digest=profile.digest,
            settings=settings,
        )
        return _put_all(path, writer, run_id, said, progress)


def _put_all(
    path: Path, writer: Writer, run_id: int, said: dict[str, Any], progress: Callable[[int], None]
) -> ExportImported:
    restoring, articles, known = writer.restoring(), 0, 0
    outcome: RunOutcome = "stopped"
    reason = "interrupted"
    try:
        for document in reading.read(path):
            put = restoring.put(document, run=run_id, now=utc_now(), name=path.name, body_digest=_body_digest)
            articles, known = articles + put, known + (not put)
            progress(articles + known)
        outcome, reason = "complete", "all articles of the export read"
    except reading.NotReadable as error:
        outcome, reason = "failed", str(error)
        raise UserError(str(error)) from None
    except Exception as error:
        outcome, reason = "failed", f"{type(error).__name__}: {error}"
        raise
    finally:
        writer.end_run(outcome, reason, {"new_article": articles, "known": known})
    return ExportImported(run_id, articles, known, said)


def _checked(path: Path, profile: SiteProfile) -> str:
    try:
        digest = reading.checked(path)
    except reading.NotReadable as error:
        raise UserError(str(error), ExitCode.USAGE) from None
    site = exported_site([path])
    if site != profile.name:
        held = "several sites" if site is None else site
        raise UserError(f"{path} is an export of {held}: --site names its profile", ExitCode.USAGE)
    return digest


def _body_digest(takeaway: str | None, sections: Sequence[tuple[str, tuple[str, ...]]]) -> str:
    return body_digest(takeaway, [Section(kind, None, paragraphs) for kind, paragraphs in sections])
