"""A run that meets another one at work leaves a note of itself before it gives way."""

from __future__ import annotations

import json
import logging
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from crawler import __version__
from crawler.clock import utc_now
from crawler.exits import ExitCode
from spiders.reading.model import READER_VERSION
from storage import skipped
from storage.archive import ArchiveBusy

logger = logging.getLogger(__name__)


@contextmanager
def noting_a_skip(
    directory: Path, *, kind: str, site: str, profile_digest: str, settings: Mapping[str, Any]
) -> Iterator[None]:
    """Around the opening of an archive for writing: note the run that could not begin, and let `ArchiveBusy`
    go on its way.

    `kind` is crawl, demo or import; `settings` are kept as they are: no secrets.
    """
    try:
        yield
    except ArchiveBusy as busy:
        note_skip(directory, busy, kind=kind, site=site, profile_digest=profile_digest, settings=settings)
        raise


def note_skip(
    directory: Path,
    busy: ArchiveBusy,
    *,
    kind: str,
    site: str,
    profile_digest: str,
    settings: Mapping[str, Any],
) -> None:
    """Note a run that could not begin. That it can't be noted is only a warning."""
    run = skipped.SkippedRun(
        site=site,
        kind=kind,
        at=utc_now(),
        reason=str(busy),
        exit_code=int(ExitCode.BUSY),
        pid=os.getpid(),
        host=socket.gethostname(),
        program_version=__version__,
        reader_version=READER_VERSION,
        profile_digest=profile_digest,
        settings=json.dumps(settings, ensure_ascii=False, sort_keys=True, default=str),
    )
    try:
        skipped.note(directory, run)
    except OSError as error:
        logger.warning("That this run was skipped can't be noted in %s: %s", directory, error)
