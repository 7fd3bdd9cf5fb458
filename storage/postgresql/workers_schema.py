"""Where the workers of one crawl tell each other of themselves: tables of PostgreSQL's alone, beside the
archive.

They hold nothing that an archive is made of. Whatever is in them is about processes at work, and counts for
nothing when these are gone; `msarchive copy` leaves them out.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, text

from storage.errors import ArchiveBusy
from storage.postgresql.schema import run

SCHEMA = "workers"
ALIVE = 728_543
"""First of the two numbers of the lock that each worker's session holds; the second is the worker's."""
_TABLES: tuple[str, ...] = (
    f"CREATE SCHEMA {SCHEMA}",
    # run_id: the run it takes part in. counts: what it has counted, when it last gave a sign of life, as
    # JSON. folder: what tells the folder that its captures go to from any other. A row stays when its worker
    # ends.
    f"""
CREATE TABLE {SCHEMA}.worker (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, pid integer NOT NULL, host text NOT NULL,
    since timestamptz NOT NULL DEFAULT clock_timestamp(), folder text, run_id bigint,
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp(), counts text NOT NULL DEFAULT '{{}}')
""",
    # Its one row is locked by whoever writes, as long as a transaction lasts; worker: who wrote last.
    f"CREATE TABLE {SCHEMA}.turn (worker integer NOT NULL)",
    f"INSERT INTO {SCHEMA}.turn VALUES (0)",
    # Addresses that a worker has taken to ask for.
    f"""
CREATE TABLE {SCHEMA}.lease (
    url_id bigint PRIMARY KEY, worker integer NOT NULL, until timestamptz NOT NULL)
""",
    f"CREATE INDEX ON {SCHEMA}.lease (worker)",
    # The gate before a site: who is asking it (NULL: nobody), and from when on the next may.
    f"""
CREATE TABLE {SCHEMA}.gate (
    site text PRIMARY KEY, holder integer, until timestamptz,
    counts_from timestamptz NOT NULL DEFAULT 'epoch', not_before timestamptz NOT NULL DEFAULT 'epoch',
    asked_at timestamptz, slowed double precision NOT NULL DEFAULT 0,
    pushed_in_a_row integer NOT NULL DEFAULT 0, good_in_a_row integer NOT NULL DEFAULT 0,
    crawl_delay double precision NOT NULL DEFAULT 0, blocked text)
""",
    # What an origin's robots.txt answered, and who has it asked for now.
    f"""
CREATE TABLE {SCHEMA}.robots (
    site text, origin text, asker integer, until timestamptz, had_at timestamptz, status integer, body bytea,
    unavailable text, PRIMARY KEY (site, origin))
""",
    f"""
CREATE FUNCTION {SCHEMA}.lives(worker integer) RETURNS boolean LANGUAGE sql VOLATILE AS $$
    SELECT EXISTS (SELECT 1 FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
        AND l.classid = {ALIVE} AND l.objid = worker
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))
$$
""",
    # Whether a worker still holds what it took: by its session, and within the time it took it for.
    f"""
CREATE FUNCTION {SCHEMA}.holds(worker integer, until timestamptz) RETURNS boolean LANGUAGE sql VOLATILE AS $$
    SELECT until > clock_timestamp() AND {SCHEMA}.lives(worker)
$$
""",
)
_MADE_AS = text("SELECT obj_description(to_regnamespace(:name)::oid, 'pg_namespace')")


def make(connection: Connection, *, alone: bool) -> None:
    """Put today's tables in place. Those of another version of the program are made anew when this worker is
    `alone`; raises `ArchiveBusy` when it is not."""
    mark = hashlib.sha256("\n".join(_TABLES).encode()).hexdigest()
    made = connection.execute(_MADE_AS, {"name": SCHEMA}).scalar()
    if made == mark:
        return
    if made is not None and not alone:
        raise ArchiveBusy("workers of another version of this program are at work")
    connection.exec_driver_sql("BEGIN")
    try:
        run(connection, f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        for statement in _TABLES:
            run(connection, statement)
        run(connection, f"COMMENT ON SCHEMA {SCHEMA} IS '{mark}'")
    except BaseException:
        connection.exec_driver_sql("ROLLBACK")
        raise
    connection.exec_driver_sql("COMMIT")
