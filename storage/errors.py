"""What can go wrong with an archive, each with one clear line for a user."""

from __future__ import annotations


class ArchiveError(Exception):
    """An archive that can't be used; the message is one line for the user."""


class ArchiveMissing(ArchiveError):
    """There is no archive where one was looked for."""


class ArchiveUnwritable(ArchiveError):
    """The archive, or the folder it is to be in, can't be written to."""


class ArchiveNewer(ArchiveError):
    """The archive was made by a newer version of this program."""


class ArchiveOlder(ArchiveError):
    """The archive has an older schema, and was opened for reading only."""


class ArchiveDamaged(ArchiveError):
    """The file is no archive, or a broken one."""


class ArchiveBusy(ArchiveError):
    """Another process writes to the archive."""


class NoDatabase(ArchiveError):
    """What was named as a database is none that this program, as it is installed, can use."""


class DatabaseInUse(ArchiveError):
    """A database that is to become an archive holds something already."""


class RolledBack(ArchiveUnwritable):
    """A transaction that was to be committed came to nothing."""


class LeaseLost(Exception):
    """Another worker has taken an address over that this one had asked for too long ago."""
