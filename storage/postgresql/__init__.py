"""PostgreSQL as the database of an archive: all that is its own. Everybody else writes SQL that both know.

`connecting` and `opening` open a database, `schema` makes the tables, views and functions in it, `functions`
gives it those functions of SQLite that our SQL is written with, `past` lets it answer as of an earlier time,
`statements` answers a person's own SQL, and `documents` is what its full-text search looks at.

The driver is an extra: nothing here is imported unless somebody names a database.
"""
