"""Exit codes and the errors a user can make: what scripts and schedulers may rely on."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """How the program ended. The numbers are stable. `docs/operating.md` says what to do about each."""

    OK = 0
    """Everything that was asked for is done."""
    ERROR = 1
    """Something that was asked for can't be done (an unknown id, a file that is no page), or a bug."""
    USAGE = 2
    """A wrong command line, profile or setting; nothing was done."""
    INCOMPLETE = 3
    """A crawl finished, but some addresses failed after their retries."""
    BUSY = 4
    """Another run holds the archive."""
    STOPPED = 5
    """Stopped by a signal; the next run goes on from there."""
    LIMIT = 6
    """A limit that was set, for the crawl or in the profile, is reached; the next run goes on from there."""
    STORAGE = 7
    """The archive can't be read or written: disk full, read-only, I/O error."""
    ROBOTS = 8
    """The site answers, but robots.txt can't be had or disallows everything."""
    BLOCKED = 9
    """The site limits or blocks us (429, 503, Retry-After): the crawl stopped, and can go on later."""
    NO_CONNECTION = 10
    """No connection to the site at all, to the address of a file, or to a Dask cluster any more."""
    CHANGED = 11
    """The site has changed: pages come, but fields that they had are not found in them."""
    DAMAGED = 12
    """The archive is damaged."""
    NEWER = 13
    """The archive was made by a newer version of the program."""


class UserError(Exception):
    """An expected error. Its message is one line, without a full stop, that says what to do about it."""

    def __init__(self, message: str, code: ExitCode = ExitCode.ERROR) -> None:
        super().__init__(message)
        self.code = code


class NothingToDo(UserError):
    """What was asked for was just done by others. Its message says what, and how to have it done again."""

    def __init__(self, message: str) -> None:
        super().__init__(message, ExitCode.OK)
