"""Archives in PostgreSQL: a real server is started for them (tests/postgresql.py).

Which tests run with both databases, and which do not:

- **Storage**: what asks for `house` or `new_house` (tests/storage: pages, revisions, events, settling,
  frontier, rounds, relating, site losses, runs, templates) or for `places` (verify) runs with both, each
  archive in a database of its own, copied from a template. Not so what is about SQLite's file itself
  (archive, fixity, migrations), about WARC files alone (records, healing), or about processes that make one.
- **Questions**: what asks for `database` (search, history, related, reading commands), and for the pages'
  `client` (browse), asks an archive in SQLite, and a copy of it that is in PostgreSQL. `queries`, `report`
  and `export` have their tests with SQLite; here answers, files and pages are the same to the byte.
- **Writing**: crawls, imports and rereads are done with both here, and all rows compared; what a crawl does
  with a site is the same program in both, and tested with SQLite (tests/crawl).
- **Faults** of the server, roles and locks are PostgreSQL's own, and here.
"""
