"""Which exceptions are a user's to mend, and the exit code of each."""

from __future__ import annotations

import errno
import sys

from crawler.exits import ExitCode, UserError

_STORAGE_ERRNOS = frozenset(
    {
        errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EACCES, errno.EPERM,
        errno.EMFILE, errno.ENFILE, errno.ESTALE,
    }
)  # fmt: skip
# https://www.postgresql.org/docs/current/errcodes-appendix.html: data_corrupted, index_corrupted
_POSTGRESQL_DAMAGED = frozenset({"XX001", "XX002"})
# read_only_sql_transaction (a standby, a server set to read only), insufficient_privilege,
# idle_in_transaction_session_timeout (a worker that hung while others waited for it)
_POSTGRESQL_UNWRITABLE = frozenset({"25006", "25P03", "42501"})


def as_user_error(error: BaseException) -> UserError | None:
    """The error as one line and an exit code; None when it is a bug of ours.

    Looks only at modules that are loaded already: a module that is not can't have raised anything.
    """
    if isinstance(error, UserError):
        return error
    return _typed_error(error) or _archive_error(error) or _database_error(error) or _system_error(error)


def _typed_error(error: BaseException) -> UserError | None:
    """What a person wrote: a site's profile, a search."""
    for name, kind in (("spiders.reading.profile", "ProfileError"), ("storage.search.query", "SearchError")):
        module = sys.modules.get(name)
        if module is not None and isinstance(error, getattr(module, kind)):
            return UserError(str(error), ExitCode.USAGE)
    return None


def _archive_error(error: BaseException) -> UserError | None:
    module = sys.modules.get("storage.archive")
    if module is None or not isinstance(error, module.ArchiveError):
        return None
    codes = (
        (module.ArchiveMissing, ExitCode.USAGE),
        (module.NoDatabase, ExitCode.USAGE),
        (module.DatabaseInUse, ExitCode.USAGE),
        (module.ArchiveBusy, ExitCode.BUSY),
        (module.ArchiveDamaged, ExitCode.DAMAGED),
        (module.ArchiveNewer, ExitCode.NEWER),
    )
    code = next((code for kind, code in codes if isinstance(error, kind)), ExitCode.STORAGE)
    return UserError(str(error), code)


def _database_error(error: BaseException) -> UserError | None:
    """What SQLite says of its file, or PostgreSQL's driver of its server; wrapped by SQLAlchemy or not."""
    driver = sys.modules.get("sqlite3")
    original = getattr(error, "orig", error)
    postgresql = sys.modules.get("psycopg")
    if postgresql is not None and isinstance(original, postgresql.Error):
        said = (str(original).splitlines() or ["no answer"])[0].strip()
        if original.sqlstate in _POSTGRESQL_DAMAGED:
            return UserError(f"the archive's database is damaged: {said}", ExitCode.DAMAGED)
        if isinstance(original, postgresql.OperationalError) or original.sqlstate in _POSTGRESQL_UNWRITABLE:
            return UserError(f"the archive's database can't be used: {said}", ExitCode.STORAGE)
    if driver is None or not isinstance(original, driver.Error):
        return None
    code = getattr(original, "sqlite_errorname", "")
    if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return UserError(f"the archive is damaged ({original})", ExitCode.DAMAGED)
    if code.startswith(("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_BUSY")):
        return UserError(f"the archive can't be used: {original}", ExitCode.STORAGE)
    return None


def _system_error(error: BaseException) -> UserError | None:
    if not isinstance(error, OSError) or error.errno not in _STORAGE_ERRNOS:
        return None
    where = f": {error.filename}" if error.filename else ""
    return UserError(f"{error.strerror}{where}", ExitCode.STORAGE)
