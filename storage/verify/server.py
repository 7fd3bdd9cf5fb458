"""Whether an archive's database in PostgreSQL is sound, as far as somebody who asks it by SQL can tell.

All checks are asked in one read-only transaction, and each is a generator of findings. What becomes of pages,
files and indexes is the server's own business: with data checksums it says itself when a page that is read
here is not what was written, and where the extension amcheck is there its checks are run.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import CheckConstraint, Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from storage.models import Base
from storage.postgresql import connecting, documents
from storage.search_index import TABLE
from storage.verify.findings import Finding
from storage.views import VIEWS

_MOST = 100
"""No more than so many lines of one kind."""
_TRIGGERS = ("url_history_heard", "url_history_changed")
_NOT_VALID = text("""
SELECT 'index ' || c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE c.relnamespace = to_regnamespace('public') AND NOT (i.indisvalid AND i.indisready)
UNION ALL
SELECT 'constraint ' || conname FROM pg_constraint
WHERE connamespace = to_regnamespace('public') AND NOT convalidated ORDER BY 1
""")
_HAS_TRIGGER = text("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'")
# Each is to be had only when the extension is there, and given to the role.
_AMCHECK = text("""
SELECT p.proname, p.pronamespace::regnamespace::text, has_function_privilege(p.oid, 'EXECUTE')
FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e'
JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'amcheck'
WHERE p.proname = 'verify_heapam' OR (p.proname = 'bt_index_check' AND p.pronargs = 2)
""")
_TABLES = text("""
SELECT oid, relname FROM pg_class WHERE relnamespace = to_regnamespace('public') AND relkind = 'r'
ORDER BY relname
""")
_INDEXES = text("""
SELECT c.oid, c.relname FROM pg_class c JOIN pg_am a ON a.oid = c.relam
WHERE c.relnamespace = to_regnamespace('public') AND c.relkind = 'i' AND a.amname = 'btree'
ORDER BY c.relname
""")


def pages(connection: Connection) -> Iterator[Finding]:
    """Every value of every table read whole; tables and indexes by amcheck, where it may be used. A note of
    what is not looked at."""
    for table in (*Base.metadata.sorted_tables, TABLE):
        # A page whose checksum is wrong, a value whose parts are lost: the server raises it here.
        connection.execute(text(f"SELECT sum(length(CAST(every AS TEXT))) FROM {table} AS every"))
    rights = {name: (schema, may) for name, schema, may in connection.execute(_AMCHECK)}
    usable = bool(rights) and all(may for _, may in rights.values())
    if usable:
        yield from _by_amcheck(connection, {name: schema for name, (schema, _) in rights.items()})
    checksums = connection.execute(text("SHOW data_checksums")).scalar_one()
    missing = [] if checksums == "on" else ["the server has no data checksums (pg_checksums)"]
    if not usable:
        why = "this role may not use amcheck" if rights else "the database has no extension amcheck"
        missing.append(f"{why}, which looks at tables' and indexes' pages (or pg_amcheck, by its operator)")
    if missing:
        yield Finding("server-unchecked", "; ".join(missing))


def _by_amcheck(connection: Connection, schema: dict[str, str]) -> Iterator[Finding]:
    """https://www.postgresql.org/docs/current/amcheck.html"""
    for oid, name in connection.execute(_TABLES).all():
        heap = text(f"SELECT blkno, msg FROM {schema['verify_heapam']}.verify_heapam(CAST(:oid AS regclass))")
        for block, said in connection.execute(heap, {"oid": oid}).fetchmany(_MOST):
            yield Finding("database-damaged", f"table {name}, block {block}: {' '.join(said.split())}")
    for oid, name in connection.execute(_INDEXES).all():
        tree = text(f"SELECT {schema['bt_index_check']}.bt_index_check(CAST(:oid AS regclass), true)")
        try:
            with connection.begin_nested():
                connection.execute(tree, {"oid": oid})
        except DBAPIError as error:
            if not connecting.is_damage(error):
                raise
            yield Finding("database-damaged", f"index {name}: {connecting.why(error)}")


def foreign_keys(connection: Connection) -> Iterator[Finding]:
    """Rows that name rows which are not there."""
    for table in Base.metadata.sorted_tables:
        for key in table.foreign_key_constraints:
            pairs = [(one.parent.name, one.column.name) for one in key.elements]
            joined = " AND ".join(f"p.{there} = c.{here}" for here, there in pairs)
            named = " AND ".join(f"c.{here} IS NOT NULL" for here, _ in pairs)
            parent = key.referred_table.name
            lost = f"{named} AND NOT EXISTS (SELECT 1 FROM {parent} p WHERE {joined})"
            counted = text(f"SELECT count(*) FROM {table.name} c WHERE {lost}")
            rows = int(connection.execute(counted).scalar_one())
            if rows:
                name = f"{rows:,} {'row names a row' if rows == 1 else 'rows name rows'} of {parent}"
                by = ", ".join(key.column_keys)
                yield Finding("foreign-key", f"{table.name}: {name} by {by}, not there")


def schema(connection: Connection) -> Iterator[Finding]:
    """Tables, columns, keys, constraints, indexes, views and triggers against those of a new archive. What
    somebody added is none of our business."""
    for said in _differences(connection):
        yield Finding("schema-changed", said)


def _differences(connection: Connection) -> Iterator[str]:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    for found in compare_metadata(MigrationContext.configure(connection), Base.metadata):
        # (what, …, thing), or a list of such about one column
        for what, *about in found if isinstance(found, list) else [found]:
            if what.startswith("add_"):
                yield f"{what.removeprefix('add_').replace('_', ' ')} {_named(about[-1])} is missing"
            elif what.startswith("modify_"):
                yield f"column {about[1]}.{about[2]} is not as this version makes it"
    looked = inspect(connection)
    for table in Base.metadata.sorted_tables:
        there = {one["name"] for one in looked.get_check_constraints(table.name)}
        for constraint in table.constraints:
            if isinstance(constraint, CheckConstraint) and str(constraint.name) not in there:
                yield f"constraint {constraint.name} of {table.name} is missing"
    for said in connection.execute(_NOT_VALID).scalars():
        yield f"{said} is not valid"
    index = f"ix_{TABLE}_words"
    if not looked.has_table(TABLE) or index not in {one["name"] for one in looked.get_indexes(TABLE)}:
        yield f"index {index} is missing"
    views = set(looked.get_view_names())
    yield from (f"view {view.name} is missing" for view in VIEWS if view.name not in views)
    triggers = set(connection.execute(_HAS_TRIGGER).scalars())
    yield from (f"trigger {name} is missing" for name in _TRIGGERS if name not in triggers)


def _named(thing: object) -> str:
    table, name = getattr(thing, "table", None), getattr(thing, "name", None)
    return str(name) if table is None or name is None else f"{table.name}.{name}"


def search_index(connection: Connection) -> Iterator[Finding]:
    """The full-text index against the text."""
    wrong = documents.disagreeing(connection)
    if wrong:
        yield Finding("search-index", f"it disagrees with the text of the revisions ({wrong:,} of them)")
