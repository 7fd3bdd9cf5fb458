"""What a crawl asks again, as an operator says it."""

from __future__ import annotations

from typing import cast

from scrapy.settings import BaseSettings

from crawler.exits import ExitCode, UserError
from storage.revisiting import REFRESHES, Refresh


def refresh_of(settings: BaseSettings) -> Refresh:
    """What `MSARCHIVE_REFRESH` says. Raises `UserError` when it is none of `all`, `due`, `new`."""
    refresh = settings.get("MSARCHIVE_REFRESH")
    if refresh not in REFRESHES:
        raise UserError(
            f"MSARCHIVE_REFRESH is {refresh!r}: it must be one of {', '.join(REFRESHES)}", ExitCode.USAGE
        )
    return cast(Refresh, refresh)
