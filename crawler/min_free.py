"""`MSARCHIVE_MIN_FREE`: how much of the disk has to stay free."""

from __future__ import annotations

import os

from crawler.exits import ExitCode, UserError
from storage.room import bytes_told

NAME = "MSARCHIVE_MIN_FREE"


def min_free(setting: str | int | None = None) -> int | None:
    """Bytes that the setting, or without it the environment, says; None when neither does.

    Raises `UserError` for what is no size.
    """
    told = os.environ.get(NAME) if setting is None else setting
    if told is None or told == "":
        return None
    try:
        return bytes_told(str(told))
    except ValueError as error:
        raise UserError(f"{NAME}: {error}", ExitCode.USAGE) from None
