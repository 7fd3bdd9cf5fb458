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
