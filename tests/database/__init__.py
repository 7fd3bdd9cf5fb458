"""Archives in PostgreSQL: a real server is started for them (tests/postgresql.py).

Which tests run with both databases, and which do not:

- **Storage**: what asks for `house` or `new_house` (tests/storage: pages, revisions, events, settling,
  frontier, rounds, relating, site losses, runs, templates), or for `places` (verify) runs with both, each
  archive in a database of its own, copied from a template. Not so what is about SQLite's file itself
  (archive, fixity, migrations), about WARC files alone (records, healing), or about processes that make one.
- **Commands** whose tests ask for `both` say by its folder alone which archive they mean, and write to it
  and ask it in both: import, alarms (with the reread that clears them), show --evidence, history, report
  (tests/cli, tests/report). What was crawled or imported once is copied, not made again. A test that has the
  mark `sqlite` says why it is SQLite's alone. Tests of reread, runs, export and of a crawl's exit codes are
  with SQLite still.
- **Questions**: what asks for `database` (search, history, related, reading commands), and for the pages'
  `client` (browse), asks an archive in SQLite, and a copy of it that is in PostgreSQL. `queries` has its
  tests with SQLite; here answers, files and pages are the same to the byte.
- **Writing**: crawls, imports and rereads are done with both here, and all rows compared. How a crawl goes
  about on the wire (politeness, robots.txt, TLS, redirects, limits) is the same program in both, and tested
  with SQLite; so are tools of others that read SQLite's file, the scheduler's clock and its processes, and
  recipes of the documentation.
- **`sql`** speaks the database's own language: tests/cli/test_sql.py is SQLite's, test_sql.py PostgreSQL's.
- **Faults** of the server, roles and locks are PostgreSQL's own, and here.
"""
