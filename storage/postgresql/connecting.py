"""Connections to an archive in PostgreSQL, and what is said when there can be none."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from storage.errors import ArchiveUnwritable, NoDatabase
from storage.postgresql.cursor import text_dumper

if TYPE_CHECKING:
    from psycopg.abc import Buffer

_INSTALL = "PostgreSQL needs the extra 'postgresql': pip install 'msarchive[postgresql]'"
_SECRET = ("password", "sslpassword")
"""Parameters of an address that nobody is shown (libpq takes them there, too)."""
_DENIED = ("42501", "25006")
"""insufficient_privilege, read_only_sql_transaction: https://www.postgresql.org/docs/current/errcodes-appendix.html."""


def address(typed: str) -> URL:
    """The database that a person named as `postgresql://…` (libpq's form of it). Raises `NoDatabase`."""
    try:
        url = make_url(typed)
    except (ArgumentError, ValueError):
        raise NoDatabase("a database is named as postgresql://USER@HOST/NAME") from None
    if url.drivername not in ("postgresql", "postgres"):
        raise NoDatabase(f"a database is named as postgresql://…, not {url.drivername}:…")
    return url.set(drivername="postgresql")


def shown(url: URL) -> str:
    """The address for people's eyes, without its passwords."""
    return url.set(password=None).difference_update_query(_SECRET).render_as_string()


def has_password(url: URL) -> bool:
    """Whether a password stands in the address."""
    return url.password is not None or any(name in url.query for name in _SECRET)


def reader_engine(url: URL) -> Engine:
    """Connections that read: each transaction sees one state of the archive, and can change nothing."""
    engine = _engine(url)
    event.listen(engine, "connect", _ask_with_any_text)
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def writer_engine(url: URL) -> Engine:
    """Connections that may write."""
    return _engine(url)


def why(error: BaseException) -> str:
    """What the server or the driver says of an error, in one line and without a full stop."""
    said = str(getattr(error, "orig", error) or error)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[0].rstrip(".") if lines else type(error).__name__


@contextmanager
def explaining(url: URL) -> Iterator[None]:
    """One clear line for a database that does not answer, has no room or does not let us; what is wrong with
    a statement of ours passes. Raises `ArchiveUnwritable`."""
    try:
        yield
    except DBAPIError as error:
        if isinstance(error, OperationalError) or getattr(error.orig, "sqlstate", "") in _DENIED:
            raise ArchiveUnwritable(f"can't use {shown(url)}: {why(error)}") from error
        raise


def is_damage(error: BaseException) -> bool:
    """Whether an error of the driver's says something of the data, rather than of the connection, the
    server's room or what the role may do."""
    original = getattr(error, "orig", error)
    import psycopg

    state = getattr(original, "sqlstate", None) or ""
    if state.startswith("58"):  # system_error: a file of the server's that can't be read
        return True
    return not isinstance(original, psycopg.OperationalError) and state not in _DENIED


def _engine(url: URL) -> Engine:
    try:
        import psycopg
    except ModuleNotFoundError:
        raise NoDatabase(_INSTALL) from None
    # Values go into the statement on our side: what PostgreSQL would take a bare `$1` for, it can't tell.
    arguments: dict[str, Any] = {"cursor_factory": psycopg.ClientCursor}
    if "application_name" not in url.query:
        arguments["application_name"] = f"msarchive {os.getpid()}"
    engine = create_engine(url.set(drivername="postgresql+psycopg"), connect_args=arguments)
    event.listen(engine, "connect", _prepare)
    logging.getLogger("sqlalchemy.pool.impl.QueuePool").addFilter(_is_news)
    return engine


def _is_news(record: logging.LogRecord) -> bool:
    """Whether the pool says more than that a connection it is given back is lost: whoever used it has raised
    that already."""
    import psycopg

    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, psycopg.OperationalError)


def _ask_with_any_text(connection: Any, _record: Any) -> None:
    """Whatever a person asks for may hold U+0000: what can't be in the archive is just not found there."""
    connection.adapters.register_dumper(str, text_dumper())


def _prepare(connection: Any, _record: Any) -> None:
    """Values as SQLite gives them, and names that mean the archive's."""
    from psycopg.adapt import Loader

    class Number(Loader):
        """`numeric`, which sums and quotients are here, as the int or float that it is."""

        def load(self, data: Buffer) -> int | float:
            said = bytes(data).decode()
            return float(said) if "." in said or not said.lstrip("-").isdigit() else int(said)

    class Truth(Loader):
        """A truth as 1 or 0."""

        def load(self, data: Buffer) -> int:
            return int(bytes(data) == b"t")

    connection.adapters.register_loader("numeric", Number)
    connection.adapters.register_loader("bool", Truth)
    connection.autocommit = True
    connection.execute("SET search_path = public")
    connection.execute("SET jit = off")  # which takes longer to compile a view than the answer does
    connection.autocommit = False
