"""An archive's schema in PostgreSQL: the tables of the models, and over them the same public views.

Tables, keys and checks come from `storage.models` by SQLAlchemy, the views from `storage.views`. A new
archive begins at `HEAD`; an older one is brought there by `storage.migrations.upgrade`.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, inspect, text

from storage.errors import ArchiveBusy
from storage.migrations import HEAD
from storage.models import Base
from storage.narrowing import NARROWED, narrowed_views
from storage.postgresql import documents, past
from storage.postgresql.functions import FUNCTIONS
from storage.views import VIEWS

_VERSION = """
CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL CONSTRAINT alembic_version_pkc PRIMARY KEY)
"""
# What became of an address in a run, as SQLite's two triggers keep it.
_NOTED = """
CREATE OR REPLACE FUNCTION note_url_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO url_history (url_id, run_id, state, reason)
    SELECT new.id, run.id, new.state, new.reason FROM run WHERE ended_at IS NULL AND site = new.site
    ORDER BY run.id DESC LIMIT 1
    ON CONFLICT (url_id, run_id) DO UPDATE SET state = excluded.state, reason = excluded.reason;
    RETURN NULL;
END $$
"""
_MADE_AS = text("SELECT obj_description(to_regnamespace(:name)::oid, 'pg_namespace')")
_TRIGGERS = (
    "CREATE OR REPLACE TRIGGER url_history_heard AFTER INSERT ON url FOR EACH ROW "
    "WHEN (new.state <> 'waiting') EXECUTE FUNCTION note_url_state()",
    "CREATE OR REPLACE TRIGGER url_history_changed AFTER UPDATE OF state, reason ON url FOR EACH ROW "
    "WHEN (old.state <> new.state OR old.reason <> new.reason) EXECUTE FUNCTION note_url_state()",
)


def revision(connection: Connection) -> str | None:
    """The schema's revision; None when no archive is in the database."""
    if not inspect(connection).has_table("alembic_version", schema="public"):
        return None
    found = connection.execute(text("SELECT version_num FROM public.alembic_version")).scalar()
    return None if found is None else str(found)


def is_empty(connection: Connection) -> bool:
    """Whether nothing at all stands in the schema where an archive's tables go."""
    return not inspect(connection).get_table_names(schema="public")


def create_tables(connection: Connection) -> None:
    """Make all tables, empty, in an empty database; what watches over them comes with `finish`."""
    Base.metadata.create_all(connection)
    documents.create(connection)
    run(connection, _VERSION)
    connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})


def finish(connection: Connection) -> None:
    """Put functions, views and triggers in place, and every column's description beside it."""
    for statement in FUNCTIONS:
        run(connection, statement)
    for table in _numbered():
        run(connection, f"ALTER TABLE {table} ALTER COLUMN id SET DEFAULT next_number('{table}')")
        run(connection, f"DROP SEQUENCE IF EXISTS {table}_id_seq")
    for view in VIEWS:
        run(connection, view.postgresql_ddl)
        run(connection, f"COMMENT ON VIEW {view.name} IS {_literal(view.doc)}")
        for name, (_, doc) in view.columns.items():
            run(connection, f"COMMENT ON COLUMN {view.name}.{name} IS {_literal(doc)}")
    past.create(connection)
    for statement in (_NOTED, *_TRIGGERS):
        run(connection, statement)
    run(connection, f"COMMENT ON SCHEMA {past.SCHEMA} IS {_literal(_made_as())}")


def renew(connection: Connection, *, alone: bool = True) -> bool:
    """Put today's functions, views and triggers in place, where an archive was made with others; whether it
    was. What a role may read of the views has to be granted again then. Raises `ArchiveBusy` when others
    write beside this one, and so go by what is there."""
    made = connection.execute(_MADE_AS, {"name": past.SCHEMA}).scalar()
    if made == _made_as():
        return False
    if not alone:
        raise ArchiveBusy("workers of another version of this program are at work")
    drop_views(connection)
    finish(connection)
    return True


def drop_views(connection: Connection) -> None:
    """Take the public views away, those of the past too, and functions that may have had other columns;
    `finish` makes them anew."""
    run(connection, f"DROP SCHEMA IF EXISTS {past.SCHEMA} CASCADE")
    run(connection, f"DROP VIEW IF EXISTS {', '.join(view.name for view in VIEWS)}")
    run(connection, "DROP FUNCTION IF EXISTS json_each(text), json_each(text, text)")


def run(connection: Connection, statement: str) -> None:
    """Execute a statement as it stands, per cent signs and colons among it."""
    connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def _numbered() -> list[str]:
    """The tables whose rows have a number of their own."""
    return [
        name
        for name, table in Base.metadata.tables.items()
        if list(table.primary_key.columns.keys()) == ["id"]
    ]


def _made_as() -> str:
    """What tells these functions, views and triggers from others, as it is kept in the database."""
    views = [view.postgresql_ddl + "".join(doc for _, doc in view.columns.values()) for view in VIEWS]
    past_views = [repr(NARROWED), *(view.postgresql_ddl for view in narrowed_views())]
    made = "\n".join((*FUNCTIONS, *_numbered(), *views, *past_views, _NOTED, *_TRIGGERS))
    return f"The archive as of msarchive.as_of. {hashlib.sha256(made.encode()).hexdigest()}"


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
