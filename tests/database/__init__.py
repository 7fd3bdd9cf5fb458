"""Archives in PostgreSQL: a real server is started for them (tests/postgresql.py).

Which tests run with both databases, and which do not:

- **Storage**: what asks for `house` or `new_house` (tests/storage: pages, revisions, events, settling,
  frontier, rounds, groups, relating, runs, paths into JSON), for `places` (verify) or for `both` (rereading,
  what reads as before, healing, processes that are killed) runs with both, each archive in a database of its
  own, copied from a template. Not so what is about SQLite's file or schema itself (fixity, migrations, some
  of archive, healing and schema), about WARC records alone, or asks no archive (templates, revisiting, site
  losses; sitemaps, grouping).
- **Commands** whose tests ask for `both` say by its folder alone which archive they mean, and write to it
  and ask it in both: import (of pages, of WARC files and packages, of exports), reread, runs, coverage,
  status, doctor, alarms, show --evidence, history, report, export, the crawl that status advises, each exit
  code of a crawl, its changes of the site, its groups, its end when the disk is full, what it keeps of a
  site that misbehaves (tests/cli, tests/export, tests/report, tests/warc, tests/crawl). What was crawled or
  imported once is copied, not made again. A test that has the mark `sqlite` says why it is SQLite's alone.
- **Questions**: what asks for `database` (search, history, related, reading commands, all forms that are
  printed or exported), and for the pages' `client` (browse), asks an archive in SQLite, and a copy of it
  that is in PostgreSQL. `queries` has its tests with SQLite; here answers, files and pages are the same to
  the byte.
- **Verify and `wacz`** say more, or other things, of a database on a server: their commands' tests are here.
- **Writing**: crawls, imports and rereads are done with both here, and all rows compared; by a cluster's
  workers in tests/cluster, by several processes in tests/workers. How a crawl goes
  about on the wire (politeness, robots.txt, TLS, redirects, limits) is the same program in both, and tested
  with SQLite; so are tools of others that read SQLite's file, the scheduler's clock and its processes, and
  recipes of the documentation.
- **`sql`** speaks the database's own language: tests/cli/test_sql.py is SQLite's, test_sql.py PostgreSQL's.
- **Faults** of the server, roles and locks are PostgreSQL's own, and here.
"""
